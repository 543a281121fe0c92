"""Whom customers brought: what newcomers spend counts, and nobody is paid for bringing themselves or an old acquaintance."""

from datetime import date

import pytest

from hub.flow.brought import brought
from hub.sdk import CustomerKey, CustomerRecord, LineRecord, ReferralRecord, VehicleRecord, VisitRecord
from shops import BERLIN, KEY, at, folded

TOLD = at("2026-03-02")


def person(number, **more):
    return CustomerRecord(customer=CustomerKey(partner_id=number), name=f"Person {number}", branch=BERLIN.code, **more)


def paid(number, day, price=10_000, cost=4_000):
    return VisitRecord(
        customer=CustomerKey(partner_id=number), key=f"{number}-{day}", at=at(day), opened_at=at(day), closed_at=at(day, 14),
        branch=BERLIN.code, currency="EUR", lines=(LineRecord(code="srv-l", price_minor=price, cost_minor=cost),),
    )  # fmt: skip


def said(number, key="T-1", by=KEY):
    friend = CustomerKey(partner_id=number)
    return ReferralRecord(customer=by, key=key, at=TOLD, made_at=TOLD, branch=BERLIN.code, referred=friend)


def told(hub):
    with hub.look() as session:
        found = brought(session, date(2026, 1, 1), date(2026, 12, 31))
    return found[BERLIN.code].as_json()


@pytest.fixture
def garage(hub):
    folded(hub, BERLIN, person(KEY.partner_id, email="anna@example.org"))
    return hub


def test_what_a_newcomer_spends_is_the_worth_of_who_brought_them(garage):
    folded(garage, person("C-30"), said("C-30"), paid("C-30", "2026-03-01"), paid("C-30", "2026-05-01"))

    found = told(garage)

    assert (found["told"], found["counted"], found["came"], found["margin"]) == (1, 1, 1, {"EUR": 12_000})


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([person("C-30", email="anna@example.org")], "same_contact"),
        ([person("C-30"), paid("C-30", "2025-11-01")], "known_before"),
        ([person("C-30"), person("C-31"), said("C-30", "T-0", CustomerKey(partner_id="C-31"))], "told_twice"),
        ([person("C-30"), *(VehicleRecord(customer=CustomerKey(partner_id=one), partner_id="car", make="Opel", model="Corsa",
                                          vin="W0L0XCF6814000000") for one in ("C-30", KEY.partner_id))], "same_car"),
    ],
)  # fmt: skip
def test_what_is_no_newcomer_counts_for_nothing_and_says_why(garage, rows, reason):
    folded(garage, *rows, said("C-30"), paid("C-30", "2026-04-01"))

    found = told(garage)

    assert (found["refused"], found["told"] - found["counted"]) == ({reason: 1}, 1)

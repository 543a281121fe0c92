"""Deliveries that are folded together say what each says alone, and none pays for another."""

from itertools import islice

import pytest
from sqlalchemy import select

from everything import everything
from hub.demo.history import month
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.flow import customers, inbox, pipeline
from hub.models import Customer, DeadLetter, Delivery, Tier, Visit
from hub.sdk import Incoming
from hub.sdk.row_checks import checked
from hubs import NOW
from partners import DICE
from worlds import books_of

MANY = 120


@pytest.fixture
def rows():
    pen = Pen(books_of("eu", 120)[0])
    people = [pen.customer(one) for one in range(pen.books.people.count)]
    days = (row for day in month(pen, DAYS - 90, NOW) for row in day)
    return [pen.branch(), *people, *islice((row for row in days if row["type"] != "customer"), MANY)]


@pytest.fixture
def folds(monkeypatch):
    """How many records came into each fold."""
    counts, real = [], customers.fold

    def noted(hub, work, partner, records):
        counts.append(len(records))
        return real(hub, work, partner, records)

    monkeypatch.setattr(customers, "fold", noted)
    return counts


def keep(hub, rows):
    partner = hub.partners["shop"]
    with hub.begin() as work:
        inbox.keep(work, partner, [partner.connector.incoming(checked(row)) for row in rows])


def take(hub, limit=50):
    while pipeline.process(hub, hub.partners["shop"], DICE, limit=limit):
        pass


def settled(hub):
    with hub.look() as session:
        return [(row.state, row.result) for row in session.scalars(select(Delivery).order_by(Delivery.id))]


def but_versions(hub):
    """A customer moves on once with each fold."""
    found = everything(hub)
    with hub.look() as session:
        versions = {str(one) for one in session.scalars(select(Customer.version))}
    assert versions
    return {name: rows for name, rows in found.items() if name not in {"customers", "deliveries"}}


def test_what_is_folded_together_is_what_each_says_alone(twins, rows, folds):
    for hub, limit in zip(twins, (50, 1), strict=True):
        keep(hub, rows)
        take(hub, limit)

    together, alone = (but_versions(hub) for hub in twins)
    assert {name: rows for name, rows in together.items() if rows != alone[name]} == {}
    assert settled(twins[0]) == settled(twins[1])
    assert len(together["visits"]) > 10
    assert len(folds) < len(rows) + len(rows) / 10  # one by one in the one, a few in the other


def test_a_delivery_that_does_not_go_in_is_found_among_its_neighbours(hub, rows):
    wrong = {**next(row for row in rows if row["type"] == "visit"), "key": "S-wrong", "branch": "nowhere"}
    keep(hub, [*rows[:30], wrong, *rows[-12:]])

    take(hub)

    states = [state for state, _ in settled(hub)]
    assert states == ["done"] * 30 + ["dead"] + ["done"] * 12
    with hub.look() as session:
        assert session.scalars(select(DeadLetter.code)).all() == ["wrong_input"]


def test_what_is_told_twice_of_one_visit_is_folded_one_after_the_other(hub, rows, folds):
    visit = next(row for row in rows if row["type"] == "visit")
    keep(hub, [rows[0], visit, {**visit, "version": 1, "cancelled": True}])

    take(hub)

    assert [result["new"] for _, result in settled(hub)] == [1, 1, 1]
    assert folds == [2, 1]
    with hub.look() as session:
        assert session.scalars(select(Visit.status)).all() == ["cancelled"]


def test_word_after_word_of_one_member_turns_the_tier_each_time(hub):
    club, words = hub.partners["club"], ("gold", "silver", "gold")
    told = [
        b'{"type":"member.tier_changed","timestamp":"%s","data":{"member_id":"m-1","tier":"%s","version":%d}}'
        % (NOW.isoformat().encode(), tier.encode(), version)
        for version, tier in enumerate(words, 1)
    ]
    with hub.begin() as work:
        inbox.keep(work, club, [Incoming(f"k{number}", "m-1", body) for number, body in enumerate(told)])

    pipeline.process(hub, club, DICE)

    with hub.look() as session:
        assert session.scalars(select(Tier.name).order_by(Tier.id)).all() == list(words)

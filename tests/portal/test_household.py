"""Owner, driver and payer of one car: given by its owner, taken back at once, and each sees what is theirs to see."""

import json
import re

import pytest
from flask import Flask
from sqlalchemy import select

from compliance.disclosure import disclose
from desks import NOW, Clock, Visitor
from hub.core import Hub
from hub.models import Appointment, AuditEntry, CarInvitation, Ownership
from hub.own import OWN
from hub.sdk import CustomerKey, InvoiceRecord, LineRecord, VehicleRecord, VisitRecord
from mine import BERLIN, Owner, a_newcomer, come_in
from shops import folded


@pytest.fixture
def other(hub: Hub, owner: Owner) -> Owner:
    """Somebody else with an account; the owner was there before."""
    return a_newcomer(hub)


@pytest.fixture
def guest(app: Flask, hub: Hub, other: Owner) -> Visitor:
    return come_in(app, hub, other)


@pytest.fixture
def car(owner: Owner) -> str:
    return f"/my/cars/{owner.cars[0]}"


def invited(customer: Visitor, car: str, role: str = "driver") -> str:
    """The path of the address that the page shows."""
    sent = {"token": customer.token("/my/"), "role": role, "called": "my daughter Zoë"}
    found = re.search(r">https?://[^/]+(/my/cars/join/[\w-]{43})<", customer.post(f"{car}/people", sent).text)
    assert found is not None
    return found[1]


def accepted(guest: Visitor, address: str) -> int:
    return guest.post(address, {"token": guest.token("/my/")}).status_code


def a_visit_now(hub: Hub, owner: Owner) -> None:
    """Of the owner, after the car was given: with prices, a note, and an invoice."""
    key = CustomerKey(partner_id=owner.number)
    pads = LineRecord(code="brk", title="Zoë-blue pads", price_minor=11_977)
    visit = VisitRecord(
        customer=key, key="V-now", at=NOW, opened_at=NOW, closed_at=NOW, vehicle_partner_id=f"{owner.number}-1",
        branch=BERLIN.code, odometer_km=81_234, currency="EUR", note="Zoë-blue paint", lines=(pads,), reason="repair",
    )  # fmt: skip
    bill = InvoiceRecord(customer=key, key="R-1", at=NOW, issued_at=NOW, net_minor=10_000, tax_minor=1_977, total_minor=11_977,
                         currency="EUR", number="R-2026-118", visit_key="V-now")  # fmt: skip
    folded(hub, visit, bill, partner=OWN)


def test_a_driver_sees_what_happens_to_the_car_from_then_on_and_no_price(
    hub: Hub, owner: Owner, customer: Visitor, guest: Visitor, car: str
) -> None:
    address = invited(customer, car)
    assert guest.get(address).status_code == 200
    assert guest.get(car).status_code == 404, "looking takes nothing"

    assert accepted(guest, address) == 303
    a_visit_now(hub, owner)

    text = guest.get(car).text
    assert "Škoda Octavia" in text
    assert "81,234" in text
    assert "driver" in text
    for kept_back in ("€", "119.77", "R-2026-118", "Zoë-blue", "Mara", "B TH 4172", "TMBJJ7NE0K0214088", "75,200"):
        assert kept_back not in text, kept_back
    assert "my daughter Zoë" in customer.get(car).text
    assert "who else" not in guest.get(car).text.lower(), "a driver passes the car on to nobody"


def test_a_driver_sees_when_the_car_is_expected_and_changes_nothing_about_it(
    hub: Hub, owner: Owner, customer: Visitor, guest: Visitor, car: str
) -> None:
    with hub.look() as session:
        visit = session.scalars(select(Appointment.id).where(Appointment.customer_id == owner.customer_id)).one()
    file, move = f"/my/visits/{visit}/visit.ics", f"/my/visits/{visit}/move"
    assert "Octavia" not in guest.get("/my/visits/").text
    assert guest.get(file).status_code == 404

    accepted(guest, invited(customer, car))

    text = guest.get("/my/visits/").text
    assert "<bdi>Octavia</bdi>" in text
    assert "Booked by the owner of the car." in text
    assert "Booked by the owner of the car." in guest.get("/my/").text
    assert "BEGIN:VEVENT" in guest.get(file).text
    for page in ("/my/visits/", "/my/"):
        assert move not in guest.get(page).text
    sent = {"token": guest.token("/my/"), "at": "2026-11-26T09:00+00:00"}
    assert guest.get(move).status_code == 404
    assert guest.post(move, sent).status_code == 404
    assert guest.post(f"/my/visits/{visit}/cancel", sent).status_code == 404
    assert "Booked by the owner" not in customer.get("/my/visits/").text


def test_appointments_of_a_car_that_was_taken_back_are_seen_no_more(
    hub: Hub, customer: Visitor, guest: Visitor, car: str
) -> None:
    accepted(guest, invited(customer, car))
    assert "Octavia" in guest.get("/my/visits/").text
    with hub.look() as session:
        ref = session.scalars(select(CarInvitation.ref)).one()

    customer.post(f"/my/cars/people/{ref}/end", {"token": customer.token("/my/")})

    assert "Octavia" not in guest.get("/my/visits/").text


def test_people_of_one_name_are_told_apart_by_their_days(
    customer: Visitor, guest: Visitor, car: str, clock: Clock
) -> None:
    accepted(guest, invited(customer, car))
    clock.pass_by(hours=1)
    invited(customer, car)
    clock.pass_by(hours=1, minutes=5)
    invited(customer, car, "payer")

    text = customer.get(car).text

    assert text.count("my daughter Zoë</bdi>") == 3
    assert "drives it. Since 25 November 2026." in text
    assert "drives it. Invited 25 Nov, 11:00; the address is good until 28 Nov, 11:00." in text
    assert "pays for it. Invited 25 Nov, 12:05;" in text
    buttons = re.findall(r"Take it back<span class=\"hidden\">([^<]+)<", text)
    assert len(set(buttons)) == 3


def test_a_payer_sees_the_invoice(hub: Hub, owner: Owner, customer: Visitor, guest: Visitor, car: str) -> None:
    accepted(guest, invited(customer, car, "payer"))
    a_visit_now(hub, owner)

    text = guest.get(car).text

    assert "€119.77" in text
    assert "Zoë-blue" not in text


@pytest.mark.parametrize("end", ["taken back", "sold"])
def test_what_was_given_ends_when_it_is_taken_back_and_when_the_car_is_sold(
    hub: Hub, owner: Owner, customer: Visitor, guest: Visitor, car: str, end: str
) -> None:
    accepted(guest, invited(customer, car))
    assert guest.get(car).status_code == 200

    if end == "sold":
        folded(hub, VehicleRecord(customer=CustomerKey(partner_id=owner.number), partner_id=f"{owner.number}-1",
                                  owned_until=NOW.date()), partner=OWN)  # fmt: skip
    else:
        with hub.look() as session:
            ref = session.scalars(select(CarInvitation.ref)).one()
        customer.post(f"/my/cars/people/{ref}/end", {"token": customer.token("/my/")})
        assert "my daughter Zoë" not in customer.get(car).text

    assert guest.get(car).status_code == 404
    assert car not in guest.get("/my/cars/").text
    sent = {"token": guest.token("/my/"), "branch": BERLIN.code, "car": owner.cars[0]}
    assert car not in guest.get("/my/visits/new").text
    assert guest.post("/my/visits/new", sent).status_code in {404, 405, 422}


def test_an_address_is_good_once_and_for_nobody_who_has_the_car(
    app: Flask, hub: Hub, customer: Visitor, guest: Visitor, car: str
) -> None:
    address = invited(customer, car)

    assert accepted(customer, address) == 422, "its owner"
    assert accepted(guest, address) == 303
    third = come_in(app, hub, a_newcomer(hub, "C-100"))
    pages = [
        third.post(one, {"token": third.token("/my/")}).text.replace(one, "")
        for one in (address, "/my/cars/join/" + "x" * 43)
    ]
    assert "This address opens nothing." in pages[0]
    assert pages[0].split("nonce")[0] == pages[1].split("nonce")[0]


def test_nobody_gives_away_or_takes_back_the_car_of_somebody_else(
    hub: Hub, customer: Visitor, guest: Visitor, car: str
) -> None:
    accepted(guest, invited(customer, car))
    with hub.look() as session:
        ref = session.scalars(select(CarInvitation.ref)).one()
    sent = {"token": guest.token("/my/"), "role": "driver", "called": "x"}

    assert guest.post(f"{car}/people", sent).status_code == 404
    assert guest.post(f"/my/cars/people/{ref}/end", sent).status_code == 404
    assert guest.get(car).status_code == 200


def test_each_ones_copy_of_their_data_keeps_silent_about_the_other(
    hub: Hub, owner: Owner, other: Owner, customer: Visitor, guest: Visitor, car: str
) -> None:
    accepted(guest, invited(customer, car))
    a_visit_now(hub, owner)

    owners, drivers = (
        json.dumps(disclose(hub, one.ref, "petra").plain(), ensure_ascii=False) for one in (owner, other)
    )

    assert "my daughter Zoë" in owners
    assert "driver" in drivers
    for kept_back in ("Mara", "my daughter Zoë", "Zoë-blue", owner.ref, owner.number):
        assert kept_back not in drivers, kept_back
    assert other.ref not in owners
    assert "Nina" not in owners


def test_who_gave_what_stands_in_the_chain_and_what_they_are_called_lies_sealed(
    hub: Hub, customer: Visitor, guest: Visitor, car: str
) -> None:
    accepted(guest, invited(customer, car))

    with hub.look() as session:
        row = session.scalars(select(CarInvitation)).one()
        given = session.get_one(Ownership, row.ownership_id)
        told = session.scalars(
            select(AuditEntry.action).where(AuditEntry.about == "vehicle").order_by(AuditEntry.id)
        ).all()
    assert told == ["car_entrusted", "car_accepted"]
    assert given.role == "driver"
    assert row.called is not None
    assert "Zoë".encode() not in row.called


def test_somebody_without_a_name_is_refused_in_words(customer: Visitor, car: str) -> None:
    answer = customer.post(f"{car}/people", {"token": customer.token("/my/"), "role": "driver", "called": " "})

    assert answer.status_code == 422
    assert "Say who it is for, and what they do." in answer.text

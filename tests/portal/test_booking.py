"""A customer's appointments on their pages."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from desks import Clock, Visitor, bare
from hub.core import Hub
from hub.models import Appointment
from mine import BERLIN, FIRST_SLOT, Owner, an_owner, come_in

NINE = (FIRST_SLOT + timedelta(hours=1)).isoformat()


def wish(customer: Visitor, owner: Owner, **more: str) -> dict[str, str]:
    plain = {"token": customer.token("/my/"), "branch": BERLIN.code, "car": owner.cars[0], "service": "service"}
    return {**plain, "at": NINE, "once": "abc", **more}


def held(hub: Hub, owner: Owner) -> list[Appointment]:
    with hub.look() as session:
        mine = select(Appointment).where(Appointment.customer_id == owner.customer_id).order_by(Appointment.id)
        return list(session.scalars(mine))


def test_free_times_are_shown_on_the_branchs_clock(customer: Visitor) -> None:
    text = customer.get("/my/visits/new").text

    assert "Thursday 26 November" in text
    assert text.count('name="at"') == 6, "one for each hour, however many bays are free"
    assert "<span>09:00</span>" in text


def test_a_time_is_booked_for_the_car_that_was_chosen(hub: Hub, customer: Visitor, owner: Owner) -> None:
    answer = customer.post("/my/visits/", wish(customer, owner))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/visits/?done=booked")
    made = held(hub, owner)[-1]
    assert (made.starts_at.isoformat(), made.services, made.state) == (NINE, ["service"], "booked")
    assert made.slot_id is not None
    text = customer.get("/my/visits/?done=booked").text
    assert "It is booked." in text
    assert "Service, <bdi>Octavia</bdi>" in text


def test_a_form_that_is_sent_twice_books_once(hub: Hub, customer: Visitor, owner: Owner) -> None:
    form = wish(customer, owner)

    answers = [customer.post("/my/visits/", form).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert len(held(hub, owner)) == 2, "the one of before and the new one"


def test_a_time_that_was_taken_meanwhile_is_refused_in_words(
    app: Flask, hub: Hub, customer: Visitor, owner: Owner
) -> None:
    others = [an_owner(hub, f"C-2{n}", "Paul Brandt", f"B XX {n}") for n in range(2)]
    for other in others:
        theirs = come_in(app, hub, other)
        assert theirs.post("/my/visits/", wish(theirs, other)).status_code == 303

    answer = customer.post("/my/visits/", wish(customer, owner))

    assert answer.status_code == 422
    assert "This time has just been taken." in answer.text
    assert len(held(hub, owner)) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"at": "2026-11-20T08:00:00+00:00"}, 422),
        ({"at": "tomorrow"}, 422),
        ({"at": "2026-11-26T08:00:00"}, 422),
        ({"at": "2026-11-26T08:17:00+00:00"}, 422),
        ({"service": "everything"}, 422),
        ({"branch": "nowhere"}, 404),
        ({"car": "0" * 32}, 404),
    ],
)
def test_a_wish_that_makes_no_sense_books_nothing(
    hub: Hub, customer: Visitor, owner: Owner, change: dict[str, str], status: int
) -> None:
    assert customer.post("/my/visits/", wish(customer, owner, **change)).status_code == status
    assert len(held(hub, owner)) == 1


def test_a_visit_is_moved_and_its_old_time_is_free_again(hub: Hub, customer: Visitor, owner: Owner) -> None:
    visit = held(hub, owner)[0]

    page = customer.get(f"/my/visits/{visit.id}/move").text
    answer = customer.post(f"/my/visits/{visit.id}/move", {"token": customer.token("/my/"), "at": NINE})

    assert "Now it is Thursday 26 November, 08:00." in page
    assert answer.status_code == 303
    (moved,) = held(hub, owner)
    assert moved.starts_at.isoformat() == NINE
    assert moved.slot_id != visit.slot_id
    assert FIRST_SLOT.isoformat() in customer.get("/my/visits/new").text


def test_a_visit_is_cancelled_once(hub: Hub, customer: Visitor, owner: Owner) -> None:
    visit = held(hub, owner)[0]
    form = {"token": customer.token("/my/")}

    answers = [customer.post(f"/my/visits/{visit.id}/cancel", form).status_code for _ in range(2)]

    assert answers == [303, 422]
    assert held(hub, owner)[0].state == "cancelled"
    assert "No visit is booked" in customer.get("/my/visits/").text


@pytest.mark.parametrize("what", ["move", "cancel"])
def test_somebody_elses_visit_is_nowhere(app: Flask, hub: Hub, owner: Owner, what: str) -> None:
    other = come_in(app, hub, an_owner(hub, "C-18", "Paul Brandt", "B XX 1"))
    visit, form = held(hub, owner)[0], {"token": other.token("/my/"), "at": NINE}

    foreign, missing = (other.post(f"/my/visits/{one}/{what}", form) for one in (visit.id, 17))

    assert foreign.status_code == missing.status_code == 404
    assert bare(foreign.text) == bare(missing.text)
    assert held(hub, owner)[0].starts_at == visit.starts_at


def test_a_visit_that_has_begun_is_left_alone(hub: Hub, app: Flask, owner: Owner, clock: Clock) -> None:
    visit = held(hub, owner)[0]
    clock.pass_by(hours=22, minutes=30)
    customer = come_in(app, hub, owner)

    answer = customer.post(f"/my/visits/{visit.id}/cancel", {"token": customer.token("/my/")})

    assert answer.status_code == 422
    assert "can no longer be changed" in answer.text


def test_a_visit_is_taken_along_as_a_calendar_file(hub: Hub, customer: Visitor, owner: Owner) -> None:
    visit = held(hub, owner)[0]

    answer = customer.get(f"/my/visits/{visit.id}/visit.ics")

    assert answer.mimetype == "text/calendar"
    assert "DTSTART:20261126T070000Z\r\nDTEND:20261126T080000Z" in answer.text
    assert f"UID:{visit.id}@eu.localhost" in answer.text
    assert "LOCATION:Spreewerk Garage" in answer.text


def test_far_and_past_days_are_brought_near(customer: Visitor) -> None:
    for day in ("1999-01-01", "9999-12-31", "soon"):
        assert customer.get(f"/my/visits/new?from={quote(day)}").status_code == 200

"""Booking, moving and cancelling by customers themselves: one slot, one car, whoever asks at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import WrongInput
from hub.flow import bookings
from hub.models import Appointment, Message, Slot
from mine import BERLIN, FIRST_SLOT, an_owner
from shops import profile, standing

NINE = FIRST_SLOT + timedelta(hours=1)


def wished(owner, once="a", at=NINE):
    return bookings.Wish(owner.ref, owner.cars[0], BERLIN.code, at, "service", once)


def booked(hub, owner, **more):
    with hub.begin() as work:
        return bookings.book(hub, work, wished(owner, **more))


def test_a_booking_holds_a_slot_and_is_an_event_and_a_fact(hub):
    owner = an_owner(hub)

    visit = booked(hub, owner)

    with hub.look() as session:
        row = session.get(Appointment, visit)
        assert session.get(Slot, row.slot_id).customer_id == owner.customer_id
    events = standing(hub, "booking_made")
    assert {event.about_id for event in events} >= {visit}
    assert all(event.vehicle_id is not None for event in events)
    assert profile(hub).appointments_next_on == FIRST_SLOT.date(), "the one of before comes first"


def test_many_who_ask_at_once_get_as_many_as_there_are_bays(hub):
    owners = [an_owner(hub, f"C-{n}", "Ida", f"B XX {n}") for n in range(5)]

    def ask(owner):
        try:
            return booked(hub, owner)
        except WrongInput:
            return None

    with ThreadPoolExecutor(5) as pool:
        made = list(pool.map(ask, owners))

    assert sum(one is not None for one in made) == 2, "two bays"
    with hub.look() as session:
        holding = select(Appointment.slot_id).where(Appointment.starts_at == NINE, Appointment.slot_id.is_not(None))
        slots = list(session.scalars(holding))
    assert len(slots) == len(set(slots)) == 2


def test_a_cancelled_visit_is_told_to_the_garages_own_system(hub):
    owner = an_owner(hub)
    visit = booked(hub, owner)
    with hub.begin() as work:
        bookings.move(hub, work, owner.ref, visit, NINE + timedelta(hours=1))
    with hub.begin() as work:
        bookings.cancel(hub, work, owner.ref, visit)

    assert [event.about_id for event in standing(hub, "booking_cancelled")] == [visit]
    with hub.look() as session:
        told = select(Message.refs).where(Message.topic == "appointment_changed").order_by(Message.id)
        refs = list(session.scalars(told))
    assert [one["kind"] for one in refs] == ["booked", "moved", "cancelled"]
    assert refs[-1]["how"].startswith("berlin-spree/2026-11-26T09:00")


def test_moving_to_a_taken_time_keeps_the_old_one(hub):
    owners = [an_owner(hub, f"C-{n}", "Ida", f"B XX {n}") for n in range(3)]
    for one in owners[:2]:
        booked(hub, one)
    mine = booked(hub, owners[2], at=NINE + timedelta(hours=1))

    with pytest.raises(WrongInput), hub.begin() as work:
        bookings.move(hub, work, owners[2].ref, mine, NINE)

    with hub.look() as session:
        row = session.get(Appointment, mine)
        assert row.starts_at == NINE + timedelta(hours=1)
        assert row.slot_id is not None

"""What came true of lists whose time is over: of those called, and of those left alone by lot."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from garage_days import CAR, a_visit
from hub.flow import proven
from hub.models import Customer, Outreach, Ownership
from hub.sdk import CustomerKey, CustomerRecord, VehicleRecord
from hub.services import Services
from shops import BERLIN, KEY, folded

TODAY = date(2026, 11, 25)
DONE = date(2026, 2, 1)


@pytest.fixture
def lists(hub):
    """One car had its oil changed on the first of February: lists of the ten days before came true, those of twenty days after did
    not. Fifteen people took it in turns to be called about it."""
    folded(hub, BERLIN, CustomerRecord(customer=KEY, branch="berlin-mitte"), CAR, a_visit("S-1", DONE.isoformat()),
           *(CustomerRecord(customer=CustomerKey(partner_id=f"N-{number}")) for number in range(14)))  # fmt: skip
    with hub.begin() as work:
        car = work.session.scalars(select(Ownership.vehicle_id)).one()
        people = work.session.scalars(select(Customer.id).order_by(Customer.id)).all()
        for place in range(-10, 20):
            work.add(Outreach(
                customer_id=people[place % 15], vehicle_id=car, branch="berlin-mitte", listed_on=DONE + timedelta(days=place), rank=1,
                control=place % 5 == 0, safety=False, service="oil", churn=None, chance=0.6 if place < 0 else 0.2, value_minor=1,
                currency="EUR", reasons=[], model="m",
            ))  # fmt: skip


def told(hub, day=TODAY, horizon=182):
    with hub.look() as session:
        return proven.proven(session, "berlin-mitte", day, horizon, Services({}))


def test_those_called_stand_beside_those_left_alone(hub, lists):
    found = told(hub)

    assert (found["calls"]["rows"], found["calls"]["precision"]) == (24, round(8 / 24, 4))
    assert (found["control"]["rows"], found["control"]["precision"], found["gain"]) == (6, round(2 / 6, 4), 0.0)
    assert (found["auc"], found["brier"]) == (1.0, round((10 * 0.16 + 20 * 0.04) / 30, 4))
    assert found["gap"] == pytest.approx((10 * -0.4 + 20 * 0.2) / 30)


def test_of_lists_whose_time_is_not_over_nothing_is_said(hub, lists):
    assert told(hub, DONE + timedelta(days=182)) == {}


def test_of_calls_to_a_few_people_nothing_is_said_as_they_prove_nothing_of_others(hub, lists):
    with hub.begin() as work:
        first = work.session.scalars(select(Outreach.customer_id)).first()
        for row in work.session.scalars(select(Outreach)):
            row.customer_id = first

    assert told(hub) == {}


def test_another_service_is_not_what_was_foretold(hub, lists):
    with hub.begin() as work:
        for row in work.session.scalars(select(Outreach)):
            row.service = "brakes"

    assert told(hub)["calls"]["precision"] == 0.0


def test_the_lift_is_told_beside_cars_of_the_branch_that_were_drawn_by_lot(hub, lists):
    """The branch has one car, so a lot finds what the list finds; with a second one that is never serviced, half of it."""
    found = told(hub)
    assert (found["by_lot"], found["lift"]) == (round(8 / 24, 4), 1.0)

    folded(hub, *another_car())

    found = told(hub)
    assert (found["by_lot"], found["lift"]) == (round(4 / 24, 4), 2.0)
    assert found["lift_interval"] == [2.0, 2.0], "in each row both are the same"


def test_a_car_is_counted_once_however_often_the_service_was_done(hub, lists):
    folded(hub, a_visit("S-2", "2026-02-10"), a_visit("S-3", "2026-03-01"))

    assert told(hub)["by_lot"] == 1.0


def another_car():
    key = CustomerKey(partner_id="C-2", customer_number="C-2")
    yield CustomerRecord(customer=key, email="c2@example.org", branch="berlin-mitte")
    yield VehicleRecord(customer=key, partner_id="V-2", vin="WVWZZZ1JZXW000002", owned_since=date(2024, 1, 1))

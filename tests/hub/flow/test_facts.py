"""Profiles are what their events say, late ones and withdrawn ones included."""

from datetime import UTC, date, datetime

from sqlalchemy import inspect, select, update

from hub.catalogue import CORE_FACTS
from hub.flow import customers, facts
from hub.models import Event, Profile
from hub.sdk import CustomerKey, EventRecord, VehicleRecord

KEY = CustomerKey(partner_id="C-1", customer_number="C-1")


def an_event(kind="visit", day="2026-05-02", at="10:00", **more):
    given = {"zone": "Asia/Dubai", "key": f"{kind}:{day}:{at}", **more}
    return EventRecord(customer=KEY, kind=kind, at=datetime.fromisoformat(f"{day}T{at}:00+00:00"), **given)


def told(hub, *records):
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], records)
        facts.refresh(work, folded.touched)
    with hub.look() as session:
        return session.scalars(select(Profile)).one()


def test_every_fact_has_a_column_of_its_type_in_the_profile():
    columns = inspect(Profile).columns

    for fact in CORE_FACTS:
        kind = columns[fact.column].type.python_type
        assert kind is {"number": int, "money": int, "text": str, "day": date}[fact.type], fact.name


def test_a_day_is_counted_in_the_zone_the_event_happened_in(hub):
    profile = told(hub, an_event(day="2026-05-02", at="21:30"))

    assert profile.visits_last_on == date(2026, 5, 3)


def test_late_events_move_the_first_day_and_not_the_last(hub):
    told(hub, an_event(day="2026-05-02", amount_minor=100, currency="EUR"))

    profile = told(hub, an_event(day="2024-01-02", amount_minor=250, currency="EUR"))

    assert (profile.visits_count, profile.visits_first_on, profile.visits_last_on) == (
        2,
        date(2024, 1, 2),
        date(2026, 5, 2),
    )
    assert (profile.spend_total_minor, profile.spend_currency) == (350, "EUR")


def test_visits_in_two_currencies_have_no_sum(hub):
    profile = told(
        hub,
        an_event(day="2026-05-02", amount_minor=100, currency="EUR"),
        an_event(day="2026-05-03", amount_minor=100, currency="AED"),
    )

    assert (profile.spend_total_minor, profile.spend_currency) == (None, None)


def test_a_withdrawn_event_counts_no_more(hub):
    told(hub, an_event(day="2026-05-02"), an_event(day="2026-06-02"))
    with hub.begin() as work:
        work.session.execute(update(Event).where(Event.local_day == date(2026, 6, 2)).values(withdrawn_at=work.now))
        facts.refresh(work, [work.session.scalars(select(Profile.customer_id)).one()])

    with hub.look() as session:
        assert session.scalars(select(Profile.visits_count)).one() == 1


def test_a_refresh_says_which_facts_moved_and_nothing_of_the_others(hub):
    told(hub, an_event(day="2026-05-02"))
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], [an_event(day="2026-06-02")])
        moved = facts.refresh(work, folded.touched)
        again = facts.refresh(work, folded.touched)

    assert list(moved.values()) == [{"fact.visits_count", "fact.visits_last_on"}]
    assert list(again.values()) == [set()]


def test_the_last_survey_is_the_latest_one_whatever_order_they_came_in(hub):
    told(hub, an_event("survey", "2026-06-01", attributes={"score": 9}))

    profile = told(hub, an_event("survey", "2026-01-01", attributes={"score": 2}))

    assert (profile.nps_last, profile.nps_last_on) == (9, date(2026, 6, 1))


def test_a_sold_vehicle_counts_for_the_new_owner(hub):
    buyer = CustomerKey(partner_id="C-2", customer_number="C-2")
    told(hub, VehicleRecord(customer=KEY, partner_id="v-1", vin="WVWZZZ1JZXW000001", owned_since=date(2020, 1, 1)))

    with hub.begin() as work:
        records = [VehicleRecord(customer=buyer, partner_id="v-1", owned_since=date(2026, 3, 1))]
        folded = customers.fold(hub, work, hub.partners["files"], records)
        facts.refresh(work, folded.touched)

    with hub.look() as session:
        assert session.scalars(select(Profile.vehicles_count).order_by(Profile.customer_id)).all() == [0, 1]


def test_an_event_in_the_future_is_refused(hub):
    import pytest

    from hub.errors import WrongInput

    with pytest.raises(WrongInput, match="future"):
        told(hub, EventRecord(customer=KEY, kind="visit", key="x", at=datetime(2027, 1, 1, tzinfo=UTC), zone="UTC"))

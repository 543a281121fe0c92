"""A fact is one thing, whoever reads it: training of an earlier day, scoring on that day, rules then and now, and the customer's page."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from hub.flow.back_then import MADE, histories
from hub.models import Customer, Profile
from hub.past.reader import read_facts
from hub.sdk import (
    AppointmentRecord,
    CustomerKey,
    CustomerRecord,
    EventRecord,
    LineRecord,
    LoyaltyRecord,
    RecommendationRecord,
    Record,
    VehicleRecord,
    VisitRecord,
)
from rules.dependencies import Reads
from shops import BERLIN, at, folded

PEOPLE = 12
BEGAN, ENDS = date(2024, 1, 8), date(2026, 6, 30)
DAYS = (date(2025, 3, 31), date(2025, 11, 2), ENDS)
LATE = {
    "answer_late": {"measure": "first", "percent": 100, "desk": "front"},
    "level_missed": {"measure": "turnaround", "minutes": 90},
}
# What scorers call it -> what rules call it. `silent` facts are days since then, and a count of nothing is 0 for both.
SAME = {
    "visits.count": "visits.count",
    "visits.silent_days": "visits.last_on",
    "visits.watched_days": "visits.first_on",
    "survey.last": "survey.nps_last",
    "survey.silent_days": "survey.nps_last_on",
    "cars.count": "vehicles.count",
    "advice.open": "recommendations.open_count",
    "advice.declined": "recommendations.declined_count",
    "loyalty.points": "loyalty.points",
}


def lives() -> Iterator[tuple[date, Record]]:
    """(day, record): visits, surveys and complaints at odd times; advice that is declined, bought or left open; cars that are sold."""
    rng = np.random.default_rng(11)
    for number in range(PEOPLE):
        key = CustomerKey(partner_id=f"C-{number}")
        yield BEGAN, CustomerRecord(customer=key, branch=BERLIN.code)
        yield from cars(key, number)
        day = BEGAN + timedelta(days=int(rng.integers(1, 40)))
        for place in range(40):
            if day > ENDS:
                break
            yield from a_day(key, number, place, day, rng)
            day += timedelta(days=int(rng.integers(20, 260)))


def cars(key: CustomerKey, number: int) -> Iterator[tuple[date, Record]]:
    """Each has two; one in three sells the first a year and a half later."""
    for place in (1, 2):
        car = {
            "customer": key,
            "partner_id": f"V-{number}-{place}",
            "vin": f"WVWZZZ1JZXW{number:05}{place}",
            "owned_since": BEGAN,
        }
        yield BEGAN, VehicleRecord(**car)
        if place == 1 and number % 3 == 0:
            yield date(2025, 8, 1), VehicleRecord(**car, owned_until=date(2025, 8, 1))


def a_day(
    key: CustomerKey, number: int, place: int, day: date, rng: np.random.Generator
) -> Iterator[tuple[date, Record]]:
    name, car = f"{number}-{place}", f"V-{number}-{1 + place % 2}"
    told = {"customer": key, "at": at(day.isoformat())}
    line = LineRecord(kind="labour", code="OIL", quantity_milli=1000, price_minor=9000)
    yield day, VisitRecord(**told, key=f"S-{name}", branch=BERLIN.code, vehicle_partner_id=car, opened_at=at(day.isoformat(), 7),
                           closed_at=at(day.isoformat()), currency="EUR", lines=(line,))  # fmt: skip
    state = ("open", "declined", "sold")[int(rng.integers(3))]
    yield day, RecommendationRecord(**told, key=f"F-{name}", branch=BERLIN.code, vehicle_partner_id=car, code=f"work-{place}",
                                    state=state, made_at=at(day.isoformat(), 7),
                                    decided_at=None if state == "open" else at(day.isoformat()))  # fmt: skip
    if rng.random() < 0.6:
        score = {"score": int(rng.integers(11))}
        yield day, EventRecord(**told, kind="survey", key=f"N-{name}", zone="UTC", attributes=score)
    if rng.random() < 0.3:
        yield day, EventRecord(**told, kind="complaint", key=f"K-{name}", zone="UTC", attributes={})
    for kind, attributes in LATE.items():
        if rng.random() < 0.25:
            yield day, EventRecord(**told, kind=kind, key=f"L-{kind}-{name}", zone="UTC", attributes=attributes)
    if rng.random() < 0.4:
        yield day, LoyaltyRecord(**told, version=place + 1, tier="silver", points=int(rng.integers(90)))
    if rng.random() < 0.3:
        starts = at(day.isoformat(), 6)
        yield day, AppointmentRecord(**told, key=f"A-{name}", branch=BERLIN.code, starts_at=starts, ends_at=starts + timedelta(hours=1),
                                     booked_at=starts - timedelta(days=5), state="no_show")  # fmt: skip


@pytest.fixture
def told(hub):
    """Day -> (profiles, scoring's frame) as they were on that very day, when nobody had told of any later one."""
    folded(hub, BERLIN)
    records, found, done = sorted(lives(), key=lambda one: one[0]), {}, 0
    for day in DAYS:
        upto = sum(one[0] <= day for one in records)
        folded(hub, *(record for _, record in records[done:upto]))
        done = upto
        with hub.look() as session:
            profiles = {row.customer_id: row for row in session.scalars(select(Profile))}
            session.expunge_all()
            found[day] = profiles, read_facts(session, day, {}).frame(list(SAME), day)
    return found


def as_rules_say(hub, day, name, value):
    """A day as days since then; nothing as NaN."""
    if value is None:
        return np.nan
    return float((day - value).days) if isinstance(value, date) else float(value)


def test_training_sees_what_scoring_saw(hub, told):
    with hub.look() as session:
        past = read_facts(session, ENDS, {})

    for day, (_, scored) in told.items():
        trained = past.frame(list(SAME), day)
        for name in ("customer_id", *SAME):
            np.testing.assert_array_equal(trained[name], scored[name], f"{name} on {day}")


def test_rules_and_the_customers_page_see_what_scoring_sees(hub, told):
    """The page shows the profile's columns, and rules read them."""
    columns = {name: hub.book.catalogue.facts[name].column for name in SAME.values()}
    for day, (profiles, scored) in told.items():
        for name, theirs in SAME.items():
            seen = [
                as_rules_say(hub, day, theirs, getattr(profiles[one], columns[theirs]))
                for one in scored["customer_id"].tolist()
            ]
            np.testing.assert_array_equal(
                scored[name], np.nan_to_num(seen) if name == "loyalty.points" else seen, f"{name} on {day}"
            )


def test_rules_of_an_earlier_moment_see_what_rules_saw_then(hub, told):
    names = sorted(
        MADE.keys() - {"appointments.next_on"}
    )  # an appointment is no event of the day for which it is booked
    with hub.look() as session:
        ids = session.scalars(select(Customer.id)).all()
        found = histories(session, hub.book.catalogue, ids, Reads(facts=frozenset(names)), "Europe/Berlin")

    for day, (profiles, _) in told.items():
        for one, history in found.items():
            then = history.at(datetime.combine(day, time(20), UTC))
            for name in names:
                stored = getattr(profiles[one], hub.book.catalogue.facts[name].column)
                assert then.fact(name) == stored, f"{name} of {one} on {day}"


def test_promises_that_were_kept_too_late_are_the_events_that_rules_read(hub, told):
    """Rules ask for the events themselves, within as many days."""
    with hub.look() as session:
        past = read_facts(session, ENDS, {})
        ids = session.scalars(select(Customer.id).order_by(Customer.id)).all()
        reads = Reads(events=frozenset(LATE))
        found = histories(session, hub.book.catalogue, ids, reads, "Europe/Berlin")

    for day in DAYS:
        frame = past.frame(["late.in_year", "late.silent_days"], day)
        for one, count, silent in zip(
            frame["customer_id"], frame["late.in_year"], frame["late.silent_days"], strict=True
        ):
            then = found[one].at(datetime.combine(day, time(20), UTC))
            days = [event.local_day for kind in LATE for event in then.events(kind)]
            assert count == sum(day - timedelta(days=365) < late for late in days)
            np.testing.assert_equal(silent, float((day - max(days)).days) if days else np.nan)


def test_the_lives_meet_what_could_tell_definitions_apart(told):
    """Sold cars with advice on them, second surveys, people who told of nothing: the comparison would prove nothing without."""
    _, last = told[ENDS]

    assert (last["cars.count"] == 1).sum() == PEOPLE / 3
    for name in ("advice.open", "advice.declined", "survey.last", "loyalty.points"):
        assert len(np.unique(last[name][~np.isnan(last[name])])) > 2, name

"""Who comes in, how often, and who is held back."""

from datetime import UTC, datetime, timedelta

import pytest

from journeying import a_journey
from rules.given import Given
from rules.journeys.entering import Past, admission, by_events, due_next, expected, held_back
from rules.journeys.subjects import Subject
from rules.views import EventSeen, VehicleSeen

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSIDE, OVER = Past(1, "waiting", None), Past(1, "done", NOW - timedelta(days=40))


@pytest.mark.parametrize(
    ("mode", "again", "past", "verdict"),
    [
        ("single", "never", [], "enter"),
        ("single", "never", [INSIDE], "inside"),
        ("single", "never", [OVER], "never_again"),
        ("single", "always", [OVER], "enter"),
        ("single", "60d", [OVER], "too_soon"),
        ("single", "30d", [OVER], "enter"),
        ("restart", "always", [INSIDE], "restart"),
        ("queued", "always", [INSIDE], "queue"),
        ("parallel", "always", [INSIDE], "enter"),
        ("parallel", "always", [INSIDE] * 20, "inside"),
    ],
)
def test_a_mode_and_again_decide_who_comes_in_again(mode, again, past, verdict):
    rule = a_journey(("zone:", f"mode: {mode}\nagain: {again}\nzone:"))

    assert admission(rule, past, NOW) == verdict


def test_an_event_that_is_told_too_late_lets_nobody_in():
    rule = a_journey()
    events = [
        EventSeen("complaint", (NOW - timedelta(days=n)).date(), at=NOW - timedelta(days=n), id=n)
        for n in (0, 2, 3, 400)
    ]

    assert [event.id for _, event in by_events(rule, Given({}), 17, events, NOW)] == [2, 0]


def test_a_car_comes_in_a_month_before_its_service_and_a_sold_one_does_not():
    rule = a_journey(
        ("purpose:", "key: vehicle\npurpose:"),
        ("enter: {event: {kind: complaint}}", "enter: {date: {day: vehicle.service_due, before: 30d}}"),
    )
    day = NOW.date() - timedelta(days=300)
    cars = [VehicleSeen(1, day), VehicleSeen(2, day, until=NOW.date() - timedelta(days=9)), VehicleSeen(3, day)]
    visits = [EventSeen("visit", day, id=n, vehicle_id=n) for n in (1, 2)]

    found = expected(rule, Given({"vehicles": cars, "events": visits}), 17, NOW)

    assert found == {Subject(1): datetime(2026, 4, 6, 7, 0, tzinfo=UTC)}


def test_a_day_that_comes_again_every_year_comes_on_its_own_day():
    rule = a_journey(("enter: {event: {kind: complaint}}", "enter: {date: {day: customer.joined_on, every: 1y}}"))

    found = expected(rule, Given({"customer.joined_on": datetime(2020, 3, 10, tzinfo=UTC).date()}), 17, NOW)

    assert found[Subject(17)].date().isoformat() == "2026-03-10"


@pytest.mark.parametrize(
    ("every", "due"),
    [
        ("{day: 1}", "2026-03-03T08:00"),
        ("{week: sun}", "2026-03-08T08:00"),
        ("{month: 1}", "2026-04-01T07:00"),  # the clocks have gone forward
        ("{year: [10, 1]}", "2026-10-01T07:00"),
    ],
)
def test_a_schedule_goes_by_the_local_calendar(every, due):
    rule = a_journey(
        ("enter: {event: {kind: complaint}}", f"enter: {{every: {every}, when: {{visits.count: {{at_least: 1}}}}}}")
    )

    assert due_next(rule, NOW) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_tenth_is_held_back_and_a_twentieth_by_the_control_that_rotates():
    rule = a_journey()
    drawn = [held_back(rule, n, f"ref{n}", NOW) for n in range(20_000)]
    control = sum(one[0][2] == "control" for one in drawn)
    held = sum(one[-1][2] == "held" for one in drawn)

    assert abs(control / 20_000 - 0.05) < 0.006
    assert abs(held / (20_000 - control) - 0.1) < 0.01
    assert drawn[0][0][0] == "global_control:2026q1"
    assert {one[0][2] for one in (held_back(rule, n, f"ref{n}", NOW + timedelta(days=90)) for n in range(200))} != {
        "open"
    }


def test_what_the_law_asks_for_is_held_back_from_nobody():
    rule = a_journey(("purpose: marketing", "purpose: service_notice\nexempt: safety"))

    assert held_back(rule, 17, "ref", NOW) == []

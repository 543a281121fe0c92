"""The day a verdict changes by itself."""

import os
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from conditions import cars, checked, documents, leaves, moments
from histories import ZONES, views, world
from rules.calendar import local_day, start_of
from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.dependencies import dependencies
from rules.examples import Given
from rules.flips import next_flip
from rules.parse import read_text
from rules.predicate import EventSeen, holds
from rules.tree import Condition

CATALOGUE = Catalogue([Fact("visits.count", "number"), Fact("visits.last_on", "day")], [EventKind("visit")])
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def flip(when: str, given: dict[str, Any]) -> datetime | None:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    assert condition is not None, checker.problems
    return next_flip(condition, Given(given), NOW, "Europe/Berlin")


def test_it_is_the_midnight_of_the_zone_after_which_the_span_has_passed() -> None:
    given = {"visits.last_on": date(2026, 11, 1)}

    assert flip("{visits.last_on: {older_than: 30d}}", given) == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_count_flips_when_the_event_that_makes_it_leaves_the_window() -> None:
    given = {"events": [EventSeen("visit", date(2026, 11, day)) for day in (1, 5, 9)]}

    assert flip("{event: {kind: visit, at_least: 2, within: 30d}}", given) == datetime(2026, 12, 4, 23, tzinfo=UTC)


def test_a_turn_that_changes_one_test_and_not_the_verdict_is_no_flip() -> None:
    given = {"visits.count": 0, "visits.last_on": date(2026, 11, 1)}

    assert flip("{all: [{visits.count: {above: 3}}, {visits.last_on: {older_than: 30d}}]}", given) is None


def test_what_does_not_speak_of_time_never_flips() -> None:
    assert flip("{visits.count: {above: 3}}", {"visits.count": 5}) is None


OF_A_WORLD = 8  # customers
HORIZON = 70  # days; spans longer than this turn beyond it
CASES = int(os.environ.get("HUB_PROPERTY_CASES", "1000"))


@st.composite
def days_to_come(draw: st.DrawFn) -> tuple[int, datetime, str, Condition]:
    now, zone = draw(moments()), draw(st.sampled_from(ZONES))
    today = local_day(now, zone)
    kinds = (documents(today, []) | leaves(today) | cars(today)).map(checked)
    return draw(st.integers(0, 2**32)), now, zone, draw(kinds.filter(lambda condition: dependencies(condition).timed))


def by_looking_at_every_day(condition: Condition, view: Any, now: datetime, zone: str) -> datetime | None:
    before, today = holds(condition, view, now, zone), local_day(now, zone)
    for number in range(1, HORIZON + 1):
        turn = start_of(today + timedelta(days=number), zone)
        if holds(condition, view, turn, zone) != before:
            return turn
    return None


def test_it_is_the_first_of_all_days_to_come_on_which_the_verdict_is_another() -> None:
    found = []

    @seed(20261127)
    @settings(
        max_examples=CASES // OF_A_WORLD,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(days_to_come())
    def exact(case: tuple[int, datetime, str, Condition]) -> None:
        number, now, zone, condition = case
        last = start_of(local_day(now, zone) + timedelta(days=HORIZON), zone)
        for view in list(views(world(Random(number), now, zone)).values())[:OF_A_WORLD]:
            told = next_flip(condition, view, now, zone)
            seen = by_looking_at_every_day(condition, view, now, zone)
            assert seen == (told if told is not None and told <= last else None), (condition, now, zone)
            found.append(seen)

    exact()

    assert sum(turn is not None for turn in found) > len(found) / 100

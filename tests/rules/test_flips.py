"""The day a verdict changes by itself."""

from datetime import UTC, date, datetime
from typing import Any

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.examples import Given
from rules.flips import next_flip
from rules.parse import read_text
from rules.predicate import EventSeen

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

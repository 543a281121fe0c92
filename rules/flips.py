"""When a verdict next changes by time alone, if nothing else happens to the customer."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from rules.calendar import Moment, Span, local_day, start_of
from rules.predicate import judge
from rules.tree import (
    BucketTest,
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    Leaf,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    Test,
    VehicleTest,
    parts,
)
from rules.views import EventSeen, VehicleSeen, View


def next_flip(
    condition: Condition, view: View, now: datetime, zone: str, car: VehicleSeen | None = None
) -> datetime | None:
    """The first moment after `now` at which the verdict is another, in UTC: the start of a local day. None: never.

    car: of a part below a VehicleTest. Exact: between two neighbouring turns of its leaves no verdict changes, so each
    turn is tried."""
    before = judge(condition, view, Moment(now, zone), car)
    for turn in sorted({turn for turn in turns(condition, view, zone, car) if turn > now}):
        if judge(condition, view, Moment(turn, zone), car) != before:
            return turn
    return None


def turns(condition: Condition, view: View, zone: str, car: VehicleSeen | None = None) -> Iterator[datetime]:
    """Every moment at which a test of the condition may change by time alone, and some at which none does."""
    match condition:
        case FactTest() | EventTest() | Sequence() | ScoreTest() | ConsentTest() | BucketTest():
            for day in _days(condition, view, zone, car):
                yield start_of(day, zone)
        case Pinned():
            pin = view.pin(condition.segment)
            if pin and pin.last_on:
                yield start_of(pin.last_on + timedelta(days=1), zone)
            yield from turns(condition.condition, view, zone, car)
        case SegmentTest():
            yield from turns(condition.condition, view, condition.zone)
        case VehicleTest():
            for one in view.vehicles():
                yield from (start_of(day, zone) for day in (one.since, one.until) if day)
                yield from turns(condition.condition, view, zone, one)
        case _:
            for part in parts(condition):
                yield from turns(part, view, zone, car)


def _days(leaf: Leaf, view: View, zone: str, car: VehicleSeen | None) -> Iterator[date]:
    match leaf:
        case FactTest():
            value = view.fact(leaf.fact.name) if car is None else car.facts.get(leaf.fact.name)
            yield from _of_tests(leaf.tests, value, zone)
        case EventTest():
            for event in _events(leaf.kind.name, view, car):
                yield from leaf.within.turns(event.local_day) if leaf.within else ()
                for part in leaf.looks_at:
                    yield from _of_tests(part.tests, event.value(part.field, part.type), zone)
        case Sequence():
            yield from _of_sequence(leaf, view, zone, car)
        case ScoreTest():
            for row in view.scores(leaf.name):
                yield row.as_of
                yield from leaf.max_age.turns(row.as_of) if leaf.max_age else ()
        case _:
            return


def _of_tests(tests: Iterable[Test], value: Any, zone: str) -> Iterator[date]:
    """Of a value that is a day: when it comes into each window, and leaves it; of an age, the day after, too."""
    day = local_day(value, zone) if isinstance(value, datetime) else value
    if isinstance(day, date):
        for test in tests:
            if test.operator.argument in ("span", "period"):
                yield from test.argument.turns(day)
            if isinstance(test.argument, Span):
                yield test.argument.passes(day + timedelta(days=1))


def _of_sequence(leaf: Sequence, view: View, zone: str, car: VehicleSeen | None) -> Iterator[date]:
    """An event comes into sight on its day, the first one leaves the window, and an absence is over."""
    for kind in {step.kind.name for step in leaf.steps}:
        for event in _events(kind, view, car):
            yield event.local_day
            yield from leaf.within.turns(event.local_day) if leaf.within else ()
            for step in leaf.steps:
                if step.absent and step.within:
                    yield step.within.after(event.local_day) + timedelta(days=1)
                for part in step.where:
                    yield from _of_tests(part.tests, event.value(part.field, part.type), zone)


def _events(kind: str, view: View, car: VehicleSeen | None) -> list[EventSeen]:
    found = [event for event in view.events(kind) if event.kind == kind]
    return found if car is None else [event for event in found if event.vehicle_id == car.id]

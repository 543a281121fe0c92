"""A condition as a Python function over one customer, with a trace of every test it made."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from rules.bucket import PLACES, first_place
from rules.calendar import Moment
from rules.history import counted, followed, measure_holds, measured
from rules.judging import passes, passes_all
from rules.operators import MISSING
from rules.tree import (
    All,
    AnyOf,
    BucketTest,
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    Leaf,
    Not,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    VehicleTest,
)
from rules.views import EventSeen, PinSeen, ScoreSeen, VehicleSeen, View

__all__ = ["EventSeen", "ScoreSeen", "Trace", "VehicleSeen", "View", "holds", "trace"]


@dataclass(frozen=True)
class Trace:
    """One node's verdict. seen: the value, the count of events or of cars, the standing score row or pin; currency: of a value
    in minor units; event_ids: those that were counted; measures: what each measure of an EventTest came to; car: whose
    test or part this is, below a VehicleTest, which has one part per car."""

    node: Condition
    holds: bool
    seen: Any = None
    event_ids: tuple[int, ...] = ()
    currency: str | None = None
    parts: tuple["Trace", ...] = ()
    measures: tuple[tuple[Any, str | None], ...] = ()
    car: VehicleSeen | None = None


def holds(condition: Condition, view: View, now: datetime, zone: str) -> bool:
    return judge(condition, view, Moment(now, zone), None)


def trace(condition: Condition, view: View, now: datetime, zone: str) -> Trace:
    """Every part is judged, also where the verdict is clear already."""
    return _trace(condition, view, Moment(now, zone), None)


def judge(condition: Condition, view: View, moment: Moment, car: VehicleSeen | None) -> bool:
    """car: whose facts and events are meant, below a VehicleTest."""
    match condition:
        case All(items):
            return all(judge(item, view, moment, car) for item in items)
        case AnyOf(items):
            return any(judge(item, view, moment, car) for item in items)
        case Not(item):
            return not judge(item, view, moment, car)
        case Pinned():
            pin = standing_pin(condition, view, moment)
            return pin.inside if pin else judge(condition.condition, view, moment, None)
        case SegmentTest():
            return judge(condition.condition, view, Moment(moment.now, condition.zone), None) == condition.inside
        case VehicleTest():
            verdicts = (judge(condition.condition, view, moment, one) for one in _cars(view, moment))
            return _quantified(condition, list(verdicts))
        case EventTest():
            events = counted(condition, view, moment, car)
            return _event_holds(condition, events, moment)
        case _:
            return _leaf(condition, view, moment, car).holds


def _trace(condition: Condition, view: View, moment: Moment, car: VehicleSeen | None) -> Trace:
    match condition:
        case All(items):
            parts = tuple(_trace(item, view, moment, car) for item in items)
            return Trace(condition, all(part.holds for part in parts), parts=parts)
        case AnyOf(items):
            parts = tuple(_trace(item, view, moment, car) for item in items)
            return Trace(condition, any(part.holds for part in parts), parts=parts)
        case Not(item):
            part = _trace(item, view, moment, car)
            return Trace(condition, not part.holds, parts=(part,))
        case Pinned():
            part, pin = _trace(condition.condition, view, moment, None), standing_pin(condition, view, moment)
            return Trace(condition, pin.inside if pin else part.holds, pin, parts=(part,))
        case SegmentTest():
            part = _trace(condition.condition, view, Moment(moment.now, condition.zone), None)
            return Trace(condition, part.holds == condition.inside, part.holds, parts=(part,))
        case VehicleTest():
            parts = tuple(
                replace(_trace(condition.condition, view, moment, one), car=one) for one in _cars(view, moment)
            )
            fitting = [part.holds for part in parts]
            return Trace(condition, _quantified(condition, fitting), sum(fitting), parts=parts)
        case _:
            return replace(_leaf(condition, view, moment, car), car=car)


def _leaf(node: Leaf, view: View, moment: Moment, car: VehicleSeen | None) -> Trace:
    match node:
        case FactTest():
            seen = view.fact(node.fact.name) if car is None else car.facts.get(node.fact.name)
            currency = view.fact(node.fact.unit) if node.fact.type == "money" else None
            return Trace(node, passes_all(node.tests, seen, currency, moment), seen, currency=currency)
        case EventTest():
            events = counted(node, view, moment, car)
            verdict = _event_holds(node, events, moment)
            came_to = tuple(measured(measure, events) for measure in node.measures)
            return Trace(node, verdict, len(events), _ids(events), measures=came_to)
        case Sequence():
            run = followed(node, view, moment, car)
            return Trace(node, bool(run), len(run), _ids(run))
        case ScoreTest():
            row = standing(view, node.name, moment)
            return Trace(node, _score_holds(node, row, view, moment), row)
        case ConsentTest():
            said = view.consent(node.purpose, node.channel)
            return Trace(node, (said or "missing") == node.state, said)
        case BucketTest():
            drawn = view.place(node.of)
            return Trace(node, first_place(node.low) <= drawn < first_place(node.high), drawn / PLACES)
        case unknown:
            assert_never(unknown)


def standing_pin(node: Pinned, view: View, moment: Moment) -> PinSeen | None:
    pin = view.pin(node.segment)
    return pin if pin and pin.stands(moment.today) else None


def _cars(view: View, moment: Moment) -> list[VehicleSeen]:
    return [car for car in view.vehicles() if car.owned_on(moment.today)]


def _quantified(node: VehicleTest, verdicts: list[bool]) -> bool:
    if node.quantifier == "every":
        return bool(verdicts) and all(verdicts)
    return any(verdicts) == (node.quantifier == "some")


def _event_holds(node: EventTest, events: list[EventSeen], moment: Moment) -> bool:
    if len(events) < node.low or (node.high is not None and len(events) > node.high):
        return False
    return all(measure_holds(measure, events, moment) for measure in node.measures)


def standing(view: View, name: str, moment: Moment) -> ScoreSeen | None:
    rows = [row for row in view.scores(name) if row.as_of <= moment.today]
    return max(rows, key=lambda row: (row.as_of, row.id), default=None)


def _score_holds(node: ScoreTest, row: ScoreSeen | None, view: View, moment: Moment) -> bool:
    if row is None:
        return any(test.operator is MISSING for test in node.tests)
    sure = node.min_confidence is None or row.confidence >= node.min_confidence
    seen = node.min_support is None or row.support >= node.min_support
    fresh = node.max_age is None or row.as_of > node.max_age.before(moment.today)
    return sure and seen and fresh and _score_passes(node, row, view, moment)


def _score_passes(node: ScoreTest, row: ScoreSeen, view: View, moment: Moment) -> bool:
    """Hysteresis: back from the standing row to the first that decides, by passing the tests or by passing `leave`."""
    if node.leave is None:
        return passes_all(node.tests, row.value, None, moment)
    past = [one for one in view.scores(node.name) if one.as_of <= moment.today]
    for one in sorted(past, key=lambda one: (one.as_of, one.id), reverse=True):
        if passes_all(node.tests, one.value, None, moment):
            return True
        if passes(node.leave, one.value, None, moment):
            return False
    return False


def _ids(events: Iterable[EventSeen]) -> tuple[int, ...]:
    return tuple(sorted(event.id for event in events if event.id is not None))

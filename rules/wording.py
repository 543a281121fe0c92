"""A node of a trace in words: what was seen, and what was asked."""

from collections.abc import Iterable
from datetime import date
from typing import Any, assert_never

from rules.operators import MISSING
from rules.predicate import Trace
from rules.tree import (
    All,
    AnyOf,
    BucketTest,
    ConsentTest,
    EventTest,
    FactTest,
    FieldTest,
    Measure,
    Not,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    Step,
    Test,
    VehicleTest,
)
from rules.values import from_minor
from rules.views import PinSeen, ScoreSeen, VehicleSeen


def words(found: Trace) -> tuple[str, str]:
    """(what was seen, what was asked); a node that only joins others asks nothing of its own."""
    match found.node:
        case All():
            return f"all of these{_on(found.car)}", ""
        case AnyOf():
            return f"any of these{_on(found.car)}", ""
        case Not():
            return f"not this{_on(found.car)}", ""
        case FactTest() as node:
            seen = "is missing" if found.seen is None else f"is {say(found.seen, found.currency)}"
            return f"{node.fact.name} {seen}{_on(found.car)}", asked(node.tests)
        case EventTest() as node:
            return _event(node, found)
        case Sequence() as node:
            return f"{'a' if found.holds else 'no'} run of {_steps(node)}", "one"
        case VehicleTest() as node:
            return f"{found.seen} of {len(found.parts)} car(s)", f"{node.quantifier} of the cars owned today"
        case Pinned() as node:
            return _pin(found.seen, node), ""
        case SegmentTest() as node:
            return f"segment {node.name}: {'in' if found.seen else 'not in'}", "in" if node.inside else "not in"
        case ScoreTest() as node:
            return f"score.{node.name} is {_score(found.seen)}", _score_asked(node)
        case ConsentTest() as node:
            return f"consent to {node.purpose} by {node.channel} is {found.seen or 'missing'}", f"is {node.state}"
        case BucketTest() as node:
            return f"place in {node.of} is {found.seen:.4f}", f"from {node.low:g} and below {node.high:g}"
        case unknown:
            assert_never(unknown)


def _pin(pin: PinSeen, node: Pinned) -> str:
    until = f" up to {pin.last_on}" if pin.last_on else ""
    return f"{'put into' if pin.inside else 'kept out of'} {node.segment} by hand{until}"


def asked(tests: Iterable[Test]) -> str:
    return " and ".join(map(_asked, tests))


def _asked(test: Test) -> str:
    if test.operator is MISSING:
        return "is missing"
    return f"{test.operator.words} {argument(test)}"


def argument(test: Test) -> str:
    several = test.argument if isinstance(test.argument, tuple) else (test.argument,)
    return ", ".join(say(item, test.currency) for item in several)


def say(value: Any, currency: str | None) -> str:
    if currency is not None:
        return from_minor(value, currency)
    if isinstance(value, list | frozenset | set | tuple):
        return ", ".join(sorted(map(str, value))) or "empty"
    return value.isoformat() if isinstance(value, date) else str(value)


def _on(car: VehicleSeen | None) -> str:
    return f" on {car.name or f'car {car.id}'}" if car else ""


# --- events


def _event(node: EventTest, found: Trace) -> tuple[str, str]:
    seen = [f"{found.seen} {node.kind.name} event(s){_window(node)}{_on(found.car)}"]
    wanted = [] if node.low == 0 and node.high is None else [_count(node)]
    for measure, (value, currency) in zip(node.measures, found.measures, strict=True):
        seen.append(f"{measure.how} of {measure.field} {_measured(measure, value, currency)}")
        wanted.append(f"{measure.how} of {measure.field} {asked(measure.tests)}")
    return ", ".join(seen), " and ".join(wanted)


def _measured(measure: Measure, value: Any, currency: str | None) -> str:
    if value is None:
        return "is missing"
    if measure.how == "sum" and measure.type == "number":
        return f"is {value / 1000:g}"
    return f"is {say(value, currency if measure.type == 'money' else None)}"


def _window(node: EventTest) -> str:
    parts = [_reach(node.within)]
    if node.since:
        parts.append(f" from {node.since}")
    if node.up_to:
        parts.append(f" up to {node.up_to}")
    return "".join(parts) + _where(node.where)


def _reach(window: object) -> str:
    return f" within {window}" if window else ""


def _where(tests: Iterable[FieldTest]) -> str:
    return "".join(f" where {test.field} {asked(test.tests)}" for test in tests)


def _count(node: EventTest) -> str:
    if node.high is None:
        return f"at least {node.low}"
    return f"exactly {node.low}" if node.high == node.low else f"{node.low} to {node.high}"


def _steps(node: Sequence) -> str:
    by = f" by {node.by}" if node.by else ""
    return f"{', then '.join(map(_step, node.steps))}{by}{_reach(node.within)}"


def _step(step: Step) -> str:
    return f"{'no ' if step.absent else ''}{step.kind.name}{_where(step.where)}{_reach(step.within)}"


# --- scores


def _score(row: ScoreSeen | None) -> str:
    if row is None:
        return "missing"
    return f"{row.value:g} (confidence {row.confidence:.2f}, support {row.support}, of {row.as_of})"


def _score_asked(node: ScoreTest) -> str:
    wanted = [asked(node.tests)]
    if node.leave:
        wanted.append(f"until it {_asked(node.leave)}")
    if node.min_confidence is not None:
        wanted.append(f"confidence at least {node.min_confidence:g}")
    if node.min_support is not None:
        wanted.append(f"support at least {node.min_support}")
    if node.max_age is not None:
        wanted.append(f"not older than {node.max_age}")
    return ", ".join(wanted)

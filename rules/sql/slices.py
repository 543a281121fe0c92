"""Whom a slice of time can move: the customers whose boundary of some timed test lies in it, by ranges that an index serves."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, or_, select, union

from rules.calendar import Span, Window, local_day, start_of
from rules.operators import OF_AGES
from rules.sql.scope import Tables
from rules.tree import (
    Condition,
    EventTest,
    FactTest,
    FieldTest,
    Leaf,
    Measure,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    Test,
    VehicleTest,
    parts,
)

DAY = timedelta(days=1)
SLACK = timedelta(days=3)  # months are of 28 to 31 days: what `after` and `before` may lie apart
Range = tuple[date, date]


def select_candidates(
    condition: Condition, tables: Tables, then: datetime, now: datetime, zone: str
) -> Select[Any] | CompoundSelect[Any] | None:
    """The customer_id of everybody whose verdict at `now` may differ from that at `then` by time alone; some of them stay
    as they were, and the predicate decides. None: nobody."""
    found = list(_slices(condition, tables, then, now, zone, in_car=False))
    return union(*found) if len(found) > 1 else found[0] if found else None


def _slices(
    condition: Condition, tables: Tables, then: datetime, now: datetime, zone: str, *, in_car: bool
) -> Iterator[Select[Any]]:
    days = local_day(then, zone), local_day(now, zone)
    match condition:
        case Pinned():
            if days[0] < days[1]:
                row = tables.alias("pin")
                ended = row.c.last_on.between(days[0], days[1] - DAY)
                yield select(row.c.customer_id).where(row.c.segment == condition.segment, ended)
            yield from _slices(condition.condition, tables, then, now, zone, in_car=in_car)
        case SegmentTest():
            yield from _slices(condition.condition, tables, then, now, condition.zone, in_car=False)
        case VehicleTest():
            yield from _owned(tables, days)
            yield from _slices(condition.condition, tables, then, now, zone, in_car=True)
        case FactTest() | EventTest() | Sequence() | ScoreTest():
            if days[0] < days[1]:
                yield from _leaf(condition, tables, days, zone, in_car=in_car)
        case _:
            for part in parts(condition):
                yield from _slices(part, tables, then, now, zone, in_car=in_car)


def _leaf(leaf: Leaf, tables: Tables, days: Range, zone: str, *, in_car: bool) -> Iterator[Select[Any]]:
    match leaf:
        case FactTest():
            yield from _fact(leaf, tables, days, zone, in_car=in_car)
        case EventTest():
            ranges = _changed(leaf.within, days) if leaf.within else []
            yield from _events(leaf.kind.name, tables, ranges, leaf.looks_at, days)
        case Sequence():
            yield from _sequence(leaf, tables, days)
        case ScoreTest():
            row = tables.alias("score")
            ranges = [_to_come(days), *(_changed(leaf.max_age, days) if leaf.max_age else [])]
            yield select(row.c.customer_id).where(row.c.name == leaf.name, _within(row.c.as_of, ranges))
        case _:
            return


def _fact(leaf: FactTest, tables: Tables, days: Range, zone: str, *, in_car: bool) -> Iterator[Select[Any]]:
    ranges = _of_tests(leaf.tests, days)
    if not ranges:
        return
    name = leaf.fact.column or leaf.fact.name
    if not in_car:
        column = tables.profile.c[name]
        wanted = _within_instants(column, ranges, zone) if leaf.fact.type == "instant" else _within(column, ranges)
        yield select(tables.profile.c.customer_id).where(wanted)
        return
    owned, car = tables.alias("ownership"), tables.alias("vehicle")
    column = car.c[name] if name in car.c else owned.c[name]
    yield select(owned.c.customer_id).where(owned.c.vehicle_id == car.c.id, _within(column, ranges))


def _owned(tables: Tables, days: Range) -> Iterator[Select[Any]]:
    if days[0] < days[1]:
        row = tables.alias("ownership")
        turns = or_(_within(row.c.since, [_to_come(days)]), _within(row.c.until, [_to_come(days)]))
        yield select(row.c.customer_id).where(turns)


def _events(
    kind: str, tables: Tables, ranges: list[Range], looks: Iterable[FieldTest | Measure], days: Range
) -> Iterator[Select[Any]]:
    """By the local day of the events; a day among their attributes has no index, so all that have such an event are asked."""
    event = tables.alias("event")
    of_kind = select(event.c.customer_id).where(event.c.kind == kind)
    for look in looks:
        more = _of_tests(look.tests, days)
        if more and look.field != "day":
            yield of_kind
            return
        ranges = [*ranges, *more]
    if ranges:
        yield of_kind.where(_within(event.c.local_day, ranges))


def _sequence(leaf: Sequence, tables: Tables, days: Range) -> Iterator[Select[Any]]:
    """An event comes into sight, the first one leaves the window, an absence is over: each by the day of an event."""
    ranges = [_to_come(days), *(_changed(leaf.within, days) if leaf.within else [])]
    for step in leaf.steps:
        if step.absent and step.within:
            ranges.append((step.within.before(days[0]) - SLACK, step.within.before(days[1]) + SLACK))
    for kind in sorted({step.kind.name for step in leaf.steps}):
        looks = [test for step in leaf.steps if step.kind.name == kind for test in step.where]
        yield from _events(kind, tables, ranges, looks, days)


# --- ranges of days, both ends included


def _to_come(days: Range) -> Range:
    """What was still to come at the first moment, and is not at the second."""
    return days[0] + DAY, days[1]


def _changed(window: Window, days: Range) -> list[Range]:
    """The days that lie in the window at one of the two moments, and not at the other."""
    before, after = window.reach(days[0]), window.reach(days[1])
    return [*_without(before, after), *_without(after, before)]


def _without(one: Range, other: Range) -> Iterator[Range]:
    if other[1] < one[0] or one[1] < other[0]:
        yield one
        return
    if one[0] < other[0]:
        yield one[0], other[0] - DAY
    if other[1] < one[1]:
        yield other[1] + DAY, one[1]


def _of_tests(tests: Iterable[Test], days: Range) -> list[Range]:
    """older_than and ages turn at one end of their span, within and during at both ends of their window."""
    found: list[Range] = []
    for test in tests:
        one_ended = test.operator.name == "older_than" or test.operator in OF_AGES.values()
        if one_ended and isinstance(test.argument, Span):
            found.append((test.argument.before(days[0]), test.argument.before(days[1])))
        elif test.operator.argument in ("span", "period"):
            found += _changed(test.argument, days)
    return found


def _within(column: ColumnElement[Any], ranges: Iterable[Range]) -> ColumnElement[bool]:
    return or_(*(column.between(first, last) for first, last in ranges))


def _within_instants(column: ColumnElement[Any], ranges: Iterable[Range], zone: str) -> ColumnElement[bool]:
    return or_(*((column >= start_of(first, zone)) & (column < start_of(last + DAY, zone)) for first, last in ranges))

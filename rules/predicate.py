"""A condition as a Python function over one customer, with a trace of every test it made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from rules.calendar import Moment, local_day
from rules.operators import MISSING
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test


@dataclass(frozen=True)
class EventSeen:
    kind: str
    local_day: date
    at: datetime | None = None
    id: int | None = None
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


class View(Protocol):
    """What is known of one customer. fact: its stored value, None when missing; events: those that stand, in any order."""

    def fact(self, name: str) -> Any: ...

    def events(self, kind: str) -> Sequence[EventSeen]: ...


@dataclass(frozen=True)
class Trace:
    """One node's verdict. seen: the value, or the count of events; currency: of a value in minor units; event_ids: those
    that were counted."""

    node: Condition
    holds: bool
    seen: Any = None
    event_ids: tuple[int, ...] = ()
    currency: str | None = None
    parts: tuple["Trace", ...] = ()


def holds(condition: Condition, view: View, now: datetime, zone: str) -> bool:
    return _holds(condition, view, Moment(now, zone))


def trace(condition: Condition, view: View, now: datetime, zone: str) -> Trace:
    """Every part is judged, also where the verdict is clear already."""
    return _trace(condition, view, Moment(now, zone))


def _holds(condition: Condition, view: View, moment: Moment) -> bool:
    match condition:
        case All(items):
            return all(_holds(item, view, moment) for item in items)
        case AnyOf(items):
            return any(_holds(item, view, moment) for item in items)
        case Not(item):
            return not _holds(item, view, moment)
        case FactTest():
            return _fact_holds(condition, *_value(condition, view), moment)
        case EventTest():
            return _count_holds(condition, len(_events(condition, view, moment)))


def _trace(condition: Condition, view: View, moment: Moment) -> Trace:
    match condition:
        case All(items):
            parts = tuple(_trace(item, view, moment) for item in items)
            return Trace(condition, all(part.holds for part in parts), parts=parts)
        case AnyOf(items):
            parts = tuple(_trace(item, view, moment) for item in items)
            return Trace(condition, any(part.holds for part in parts), parts=parts)
        case Not(item):
            part = _trace(item, view, moment)
            return Trace(condition, not part.holds, parts=(part,))
        case FactTest():
            seen, currency = _value(condition, view)
            return Trace(condition, _fact_holds(condition, seen, currency, moment), seen, currency=currency)
        case EventTest():
            found = _events(condition, view, moment)
            ids = tuple(sorted(event.id for event in found if event.id is not None))
            return Trace(condition, _count_holds(condition, len(found)), len(found), ids)


def _value(node: FactTest, view: View) -> tuple[Any, str | None]:
    return view.fact(node.fact.name), view.fact(node.fact.unit) if node.fact.type == "money" else None


def _fact_holds(node: FactTest, value: Any, currency: str | None, moment: Moment) -> bool:
    return all(_test_holds(test, value, currency, moment) for test in node.tests)


def _test_holds(test: Test, value: Any, currency: str | None, moment: Moment) -> bool:
    if test.operator is MISSING:
        return value is None
    if value is None or (test.currency is not None and test.currency != currency):
        return False
    if isinstance(value, datetime):
        value = local_day(value, moment.zone)
    return test.operator.test(value, test.argument, moment)


def _count_holds(node: EventTest, count: int) -> bool:
    return node.low <= count and (node.high is None or count <= node.high)


def _events(node: EventTest, view: View, moment: Moment) -> list[EventSeen]:
    today = moment.today
    after = node.within.before(today) if node.within else None
    return [
        event
        for event in view.events(node.kind.name)
        if event.kind == node.kind.name
        and (after is None or after < event.local_day <= today)
        and (node.since is None or node.since <= event.local_day)
        and (node.up_to is None or event.local_day <= node.up_to)
        and all(_field_holds(test, event, moment) for test in node.where)
    ]


def _field_holds(node: FieldTest, event: EventSeen, moment: Moment) -> bool:
    if node.type == "money":
        value, currency = event.amount_minor, event.currency
    else:
        value, currency = _fitting(event.attributes.get(node.field), node.type), None
    return all(_test_holds(test, value, currency, moment) for test in node.tests)


def _fitting(value: Any, type_: str) -> Any:
    """Attributes come from partners: a value of another type than the catalogue names counts as missing."""
    fits = {
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "text": isinstance(value, str),
        "flag": isinstance(value, bool),
    }
    return value if fits[type_] else None

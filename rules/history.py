"""The events of one customer: which a test counts, what they come to, and whether some followed one another."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from rules import tree
from rules.calendar import Moment
from rules.judging import passes_all
from rules.tree import EventTest, FieldTest, Measure, Test
from rules.values import round_thousandths, thousandths
from rules.views import EventSeen, VehicleSeen, View


def counted(node: EventTest, view: View, moment: Moment, car: VehicleSeen | None) -> list[EventSeen]:
    first, last = node.within.reach(moment.today) if node.within else (date.min, date.max)
    return [
        event
        for event in _of(node.kind.name, view, car)
        if first <= event.local_day <= last
        and (node.since is None or node.since <= event.local_day)
        and (node.up_to is None or event.local_day <= node.up_to)
        and fields_pass(node.where, event, moment)
    ]


def _of(kind: str, view: View, car: VehicleSeen | None) -> Iterable[EventSeen]:
    events = [event for event in view.events(kind) if event.kind == kind]
    return events if car is None else [event for event in events if event.vehicle_id == car.id]


def fields_pass(where: Sequence[FieldTest], event: EventSeen, moment: Moment) -> bool:
    return all(passes_all(test.tests, event.value(test.field, test.type), event.currency, moment) for test in where)


# --- what they come to


def measured(node: Measure, events: Sequence[EventSeen]) -> tuple[Any, str | None]:
    """(value, currency): of a sum of numbers in thousandths, so that it is the same in every database."""
    if node.how == "last":
        latest = max(events, key=lambda event: event.order, default=None)
        return (latest.value(node.field, node.type), latest.currency) if latest else (None, None)
    rows = [event for event in events if node.type != "money" or event.currency == node.currency]
    values = [value for event in rows if (value := event.value(node.field, node.type)) is not None]
    match node.how:
        case "distinct":
            return len(set(values)), None
        case "sum" if node.type == "number":
            return sum(part for value in values if (part := thousandths(value)) is not None), None
        case "sum":
            return sum(values), node.currency
        case "min":
            return min(values, default=None), node.currency
        case _:
            return max(values, default=None), node.currency


def tests_of(node: Measure) -> tuple[Test, ...]:
    """As they are compared: with a sum of numbers, in thousandths."""
    if node.how != "sum" or node.type != "number":
        return node.tests
    return tuple(replace(test, argument=_scaled(test.argument)) for test in node.tests)


def _scaled(argument: Any) -> Any:
    return tuple(map(_scaled, argument)) if isinstance(argument, tuple) else round_thousandths(argument)


def measure_holds(node: Measure, events: Sequence[EventSeen], moment: Moment) -> bool:
    value, currency = measured(node, events)
    return passes_all(tests_of(node), value, currency, moment)


# --- one after another


def followed(node: tree.Sequence, view: View, moment: Moment, car: VehicleSeen | None) -> tuple[EventSeen, ...]:
    """The events of the first run that fits, one per step that must be there; empty where none does."""
    steps = following(node, view, moment, car)
    search = _Search(node, steps, moment.today)
    for start in steps[0]:
        keyed = node.by is None or start.value(node.by, str(node.by_type)) is not None
        if keyed and (run := search.on(1, (start,))):
            return run
    return ()


def following(node: tree.Sequence, view: View, moment: Moment, car: VehicleSeen | None) -> list[list[EventSeen]]:
    """Per step the events that fit it by themselves, in order of time; of the first those within its window."""
    steps = [
        [
            event
            for event in sorted(_of(step.kind.name, view, car), key=lambda event: event.order)
            if event.local_day <= moment.today and fields_pass(step.where, event, moment)
        ]
        for step in node.steps
    ]
    first, last = node.within.reach(moment.today) if node.within else (date.min, date.max)
    return [[event for event in steps[0] if first <= event.local_day <= last], *steps[1:]]


class _Search:
    """What comes after a step depends on that step's time and key alone, so none is tried twice for a step."""

    def __init__(self, node: tree.Sequence, events: list[list[EventSeen]], today: date) -> None:
        self.node = node
        self.events = events
        self.today = today
        self.dead: set[tuple[int, tuple[datetime, int], Any]] = set()

    def on(self, index: int, run: tuple[EventSeen, ...]) -> tuple[EventSeen, ...]:
        """The run continued from step `index` to the end, or nothing."""
        if index == len(self.node.steps):
            return run
        place = (index, run[-1].order, run[-1].value(self.node.by, str(self.node.by_type)) if self.node.by else None)
        if place in self.dead:
            return ()
        found = self._absent(index, run) if self.node.steps[index].absent else self._present(index, run, [])
        if not found:
            self.dead.add(place)
        return found

    def _present(self, index: int, run: tuple[EventSeen, ...], barred: list[EventSeen]) -> tuple[EventSeen, ...]:
        """barred: events that must not lie between."""
        for event in self._later(index, run[-1]):
            if any(one.order < event.order for one in barred):
                continue
            if found := self.on(index + 1, (*run, event)):
                return found
        return ()

    def _absent(self, index: int, run: tuple[EventSeen, ...]) -> tuple[EventSeen, ...]:
        step, later = self.node.steps[index], self._later(index, run[-1])
        if step.within is None:
            return self._present(index + 1, run, later)
        over = step.within.after(run[-1].local_day) < self.today
        return self.on(index + 1, run) if over and not later else ()

    def _later(self, index: int, before: EventSeen) -> list[EventSeen]:
        step, by, type_ = self.node.steps[index], self.node.by, str(self.node.by_type)
        latest = step.within.after(before.local_day) if step.within else date.max
        return [
            event
            for event in self.events[index]
            if event.order > before.order
            and event.local_day <= latest
            and (by is None or event.value(by, type_) == before.value(by, type_))
        ]

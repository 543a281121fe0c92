"""A condition as one function for many customers: all that depends on the day alone is worked out once, before the first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from rules.bucket import first_place
from rules.calendar import Moment, local_day, start_of
from rules.operators import MISSING
from rules.predicate import judge
from rules.tree import (
    All,
    AnyOf,
    BucketTest,
    Condition,
    ConsentTest,
    FactTest,
    Not,
    Pinned,
    SegmentTest,
    Test,
    VehicleTest,
    parts,
)
from rules.views import VehicleSeen, View

Check: TypeAlias = Callable[[View, VehicleSeen | None], bool]
Passes: TypeAlias = Callable[[Any], bool]


def compiled(condition: Condition, now: datetime, zone: str) -> Callable[[View], bool]:
    """As rules.predicate.holds, at this moment."""
    check = _check(condition, Moment(now, zone))
    return lambda view: check(view, None)


@dataclass(frozen=True)
class _Dated:
    """check: right for every moment from `first` to before `end`."""

    check: Callable[[View], bool]
    first: datetime
    end: datetime


class Checks:
    """One function per rule, made when it is first asked for and again when the day turns in one of its zones."""

    def __init__(self, rules: Mapping[str, tuple[Condition, str]]) -> None:
        self.rules = rules
        self.made: dict[str, _Dated] = {}

    def of(self, name: str, now: datetime) -> Callable[[View], bool]:
        known = self.made.get(name)
        if known is None or not known.first <= now < known.end:
            known = self.made[name] = self._make(name, now)
        return known.check

    def _make(self, name: str, now: datetime) -> _Dated:
        condition, zone = self.rules[name]
        days = [(one, local_day(now, one)) for one in {zone, *zones(condition)}]
        first = max(start_of(day, one) for one, day in days)
        end = min(start_of(day + timedelta(days=1), one) for one, day in days)
        return _Dated(compiled(condition, now, zone), first, end)


def zones(condition: Condition) -> Iterator[str]:
    """Those of the segments that it reads."""
    if isinstance(condition, SegmentTest):
        yield condition.zone
    for part in parts(condition):
        yield from zones(part)


def _check(condition: Condition, moment: Moment, *, of_car: bool = False) -> Check:
    match condition:
        case All(items):
            return _all([_check(item, moment, of_car=of_car) for item in items])
        case AnyOf(items):
            return _any([_check(item, moment, of_car=of_car) for item in items])
        case Not(item):
            inner = _check(item, moment, of_car=of_car)
            return lambda view, car: not inner(view, car)
        case Pinned():
            return _pinned(condition, moment)
        case SegmentTest():
            return _segment(condition, moment)
        case VehicleTest():
            return _vehicle(condition, moment)
        case FactTest():
            return _fact(condition, moment, of_car=of_car)
        case ConsentTest() as node:
            return lambda view, car: (view.consent(node.purpose, node.channel) or "missing") == node.state
        case BucketTest():
            return _bucket(condition)
        case _:  # what follows events and scores is much work already: there is nothing to gain by preparing it
            return lambda view, car: judge(condition, view, moment, car)


def _all(checks: list[Check]) -> Check:
    def every(view: View, car: VehicleSeen | None) -> bool:
        for check in checks:  # noqa: SIM110 - a generator for all() takes twice as long
            if not check(view, car):
                return False
        return True

    return every


def _any(checks: list[Check]) -> Check:
    def some(view: View, car: VehicleSeen | None) -> bool:
        for check in checks:  # noqa: SIM110 - as above
            if check(view, car):
                return True
        return False

    return some


def _pinned(node: Pinned, moment: Moment) -> Check:
    inner, segment, today = _check(node.condition, moment), node.segment, moment.today

    def decided(view: View, car: VehicleSeen | None) -> bool:
        pin = view.pin(segment)
        return pin.inside if pin and pin.stands(today) else inner(view, car)

    return decided


def _segment(node: SegmentTest, moment: Moment) -> Check:
    inner, inside = _check(node.condition, Moment(moment.now, node.zone)), node.inside
    return lambda view, car: inner(view, None) == inside


def _vehicle(node: VehicleTest, moment: Moment) -> Check:
    inner, today = _check(node.condition, moment, of_car=True), moment.today

    def every(view: View, car: VehicleSeen | None) -> bool:
        owned = [one for one in view.vehicles() if one.owned_on(today)]
        return bool(owned) and all(inner(view, one) for one in owned)

    def some(view: View, car: VehicleSeen | None) -> bool:
        return any(inner(view, one) for one in view.vehicles() if one.owned_on(today))

    if node.quantifier == "none":
        return lambda view, car: not some(view, car)
    return every if node.quantifier == "every" else some


def _bucket(node: BucketTest) -> Check:
    of, low, high = node.of, first_place(node.low), first_place(node.high)
    return lambda view, car: low <= view.place(of) < high


# --- facts


def _fact(node: FactTest, moment: Moment, *, of_car: bool) -> Check:
    if node.fact.type == "money":
        return _money(node, moment)
    passes, name, zone = _all_values([_test(test, moment) for test in node.tests]), node.fact.name, moment.zone
    if of_car:
        return lambda view, car: car is not None and passes(car.facts.get(name))
    if node.fact.type != "instant":
        return lambda view, car: passes(view.fact(name))

    def of_day(view: View, car: VehicleSeen | None) -> bool:
        value = view.fact(name)
        return passes(local_day(value, zone) if isinstance(value, datetime) else value)

    return of_day


def _money(node: FactTest, moment: Moment) -> Check:
    """Amounts in another currency than a test's are missing to it."""
    name, unit = node.fact.name, node.fact.unit
    tests = [(_test(test, moment), test.currency) for test in node.tests]

    def passes(view: View, car: VehicleSeen | None) -> bool:
        value, currency = view.fact(name) if car is None else car.facts.get(name), view.fact(unit)
        return all(test(value) and asked in (None, currency) for test, asked in tests)

    return passes


def _all_values(tests: list[Passes]) -> Passes:
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _test(test: Test, moment: Moment) -> Passes:
    if test.operator is MISSING:
        return lambda value: value is None
    holds, limit = test.operator.test, test.operator.on(test.argument, moment.today)
    return lambda value: value is not None and holds(value, limit)

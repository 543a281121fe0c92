"""A condition as one function for many customers: all that depends on the day alone is worked out once, before the first."""

from collections.abc import Callable, Iterator, Mapping
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


class _Standing(dict[str, Callable[[View], bool]]):
    """name -> check, each made when it is first asked for. All are right from `first` to before `end`."""

    def __init__(self, rules: Mapping[str, tuple[Condition, str]], now: datetime) -> None:
        self.rules, self.now = rules, now
        days = [(one, local_day(now, one)) for one in {zone for rule in rules.values() for zone in _zones(rule)}]
        self.first = max((start_of(day, one) for one, day in days), default=now)
        self.end = min((start_of(day + timedelta(days=1), one) for one, day in days), default=now + timedelta(days=1))

    def __missing__(self, name: str) -> Callable[[View], bool]:
        condition, zone = self.rules[name]
        made = self[name] = compiled(condition, self.now, zone)
        return made


class Checks:
    """One function per rule, made when it is first asked for and again when the day turns in any of their zones."""

    def __init__(self, rules: Mapping[str, tuple[Condition, str]]) -> None:
        self.rules = rules
        self.standing: _Standing | None = None

    def at(self, now: datetime) -> Mapping[str, Callable[[View], bool]]:
        """The functions that are right at this moment, by name."""
        known = self.standing
        if known is None or not known.first <= now < known.end:
            known = self.standing = _Standing(self.rules, now)
        return known


def _zones(rule: tuple[Condition, str]) -> set[str]:
    condition, zone = rule
    return {zone, *zones(condition)}


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
    """Few conditions are written out: a loop, or a generator, takes longer than what it calls."""
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda view, car: first(view, car) and second(view, car)
    if len(checks) == 3:
        first, second, third = checks
        return lambda view, car: first(view, car) and second(view, car) and third(view, car)

    def every(view: View, car: VehicleSeen | None) -> bool:
        for check in checks:  # noqa: SIM110 - as above
            if not check(view, car):
                return False
        return True

    return every


def _any(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda view, car: first(view, car) or second(view, car)
    if len(checks) == 3:
        first, second, third = checks
        return lambda view, car: first(view, car) or second(view, car) or third(view, car)

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
        return _plain(node, moment) or (lambda view, car: passes(view.fact(name)))

    def of_day(view: View, car: VehicleSeen | None) -> bool:
        value = view.fact(name)
        return passes(local_day(value, zone) if isinstance(value, datetime) else value)

    return of_day


def _plain(node: FactTest, moment: Moment) -> Check | None:
    """One test of a fact, which is what most conditions are, in one call. None where there are several."""
    if len(node.tests) != 1:
        return None
    (test,), name = node.tests, node.fact.name
    if test.operator is MISSING:
        return lambda view, car: view.fact(name) is None
    holds, limit = test.operator.test, test.operator.on(test.argument, moment.today)

    def passes(view: View, car: VehicleSeen | None) -> bool:
        value = view.fact(name)
        return value is not None and holds(value, limit)

    return passes


def _money(node: FactTest, moment: Moment) -> Check:
    """Amounts in another currency than a test's are missing to it."""
    name, unit = node.fact.name, node.fact.unit
    tests = [(_test(test, moment), test.currency) for test in node.tests]
    if len(tests) == 1:
        ((only, currency),) = tests

        def passes_one(view: View, car: VehicleSeen | None) -> bool:
            value = view.fact(name) if car is None else car.facts.get(name)
            return only(value) and (currency is None or currency == view.fact(unit))

        return passes_one

    def passes(view: View, car: VehicleSeen | None) -> bool:
        value, currency = view.fact(name) if car is None else car.facts.get(name), view.fact(unit)
        return all(test(value) and asked in (None, currency) for test, asked in tests)

    return passes


def _all_values(tests: list[Passes]) -> Passes:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


def _test(test: Test, moment: Moment) -> Passes:
    if test.operator is MISSING:
        return lambda value: value is None
    holds, limit = test.operator.test, test.operator.on(test.argument, moment.today)
    return lambda value: value is not None and holds(value, limit)

"""Mappings into typed conditions: every name known, every type right, every problem at its place, all of them at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rules.calendar import parse_span
from rules.catalogue import NODES, Catalogue, nearest
from rules.contradictions import contradictions
from rules.errors import Problem
from rules.operators import MISSING, OPERATORS, Operator, fitting
from rules.parse import Source
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test
from rules.values import NAME, fit, is_day, shown

COUNTS = ("at_least", "at_most", "exactly")
EVENT_KEYS = {"kind", *COUNTS, "within", "from", "up_to", "where"}
MOST_TESTS = 200  # in one document: SQLite takes an expression 1,000 deep
MOST_VALUES = 500
MOST_COUNT = 1_000_000


class Checker:
    """Reads one document's conditions; what is wrong is gathered in `problems`."""

    def __init__(self, source: Source, catalogue: Catalogue) -> None:
        self.source = source
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.tests = 0

    def wrong(self, block: Any, key: Any, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.source.mark(block, key), what, hint))

    # --- documents

    def name(self, top: Mapping[str, Any], key: str) -> str:
        name = self.text(top, key, most=80)
        if name and not NAME.fullmatch(name):
            self.wrong(top, key, f"“{name}” is no name.", "Use lower-case letters, digits and _.")
        return name

    def zone(self, top: Mapping[str, Any]) -> str:
        """UTC, and a problem, where it is no time zone."""
        zone = top.get("zone", "UTC")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError, TypeError, AttributeError):
            self.wrong(top, "zone", f"“{shown(zone)}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
            return "UTC"
        return str(zone)

    def text(self, block: Mapping[str, Any], key: str, *, needed: bool = True, most: int = 400) -> str:
        value = block.get(key)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            self.wrong(block, key, f"“{key}” is missing or no text of at most {most} letters.", f"Write {key}: ...")
            return ""
        return str(value)

    def keys(self, block: Mapping[str, Any], known: set[str]) -> None:
        for key in block:
            if key not in known:
                self.wrong(block, key, f"“{shown(key)}” is no key here.", nearest(key, known))

    # --- conditions

    def condition(self, block: Any, parent: Any, key: Any) -> Condition | None:
        if not isinstance(block, Mapping) or len(block) != 1:
            self.wrong(
                parent,
                key,
                "A condition is one key with its value.",
                "For several, put them as a list below all: or any:.",
            )
            return None
        name = next(iter(block))
        value = block[name]
        if name in ("all", "any"):
            return self._several(block, name, value)
        if name == "not":
            item = self.condition(value, block, name)
            return Not(item, self.source.mark(block, name)) if item else None
        if name == "event":
            return self._event(block, value)
        return self._fact(block, name, value)

    def _several(self, block: Any, name: str, value: Any) -> Condition | None:
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            self.wrong(block, name, f"“{name}” needs a list of at least one condition.", "Begin each with a dash.")
            return None
        items = [self.condition(item, value, index) for index, item in enumerate(value)]
        good = tuple(item for item in items if item is not None)
        if len(good) < len(items):
            return None
        mark = self.source.mark(block, name)
        if name == "all":
            self.problems += contradictions(good)
        return All(good, mark) if name == "all" else AnyOf(good, mark)

    def _fact(self, block: Any, name: Any, value: Any) -> Condition | None:
        fact = self.catalogue.facts.get(name)
        if fact is None:
            self.wrong(
                block, name, f"There is no fact “{shown(name)}”.", nearest(name, [*self.catalogue.facts, *NODES])
            )
            return None
        if fact.personal:
            self.wrong(
                block, name, f"“{name}” names a person; rules do not look into it.", "Use a fact that names nobody."
            )
            return None
        tests = self._tests(block, name, value, fact.type)
        if not tests:
            return None
        found = FactTest(fact, tests, self.source.mark(block, name))
        self.problems += contradictions([found])
        return found

    def _tests(self, block: Any, name: str, value: Any, type_: str) -> tuple[Test, ...]:
        if not isinstance(value, Mapping) or not value:
            self.wrong(block, name, f"“{name}” needs a test.", f"Write {name}: {{{fitting(type_)[0]}: ...}}")
            return ()
        tests = [self._test(value, operator, argument, type_) for operator, argument in value.items()]
        return tuple(test for test in tests if test) if all(tests) else ()

    def _test(self, block: Any, name: str, argument: Any, type_: str) -> Test | None:
        self.tests += 1
        if self.tests == MOST_TESTS + 1:
            self.wrong(block, name, f"More than {MOST_TESTS} tests.", "Split the rule, or use one_of: [...].")
        if name == "is" and argument == "missing":
            return Test(MISSING, None)
        operator = OPERATORS.get(name)
        if operator is None:
            self.wrong(block, name, f"There is no test “{shown(name)}”.", nearest(name, fitting(type_)))
            return None
        if type_ not in operator.types:
            self.wrong(block, name, f"“{name}” does not fit a {type_}.", f"These do: {', '.join(fitting(type_))}.")
            return None
        return self._argument(block, name, operator, argument, type_)

    def _argument(self, block: Any, name: str, operator: Operator, argument: Any, type_: str) -> Test | None:
        if operator.argument == "span":
            span = parse_span(argument) if isinstance(argument, str) else None
            if span is None:
                self.wrong(block, name, f"“{shown(argument)}” is no span of time.", "Write 180d, 6w, 18m or 4y.")
                return None
            return Test(operator, span)
        if operator.argument in ("list", "pair"):
            return self._list(block, name, operator, argument, type_)
        found = self.value(block, name, argument, type_)
        if found is None:
            return None
        if operator.argument == "text" and not found[0]:
            self.wrong(block, name, f"Every text {operator.words} nothing.", "Write at least one letter.")
            return None
        return Test(operator, found[0], found[1])

    def _list(self, block: Any, name: str, operator: Operator, argument: Any, type_: str) -> Test | None:
        pair = operator.argument == "pair"
        if not isinstance(argument, list) or not argument or len(argument) > (2 if pair else MOST_VALUES):
            few = "two values" if pair else f"1 to {MOST_VALUES} values"
            self.wrong(block, name, f"“{name}” needs a list of {few}.", "Write [a, b].")
            return None
        if pair and len(argument) < 2:
            self.wrong(block, name, f"“{name}” needs a list of two values.", "Write [a, b].")
            return None
        found = [self.value(block, name, item, type_) for item in argument]
        if any(item is None for item in found):
            return None
        values = [item[0] for item in found if item]
        currencies = {item[1] for item in found if item and item[1]}
        if len(currencies) > 1:
            self.wrong(block, name, "Both amounts must be in one currency.", "Write two rules, joined by any:.")
            return None
        if pair and values[0] > values[1]:
            self.wrong(block, name, f"{argument[0]} is after {argument[1]}: nothing lies between.", "Turn them round.")
            return None
        return Test(operator, tuple(values), next(iter(currencies), None))

    def value(self, block: Any, name: Any, value: Any, type_: str) -> tuple[Any, str | None] | None:
        """(value, currency), checked, never coerced; None and a problem where it does not fit."""
        try:
            return fit(value, type_)
        except ValueError as error:
            what, hint = error.args
            self.wrong(block, name, what, hint)
            return None

    # --- events

    def _event(self, block: Any, value: Any) -> Condition | None:
        if not isinstance(value, Mapping):
            self.wrong(block, "event", "“event” needs a kind.", "Write event: {kind: visit, at_least: 3, within: 365d}")
            return None
        self.keys(value, EVENT_KEYS)
        self.tests += 1
        kind = self.catalogue.events.get(str(value.get("kind")))
        if kind is None:
            self.wrong(
                value,
                "kind",
                f"There is no event “{shown(value.get('kind'))}”.",
                nearest(value.get("kind"), self.catalogue.events),
            )
            return None
        before = len(self.problems)
        low, high = self._count(value)
        span = parse_span(value["within"]) if isinstance(value.get("within"), str) else None
        if "within" in value and span is None:
            self.wrong(value, "within", f"“{shown(value['within'])}” is no span of time.", "Write 180d, 6w, 18m or 4y.")
        since, up_to = self._day(value, "from"), self._day(value, "up_to")
        if since and up_to and since > up_to:
            self.wrong(value, "from", f"{since} is after {up_to}: no event lies between.", "Turn them round.")
        where = self._where(value, kind.fields)
        if len(self.problems) > before:
            return None
        return EventTest(kind, low, high, span, since, up_to, where, self.source.mark(block, "event"))

    def _count(self, value: Any) -> tuple[int, int | None]:
        given = {key: value[key] for key in COUNTS if key in value}
        for key, number in given.items():
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_COUNT:
                self.wrong(
                    value, key, f"“{shown(number)}” is no count.", f"Write a whole number from 0 to {MOST_COUNT:,}."
                )
                return 0, None
        if "exactly" in given:
            if len(given) > 1:
                self.wrong(value, "exactly", "“exactly” stands alone.", "Remove the other count.")
            return given["exactly"], given["exactly"]
        low, high = given.get("at_least", 0 if "at_most" in given else 1), given.get("at_most")
        if high is not None and low > high:
            self.wrong(value, "at_most", f"At least {low} and at most {high}: never.", "Turn them round.")
        if low == 0 and high is None:
            self.wrong(value, "at_least", "At least 0 is always true.", "Write 1 or more.")
        return low, high

    def _day(self, value: Any, key: str) -> date | None:
        day = value.get(key)
        if day is None and key not in value:
            return None
        if not is_day(day):
            self.wrong(value, key, f"“{shown(day)}” is no day.", "Write it like 2026-01-31.")
            return None
        return day

    def _where(self, value: Any, fields: Mapping[str, str]) -> tuple[FieldTest, ...]:
        where = value.get("where")
        if where is None and "where" not in value:
            return ()
        if not isinstance(where, Mapping) or not where:
            self.wrong(
                value, "where", "“where” needs tests on fields of the event.", f"Fields: {', '.join(fields) or 'none'}."
            )
            return ()
        found = []
        for name, tests in where.items():
            if name not in fields:
                self.wrong(
                    where,
                    name,
                    f"This event has no field “{shown(name)}”.",
                    nearest(name, fields) if fields else "It has none.",
                )
            else:
                found.append(
                    FieldTest(
                        name, fields[name], self._tests(where, name, tests, fields[name]), self.source.mark(where, name)
                    )
                )
        return tuple(found)

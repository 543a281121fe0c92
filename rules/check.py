"""Mappings into typed conditions: every name known, every type right, every problem at its place, all of them at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from rules.calendar import parse_span
from rules.catalogue import Catalogue, nearest
from rules.errors import Problem
from rules.operators import MISSING, OPERATORS, Operator, fitting
from rules.parse import Source
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test

MONEY = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s?([A-Z]{3})")
THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}  # ISO 4217
NO_DECIMALS = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"}
NODES = ("all", "any", "not", "event")
COUNTS = ("at_least", "at_most", "exactly")
EVENT_KEYS = {"kind", *COUNTS, "within", "from", "up_to", "where"}
MOST = 2**53


class Checker:
    """Reads one document's conditions; what is wrong is gathered in `problems`."""

    def __init__(self, source: Source, catalogue: Catalogue) -> None:
        self.source = source
        self.catalogue = catalogue
        self.problems: list[Problem] = []

    def wrong(self, block: Any, key: Any, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.source.mark(block, key), what, hint))

    # --- documents

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
                self.wrong(block, key, f"“{key}” is no key here.", nearest(key, known))

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
            self._contradictions(good)
        return All(good, mark) if name == "all" else AnyOf(good, mark)

    def _fact(self, block: Any, name: Any, value: Any) -> Condition | None:
        fact = self.catalogue.facts.get(name)
        if fact is None:
            self.wrong(block, name, f"There is no fact “{name}”.", nearest(name, [*self.catalogue.facts, *NODES]))
            return None
        if fact.personal:
            self.wrong(
                block, name, f"“{name}” names a person; rules do not look into it.", "Use a fact that names nobody."
            )
            return None
        tests = self._tests(block, name, value, fact.type)
        return FactTest(fact, tests, self.source.mark(block, name)) if tests else None

    def _tests(self, block: Any, name: str, value: Any, type_: str) -> tuple[Test, ...]:
        if not isinstance(value, Mapping) or not value:
            self.wrong(block, name, f"“{name}” needs a test.", f"Write {name}: {{{fitting(type_)[0]}: ...}}")
            return ()
        tests = [self._test(value, operator, argument, type_) for operator, argument in value.items()]
        return tuple(test for test in tests if test) if all(tests) else ()

    def _test(self, block: Any, name: str, argument: Any, type_: str) -> Test | None:
        if name == "is" and argument == "missing":
            return Test(MISSING, None)
        operator = OPERATORS.get(name)
        if operator is None:
            self.wrong(block, name, f"There is no test “{name}”.", nearest(name, fitting(type_)))
            return None
        if type_ not in operator.types:
            self.wrong(block, name, f"“{name}” does not fit a {type_}.", f"These do: {', '.join(fitting(type_))}.")
            return None
        return self._argument(block, name, operator, argument, type_)

    def _argument(self, block: Any, name: str, operator: Operator, argument: Any, type_: str) -> Test | None:
        if operator.argument == "span":
            span = parse_span(argument) if isinstance(argument, str) else None
            if span is None:
                self.wrong(block, name, f"“{argument}” is no span of time.", "Write 180d, 6w, 18m or 4y.")
                return None
            return Test(operator, span)
        if operator.argument in ("list", "pair"):
            return self._list(block, name, operator, argument, type_)
        found = self._value(block, name, argument, type_)
        if found is None or (operator.argument == "text" and not found[0]):
            return None
        return Test(operator, found[0], found[1])

    def _list(self, block: Any, name: str, operator: Operator, argument: Any, type_: str) -> Test | None:
        pair = operator.argument == "pair"
        if not isinstance(argument, list) or not argument or (pair and len(argument) != 2):
            self.wrong(block, name, f"“{name}” needs a list of {'two values' if pair else 'values'}.", "Write [a, b].")
            return None
        found = [self._value(block, name, item, type_) for item in argument]
        if any(item is None for item in found):
            return None
        values = [item[0] for item in found if item]
        currencies = {item[1] for item in found if item and item[1]}
        if len(currencies) > 1:
            self.wrong(block, name, "Both amounts must be in one currency.")
            return None
        if pair and values[0] > values[1]:
            self.wrong(block, name, f"{argument[0]} is after {argument[1]}: nothing lies between.", "Turn them round.")
            return None
        return Test(operator, tuple(values), next(iter(currencies), None))

    def _value(self, block: Any, name: Any, value: Any, type_: str) -> tuple[Any, str | None] | None:
        """(value, currency), checked, never coerced."""
        right = {
            "number": isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST,
            "text": isinstance(value, str) and len(value) <= 400,
            "flag": isinstance(value, bool),
            "day": isinstance(value, date) and not isinstance(value, datetime),
            "instant": isinstance(value, date) and not isinstance(value, datetime),
        }
        if type_ == "money":
            return self._money(block, name, value)
        if not right[type_]:
            like = {"number": "3", "text": "diesel", "flag": "true", "day": "2026-01-31", "instant": "2026-01-31"}[
                type_
            ]
            self.wrong(block, name, f"“{value}” is no {type_}.", f"Write it like {like}.")
            return None
        return value, None

    def _money(self, block: Any, name: Any, value: Any) -> tuple[Any, str | None] | None:
        if value == 0 and not isinstance(value, bool):
            return 0, None
        match = MONEY.fullmatch(value) if isinstance(value, str) else None
        minor = to_minor(match.group(1), match.group(2)) if match else None
        if match is None or minor is None:
            self.wrong(block, name, f"“{value}” is no amount of money.", "Write 249.90 EUR; only 0 needs no currency.")
            return None
        return minor, match.group(2)

    # --- events

    def _event(self, block: Any, value: Any) -> Condition | None:
        if not isinstance(value, Mapping):
            self.wrong(block, "event", "“event” needs a kind.", "Write event: {kind: visit, at_least: 3, within: 365d}")
            return None
        self.keys(value, EVENT_KEYS)
        kind = self.catalogue.events.get(value.get("kind"))
        if kind is None:
            self.wrong(
                value,
                "kind",
                f"There is no event “{value.get('kind')}”.",
                nearest(value.get("kind"), self.catalogue.events),
            )
            return None
        before = len(self.problems)
        low, high = self._count(value)
        span = parse_span(value["within"]) if isinstance(value.get("within"), str) else None
        if "within" in value and span is None:
            self.wrong(value, "within", f"“{value['within']}” is no span of time.", "Write 180d, 6w, 18m or 4y.")
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
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 1_000_000:
                self.wrong(value, key, f"“{number}” is no count.", "Write a whole number from 0 to 1,000,000.")
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
        if not isinstance(day, date) or isinstance(day, datetime):
            self.wrong(value, key, f"“{day}” is no day.", "Write it like 2026-01-31.")
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
                    f"This event has no field “{name}”.",
                    nearest(name, fields) if fields else "It has none.",
                )
            else:
                found.append(
                    FieldTest(
                        name, fields[name], self._tests(where, name, tests, fields[name]), self.source.mark(where, name)
                    )
                )
        return tuple(found)

    # --- what can never be

    def _contradictions(self, items: Sequence[Condition]) -> None:
        """Two tests of one fact within one `all` that no value passes: the plain cases an admin runs into."""
        by_fact: dict[str, list[tuple[FactTest, Test]]] = {}
        for item in items:
            if isinstance(item, FactTest):
                for test in item.tests:
                    by_fact.setdefault(item.fact.name, []).append((item, test))
        for name, pairs in by_fact.items():
            lows = [
                (t.argument, t.operator.name in ("above", "after"))
                for _, t in pairs
                if t.operator.name in ("above", "at_least", "after", "on_or_after")
            ]
            highs = [
                (t.argument, t.operator.name in ("below", "before"))
                for _, t in pairs
                if t.operator.name in ("below", "at_most", "before", "on_or_before")
            ]
            missing = [item for item, test in pairs if test.operator is MISSING]
            clash = any(low > high or (low == high and (a or b)) for low, a in lows for high, b in highs)
            if clash or (missing and len(pairs) > len(missing)):
                self.problems.append(
                    Problem(
                        pairs[-1][0].mark, f"No value of “{name}” passes all of these tests.", "Remove one of them."
                    )
                )


def to_minor(amount: str, currency: str) -> int | None:
    """Minor units by ISO 4217; None when there are more decimals than the currency has."""
    decimals = 3 if currency in THREE_DECIMALS else 0 if currency in NO_DECIMALS else 2
    try:
        minor = Decimal(amount) * 10**decimals
    except InvalidOperation:
        return None
    return int(minor) if minor == minor.to_integral_value() else None

"""Values, tests and windows out of one document: checked, never coerced; what is wrong is gathered with its place."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rules.calendar import PERIODS, Period, Span, Window, parse_period, parse_span
from rules.catalogue import Catalogue, nearest
from rules.errors import Problem
from rules.operators import ELSEWHERE, MISSING, OPERATORS, Operator, fitting, operator_of
from rules.parse import Source
from rules.tree import Test
from rules.values import NAME, fit, is_day, shown

MOST_TESTS = 200  # in one document: SQLite takes an expression 1,000 deep
MOST_VALUES = 500
EMPTY_SPAN = re.compile(r"0+ ?[dwmy]")


class Reader:
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

    # --- tests

    def tests_on(self, block: Any, name: str, value: Any, type_: str) -> tuple[Test, ...]:
        if not isinstance(value, Mapping) or not value:
            self.wrong(
                block, name, f"“{name}” needs a test.", f"Write {name}: {{{next(iter(fitting(type_)), 'is')}: ...}}"
            )
            return ()
        tests = [self.test(value, operator, argument, type_) for operator, argument in value.items()]
        return tuple(test for test in tests if test) if all(tests) else ()

    def meant(self, name: str, type_: str) -> str:
        """A hint at the test that was meant, also where another system's word for it was taken."""
        return nearest(ELSEWHERE.get(name, name), [*fitting(type_), "is: missing"])

    def test(self, block: Any, name: str, argument: Any, type_: str) -> Test | None:
        self.tests += 1
        if self.tests == MOST_TESTS + 1:
            self.wrong(block, name, f"More than {MOST_TESTS} tests.", "Split the rule, or use one_of: [...].")
        if name == "is" and argument == "missing":
            return Test(MISSING, None)
        operator = operator_of(name, type_) or OPERATORS.get(name)
        if operator is None:
            self.wrong(block, name, f"There is no test “{shown(name)}”.", self.meant(name, type_))
            return None
        if type_ not in operator.types:
            self.wrong(
                block,
                name,
                f"“{name}” does not fit a {type_}.",
                f"These do: {', '.join(fitting(type_)) or 'is: missing'}.",
            )
            return None
        return self._argument(block, name, operator, argument, type_)

    def _argument(self, block: Any, name: str, operator: Operator, argument: Any, type_: str) -> Test | None:
        if operator.argument == "span":
            span = self.span(block, name)
            return Test(operator, span) if span else None
        if operator.argument == "period":
            period = self.period(block, name)
            return Test(operator, period) if period else None
        type_ = "text" if type_ == "set" else type_
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

    # --- windows

    def span(self, block: Any, key: str) -> Span | None:
        text = block.get(key)
        span = parse_span(text) if isinstance(text, str) else None
        if span is None and isinstance(text, str) and EMPTY_SPAN.fullmatch(text.strip()):
            self.wrong(block, key, f"“{text}” is a window of no length: nothing lies in it.", "Write 1d or more.")
        elif span is None:
            self.wrong(block, key, f"“{shown(text)}” is no span of time.", "Write 180d, 6w, 18m or 4y.")
        return span

    def period(self, block: Any, key: str) -> Period | None:
        text = block.get(key)
        period = parse_period(text) if isinstance(text, str) else None
        if period is None:
            self.wrong(block, key, f"“{shown(text)}” is no period.", nearest(text, PERIODS))
        return period

    def window(self, block: Any) -> Window | None:
        """`within: 90d` or `during: last_month`, or neither."""
        if "within" in block and "during" in block:
            self.wrong(block, "during", "“within” and “during” are two windows.", "Keep one of them.")
        if "during" in block:
            return self.period(block, "during")
        return self.span(block, "within") if "within" in block else None

    def day(self, block: Any, key: str) -> date | None:
        day = block.get(key)
        if day is None and key not in block:
            return None
        if not is_day(day):
            self.wrong(block, key, f"“{shown(day)}” is no day.", "Write it like 2026-01-31.")
            return None
        return day

    def one_of(self, block: Any, key: str, known: tuple[str, ...], what: str) -> str | None:
        """A word that must be one of these."""
        value = block.get(key)
        if not isinstance(value, str) or value not in known:
            self.wrong(block, key, f"There is no {what} “{shown(value)}”.", nearest(value, known))
            return None
        return str(value)

    def share(self, block: Any, key: str) -> float | None:
        """A number from 0 to 1; None where the key is not there, or is wrong."""
        value = block.get(key)
        if key not in block:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            self.wrong(block, key, f"“{shown(value)}” is no share.", "Write a number from 0 to 1, such as 0.5.")
            return None
        return float(value)

"""The tests a value can be put to: one row per operator, with its types, its argument and its plain meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import contains, eq, ge, gt, le, lt, ne
from typing import Any, Literal

from rules.calendar import Span, Window

Type = Literal["number", "money", "text", "day", "instant", "flag", "age", "set", "vehicle"]
Argument = Literal["same", "list", "pair", "span", "period", "text", "missing"]
ORDERED = frozenset({"number", "money", "day", "instant"})
DATED = frozenset({"day", "instant"})
VALUED = frozenset({"number", "money", "text", "day", "instant", "flag"})
ANY = VALUED | {"age", "set", "vehicle"}
TEXT, SET, AGE = frozenset({"text"}), frozenset({"set"}), frozenset({"age"})


def _as_it_is(argument: Any, today: date) -> Any:
    return argument


def _before(span: Span, today: date) -> date:
    return span.before(today)


def _reach(window: Window, today: date) -> tuple[date, date]:
    return window.reach(today)


@dataclass(frozen=True)
class Operator:
    """test(value, limit): value is never missing; instants come in as their local day, an age as the day that it is
    counted from, a set as its texts. on(argument, today): the limit that the argument means on that day."""

    name: str
    types: frozenset[str]
    argument: Argument
    test: Callable[[Any, Any], bool]
    words: str
    on: Callable[[Any, date], Any] = _as_it_is


ROWS = (
    Operator("is", VALUED, "same", eq, "is"),
    Operator("is_not", VALUED, "same", ne, "is not"),
    Operator("one_of", TEXT | {"number"}, "list", lambda v, a: v in a, "is one of"),
    Operator("none_of", TEXT | {"number"}, "list", lambda v, a: v not in a, "is none of"),
    Operator("above", frozenset({"number", "money"}), "same", gt, "is above"),
    Operator("below", frozenset({"number", "money"}), "same", lt, "is below"),
    Operator("at_least", frozenset({"number", "money"}), "same", ge, "is at least"),
    Operator("at_most", frozenset({"number", "money"}), "same", le, "is at most"),
    Operator("between", ORDERED, "pair", lambda v, a: a[0] <= v <= a[1], "is between"),
    Operator("before", DATED, "same", lt, "is before"),
    Operator("after", DATED, "same", gt, "is after"),
    Operator("on_or_before", DATED, "same", le, "is on or before"),
    Operator("on_or_after", DATED, "same", ge, "is on or after"),
    Operator("older_than", DATED, "span", le, "is older than", _before),
    Operator("within", DATED, "span", lambda v, a: a[0] <= v <= a[1], "is within", _reach),
    Operator("during", DATED, "period", lambda v, a: a[0] <= v <= a[1], "is in", _reach),
    Operator("starts_with", TEXT, "text", str.startswith, "starts with"),
    Operator("ends_with", TEXT, "text", str.endswith, "ends with"),
    Operator("contains", TEXT, "text", contains, "contains"),
    Operator("has", SET, "text", contains, "has"),
    Operator("has_any", SET, "list", lambda v, a: any(item in v for item in a), "has one of"),
    Operator("has_all", SET, "list", lambda v, a: all(item in v for item in a), "has all of"),
    Operator("has_none", SET, "list", lambda v, a: not any(item in v for item in a), "has none of"),
)
# An age is asked in spans and stored as the day it is counted from.
AGES = (
    Operator("at_least", AGE, "span", le, "is at least", _before),
    Operator("at_most", AGE, "span", ge, "is at most", _before),
    Operator("above", AGE, "span", lt, "is above", _before),
    Operator("below", AGE, "span", gt, "is below", _before),
)
OPERATORS = {row.name: row for row in ROWS}
OF_AGES = {row.name: row for row in AGES}
# What other systems call these tests: a hint names the one that is meant, not the one that is spelt most alike.
ELSEWHERE = {
    **dict.fromkeys(("eq", "equals", "equal", "equal_to", "==", "=", "matches"), "is"),
    **dict.fromkeys(("ne", "neq", "not", "not_equal", "not_equals", "isnt", "!=", "<>"), "is_not"),
    **dict.fromkeys(("gt", "more_than", "greater_than", "greater", "over", ">"), "above"),
    **dict.fromkeys(("lt", "less_than", "less", "fewer_than", "under", "<"), "below"),
    **dict.fromkeys(("gte", "ge", "min", "minimum", "from", ">="), "at_least"),
    **dict.fromkeys(("lte", "le", "max", "maximum", "up_to", "<="), "at_most"),
    **dict.fromkeys(("in", "any_of", "either"), "one_of"),
    **dict.fromkeys(("not_in", "nin", "neither"), "none_of"),
    **dict.fromkeys(
        ("newer_than", "younger_than", "last", "in_last", "in_the_last", "since", "less_than_ago"), "within"
    ),
    **dict.fromkeys(("more_than_ago", "not_within", "ago"), "older_than"),
    **dict.fromkeys(("like", "includes", "substring"), "contains"),
    **dict.fromkeys(
        ("exists", "missing", "null", "is_null", "is_missing", "unknown", "empty", "is_empty", "is_set"), "is: missing"
    ),
}
MISSING = Operator("missing", ANY, "missing", lambda v, a: False, "is missing")


def fitting(type_: str) -> list[str]:
    return [row.name for row in (*ROWS, *AGES) if type_ in row.types]


def operator_of(name: str, type_: str) -> Operator | None:
    """The operator of this name, whether it fits the type or not; None where there is none."""
    return OF_AGES.get(name) if type_ == "age" else OPERATORS.get(name)

"""The tests a value can be put to: one row per operator, with its types, its argument and its plain meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rules.calendar import Moment, Window

Type = Literal["number", "money", "text", "day", "instant", "flag", "age", "set", "vehicle"]
Argument = Literal["same", "list", "pair", "span", "period", "text", "missing"]
ORDERED = frozenset({"number", "money", "day", "instant"})
DATED = frozenset({"day", "instant"})
VALUED = frozenset({"number", "money", "text", "day", "instant", "flag"})
ANY = VALUED | {"age", "set", "vehicle"}
TEXT, SET, AGE = frozenset({"text"}), frozenset({"set"}), frozenset({"age"})


@dataclass(frozen=True)
class Operator:
    """test(value, argument, moment): value is never missing; instants come in as their local day, an age as the day
    that it is counted from, a set as its texts."""

    name: str
    types: frozenset[str]
    argument: Argument
    test: Callable[[Any, Any, Moment], bool]
    words: str


def _within(value: date, window: Window, moment: Moment) -> bool:
    first, last = window.reach(moment.today)
    return first <= value <= last


ROWS = (
    Operator("is", VALUED, "same", lambda v, a, m: v == a, "is"),
    Operator("is_not", VALUED, "same", lambda v, a, m: v != a, "is not"),
    Operator("one_of", TEXT | {"number"}, "list", lambda v, a, m: v in a, "is one of"),
    Operator("none_of", TEXT | {"number"}, "list", lambda v, a, m: v not in a, "is none of"),
    Operator("above", frozenset({"number", "money"}), "same", lambda v, a, m: v > a, "is above"),
    Operator("below", frozenset({"number", "money"}), "same", lambda v, a, m: v < a, "is below"),
    Operator("at_least", frozenset({"number", "money"}), "same", lambda v, a, m: v >= a, "is at least"),
    Operator("at_most", frozenset({"number", "money"}), "same", lambda v, a, m: v <= a, "is at most"),
    Operator("between", ORDERED, "pair", lambda v, a, m: a[0] <= v <= a[1], "is between"),
    Operator("before", DATED, "same", lambda v, a, m: v < a, "is before"),
    Operator("after", DATED, "same", lambda v, a, m: v > a, "is after"),
    Operator("on_or_before", DATED, "same", lambda v, a, m: v <= a, "is on or before"),
    Operator("on_or_after", DATED, "same", lambda v, a, m: v >= a, "is on or after"),
    Operator("older_than", DATED, "span", lambda v, a, m: v <= a.before(m.today), "is older than"),
    Operator("within", DATED, "span", _within, "is within"),
    Operator("during", DATED, "period", _within, "is in"),
    Operator("starts_with", TEXT, "text", lambda v, a, m: v.startswith(a), "starts with"),
    Operator("ends_with", TEXT, "text", lambda v, a, m: v.endswith(a), "ends with"),
    Operator("contains", TEXT, "text", lambda v, a, m: a in v, "contains"),
    Operator("has", SET, "text", lambda v, a, m: a in v, "has"),
    Operator("has_any", SET, "list", lambda v, a, m: any(item in v for item in a), "has one of"),
    Operator("has_all", SET, "list", lambda v, a, m: all(item in v for item in a), "has all of"),
    Operator("has_none", SET, "list", lambda v, a, m: not any(item in v for item in a), "has none of"),
)
# An age is asked in spans and stored as the day it is counted from.
AGES = (
    Operator("at_least", AGE, "span", lambda v, a, m: v <= a.before(m.today), "is at least"),
    Operator("at_most", AGE, "span", lambda v, a, m: v >= a.before(m.today), "is at most"),
    Operator("above", AGE, "span", lambda v, a, m: v < a.before(m.today), "is above"),
    Operator("below", AGE, "span", lambda v, a, m: v > a.before(m.today), "is below"),
)
OPERATORS = {row.name: row for row in ROWS}
OF_AGES = {row.name: row for row in AGES}
MISSING = Operator("missing", ANY, "missing", lambda v, a, m: False, "is missing")


def fitting(type_: str) -> list[str]:
    return [row.name for row in (*ROWS, *AGES) if type_ in row.types]


def operator_of(name: str, type_: str) -> Operator | None:
    """The operator of this name, whether it fits the type or not; None where there is none."""
    return OF_AGES.get(name) if type_ == "age" else OPERATORS.get(name)

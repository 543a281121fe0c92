"""The tests a value can be put to: one row per operator, with its types, its argument and its plain meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rules.calendar import Moment, Span

Type = Literal["number", "money", "text", "day", "instant", "flag"]
Argument = Literal["same", "list", "pair", "span", "text", "missing"]
ORDERED = frozenset({"number", "money", "day", "instant"})
DATED = frozenset({"day", "instant"})
ANY = frozenset({"number", "money", "text", "day", "instant", "flag"})
TEXT = frozenset({"text"})


@dataclass(frozen=True)
class Operator:
    """test(value, argument, moment): value is never missing; instants come in as their local day."""

    name: str
    types: frozenset[str]
    argument: Argument
    test: Callable[[Any, Any, Moment], bool]
    words: str


def _within(value: date, span: Span, moment: Moment) -> bool:
    return span.before(moment.today) < value <= moment.today


ROWS = (
    Operator("is", ANY, "same", lambda v, a, m: v == a, "is"),
    Operator("is_not", ANY, "same", lambda v, a, m: v != a, "is not"),
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
    Operator("starts_with", TEXT, "text", lambda v, a, m: v.startswith(a), "starts with"),
    Operator("ends_with", TEXT, "text", lambda v, a, m: v.endswith(a), "ends with"),
    Operator("contains", TEXT, "text", lambda v, a, m: a in v, "contains"),
)
OPERATORS = {row.name: row for row in ROWS}
MISSING = Operator("missing", ANY, "missing", lambda v, a, m: False, "is missing")


def fitting(type_: str) -> list[str]:
    return [row.name for row in ROWS if type_ in row.types]

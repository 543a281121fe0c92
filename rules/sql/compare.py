"""One value put to its tests, in SQL: one row per operator, beside the rows of rules.operators."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, String, and_, false, func, literal, not_, or_, true

from rules.calendar import Moment, Window, start_of
from rules.operators import MISSING
from rules.sql.elements import SetHas
from rules.tree import Test

Compiled = Callable[[ColumnElement[Any], Any, Moment], ColumnElement[bool]]


def test_all(
    tests: Iterable[Test],
    column: ColumnElement[Any],
    currency: ColumnElement[Any] | None,
    type_: str,
    moment: Moment,
) -> ColumnElement[bool]:
    return and_(true(), *(_test(test, column, currency, type_, moment) for test in tests))


def _test(
    test: Test, column: ColumnElement[Any], currency: ColumnElement[Any] | None, type_: str, moment: Moment
) -> ColumnElement[bool]:
    if test.operator is MISSING:
        return column.is_(None)
    held = ROWS.get(type_, PLAIN)[test.operator.name](column, test.argument, moment)
    if test.currency is None:
        return held
    return false() if currency is None else and_(held, currency == test.currency)


def _bind(value: Any) -> Any:
    """Numbers with the type they have, not the column's: PostgreSQL would round 2.5 to compare it with an integer."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return literal(value, BigInteger()) if isinstance(value, int) else literal(Decimal(repr(value)), Numeric())


PLAIN: Mapping[str, Compiled] = {
    "is": lambda c, a, m: c == _bind(a),
    "is_not": lambda c, a, m: c != _bind(a),
    "one_of": lambda c, a, m: c.in_([_bind(item) for item in a]),
    "none_of": lambda c, a, m: c.not_in([_bind(item) for item in a]),
    "above": lambda c, a, m: c > _bind(a),
    "below": lambda c, a, m: c < _bind(a),
    "at_least": lambda c, a, m: c >= _bind(a),
    "at_most": lambda c, a, m: c <= _bind(a),
    "between": lambda c, a, m: and_(c >= _bind(a[0]), c <= _bind(a[1])),
    "before": lambda c, a, m: c < a,
    "after": lambda c, a, m: c > a,
    "on_or_before": lambda c, a, m: c <= a,
    "on_or_after": lambda c, a, m: c >= a,
    "older_than": lambda c, a, m: c <= a.before(m.today),
    "within": lambda c, a, m: c.between(*a.reach(m.today)),
    "during": lambda c, a, m: c.between(*a.reach(m.today)),
    # by pieces, not LIKE: LIKE folds case on SQLite and reads % and _ as signs of its own
    "starts_with": lambda c, a, m: func.substr(c, 1, len(a)) == a,
    "ends_with": lambda c, a, m: and_(func.length(c) >= len(a), func.substr(c, func.length(c) - len(a) + 1) == a),
    "contains": lambda c, a, m: func.replace(c, a, "") != c,
}


def _start(day: date, moment: Moment) -> datetime:
    return start_of(day, moment.zone)


def _end(day: date, moment: Moment) -> datetime:
    return start_of(day + timedelta(days=1), moment.zone)


def _lies_in(column: ColumnElement[Any], window: Window, moment: Moment) -> ColumnElement[bool]:
    first, last = window.reach(moment.today)
    return and_(column >= _start(first, moment), column < _end(last, moment))


# Tests of days on an instant: the days' bounds in the zone, so that an index on the column serves.
INSTANT: Mapping[str, Compiled] = {
    "is": lambda c, a, m: and_(c >= _start(a, m), c < _end(a, m)),
    "is_not": lambda c, a, m: or_(c < _start(a, m), c >= _end(a, m)),
    "between": lambda c, a, m: and_(c >= _start(a[0], m), c < _end(a[1], m)),
    "before": lambda c, a, m: c < _start(a, m),
    "after": lambda c, a, m: c >= _end(a, m),
    "on_or_before": lambda c, a, m: c < _end(a, m),
    "on_or_after": lambda c, a, m: c >= _start(a, m),
    "older_than": lambda c, a, m: c < _end(a.before(m.today), m),
    "within": _lies_in,
    "during": _lies_in,
}

AGE: Mapping[str, Compiled] = {
    "at_least": lambda c, a, m: c <= a.before(m.today),
    "at_most": lambda c, a, m: c >= a.before(m.today),
    "above": lambda c, a, m: c < a.before(m.today),
    "below": lambda c, a, m: c > a.before(m.today),
}


def _has(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return SetHas(column, literal(text, String()))


SET: Mapping[str, Compiled] = {
    "has": lambda c, a, m: _has(c, a),
    "has_any": lambda c, a, m: or_(*(_has(c, item) for item in a)),
    "has_all": lambda c, a, m: and_(*(_has(c, item) for item in a)),
    "has_none": lambda c, a, m: and_(c.is_not(None), not_(or_(*(_has(c, item) for item in a)))),
}
ROWS: Mapping[str, Mapping[str, Compiled]] = {"instant": INSTANT, "age": AGE, "set": SET}

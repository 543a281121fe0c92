"""A condition as SQLAlchemy Core over all customers at once; the one file here that knows SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, not_, or_, select

from rules.calendar import Moment
from rules.operators import MISSING
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test


@dataclass(frozen=True)
class Tables:
    """profile: one row per customer with customer_id and a column per fact. event: customer_id, kind, local_day,
    amount_minor, currency, attributes (JSON), withdrawn_at."""

    profile: FromClause
    event: FromClause


def select_members(condition: Condition, tables: Tables, now: datetime, zone: str) -> Select[Any]:
    """The customer_id of everybody for whom the condition holds at `now`."""
    return select(tables.profile.c.customer_id).where(where(condition, tables, now, zone))


def where(condition: Condition, tables: Tables, now: datetime, zone: str) -> ColumnElement[bool]:
    return _where(condition, tables, Moment(now, zone))


def _where(condition: Condition, tables: Tables, moment: Moment) -> ColumnElement[bool]:
    """Verdicts are two-valued: a missing value is false, and `not` turns that into true. SQL's NULL does the first by
    itself in a WHERE, and keeps the index usable; below a `not` it is made false first."""
    match condition:
        case All(items):
            return and_(*(_where(item, tables, moment) for item in items))
        case AnyOf(items):
            return or_(*(_where(item, tables, moment) for item in items))
        case Not(item):
            return not_(func.coalesce(_where(item, tables, moment), false()))
        case FactTest():
            return _fact(condition, tables, moment)
        case EventTest():
            return _event(condition, tables, moment)


def _fact(node: FactTest, tables: Tables, moment: Moment) -> ColumnElement[bool]:
    column = tables.profile.c[node.fact.column or node.fact.name]
    currency = tables.profile.c[node.fact.currency_column] if node.fact.currency_column else None
    return and_(*(_test(test, column, currency, node.fact.type, moment) for test in node.tests))


def _test(
    test: Test, column: ColumnElement[Any], currency: ColumnElement[Any] | None, type_: str, moment: Moment
) -> ColumnElement[bool]:
    if test.operator is MISSING:
        return column.is_(None)
    if type_ == "instant":
        held = _instant(test, column, moment)
    else:
        held = COMPILED[test.operator.name](column, test.argument, moment)
    parts = [held] if test.currency is None or currency is None else [held, currency == test.currency]
    if test.currency is not None and currency is None:
        return false()
    return and_(*parts)


def _instant(test: Test, column: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
    """Tests of days on an instant: the days' bounds in the zone, so that an index on the column serves."""
    start = lambda day: datetime.combine(day, time(), ZoneInfo(moment.zone))  # noqa: E731
    end = lambda day: start(day + timedelta(days=1))  # noqa: E731
    a = test.argument
    match test.operator.name:
        case "is":
            return and_(column >= start(a), column < end(a))
        case "is_not":
            return or_(column < start(a), column >= end(a))
        case "between":
            return and_(column >= start(a[0]), column < end(a[1]))
        case "before":
            return column < start(a)
        case "after":
            return column >= end(a)
        case "on_or_before":
            return column < end(a)
        case "on_or_after":
            return column >= start(a)
        case "older_than":
            return column < end(a.before(moment.today))
        case _:
            return and_(column >= end(a.before(moment.today)), column < end(moment.today))


COMPILED: Mapping[str, Callable[[ColumnElement[Any], Any, Moment], ColumnElement[bool]]] = {
    "is": lambda c, a, m: c == a,
    "is_not": lambda c, a, m: c != a,
    "one_of": lambda c, a, m: c.in_(a),
    "none_of": lambda c, a, m: c.not_in(a),
    "above": lambda c, a, m: c > a,
    "below": lambda c, a, m: c < a,
    "at_least": lambda c, a, m: c >= a,
    "at_most": lambda c, a, m: c <= a,
    "between": lambda c, a, m: and_(c >= a[0], c <= a[1]),
    "before": lambda c, a, m: c < a,
    "after": lambda c, a, m: c > a,
    "on_or_before": lambda c, a, m: c <= a,
    "on_or_after": lambda c, a, m: c >= a,
    "older_than": lambda c, a, m: c <= a.before(m.today),
    "within": lambda c, a, m: and_(c > a.before(m.today), c <= m.today),
    # by pieces, not LIKE: LIKE folds case on SQLite and reads % and _ as signs of its own
    "starts_with": lambda c, a, m: func.substr(c, 1, len(a)) == a,
    "ends_with": lambda c, a, m: and_(func.length(c) >= len(a), func.substr(c, func.length(c) - len(a) + 1) == a),
    "contains": lambda c, a, m: func.replace(c, a, "") != c,
}


def _event(node: EventTest, tables: Tables, moment: Moment) -> ColumnElement[bool]:
    """At least n: the grouped customers that reach it. At most n: everybody but those who exceed it, so that none counts as 0."""
    customer = tables.profile.c.customer_id
    reached = customer.in_(_counted(node, node.low, tables, moment)) if node.low > 0 else None
    exceeded = customer.not_in(_counted(node, node.high + 1, tables, moment)) if node.high is not None else None
    parts = [part for part in (reached, exceeded) if part is not None]
    return and_(*parts)


def _counted(node: EventTest, least: int, tables: Tables, moment: Moment) -> Select[Any]:
    event = tables.event
    kept = [event.c.kind == node.kind.name, event.c.withdrawn_at.is_(None)]
    if node.within:
        kept += [event.c.local_day > node.within.before(moment.today), event.c.local_day <= moment.today]
    if node.since:
        kept.append(event.c.local_day >= node.since)
    if node.up_to:
        kept.append(event.c.local_day <= node.up_to)
    kept += [_field(test, event, moment) for test in node.where]
    statement = select(event.c.customer_id).where(*kept).group_by(event.c.customer_id)
    return statement.having(func.count() >= least) if least > 1 else statement


def _field(node: FieldTest, event: FromClause, moment: Moment) -> ColumnElement[bool]:
    if node.type == "money":
        return and_(*(_test(test, event.c.amount_minor, event.c.currency, "money", moment) for test in node.tests))
    item = event.c.attributes[node.field]
    column: ColumnElement[Any] = {"number": item.as_float, "flag": item.as_boolean}.get(node.type, item.as_string)()
    return and_(*(_test(test, column, None, node.type, moment) for test in node.tests))

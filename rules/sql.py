"""A condition as SQLAlchemy Core over all customers at once; the one file here that knows SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    String,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rules.calendar import Moment, start_of
from rules.operators import MISSING
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test

Compiled = Callable[[ColumnElement[Any], Any, Moment], ColumnElement[bool]]


@dataclass(frozen=True)
class Tables:
    """profile: one row per customer with customer_id and a column per fact. event: customer_id (never NULL), kind,
    local_day, amount_minor, currency, attributes (JSON), withdrawn_at."""

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
            return and_(true(), *(_where(item, tables, moment) for item in items))
        case AnyOf(items):
            return or_(false(), *(_where(item, tables, moment) for item in items))
        case Not(item):
            return not_(func.coalesce(_where(item, tables, moment), false()))
        case FactTest():
            return _fact(condition, tables, moment)
        case EventTest():
            return _event(condition, tables, moment)


# --- tests of one value


def _fact(node: FactTest, tables: Tables, moment: Moment) -> ColumnElement[bool]:
    column = tables.profile.c[node.fact.column or node.fact.name]
    currency = tables.profile.c[node.fact.currency_column] if node.fact.currency_column else None
    return and_(true(), *(_test(test, column, currency, node.fact.type, moment) for test in node.tests))


def _test(
    test: Test, column: ColumnElement[Any], currency: ColumnElement[Any] | None, type_: str, moment: Moment
) -> ColumnElement[bool]:
    if test.operator is MISSING:
        return column.is_(None)
    held = (INSTANT if type_ == "instant" else PLAIN)[test.operator.name](column, test.argument, moment)
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
    "within": lambda c, a, m: and_(c > a.before(m.today), c <= m.today),
    # by pieces, not LIKE: LIKE folds case on SQLite and reads % and _ as signs of its own
    "starts_with": lambda c, a, m: func.substr(c, 1, len(a)) == a,
    "ends_with": lambda c, a, m: and_(func.length(c) >= len(a), func.substr(c, func.length(c) - len(a) + 1) == a),
    "contains": lambda c, a, m: func.replace(c, a, "") != c,
}


def _start(day: date, moment: Moment) -> datetime:
    return start_of(day, moment.zone)


def _end(day: date, moment: Moment) -> datetime:
    return start_of(day + timedelta(days=1), moment.zone)


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
    "within": lambda c, a, m: and_(c >= _end(a.before(m.today), m), c < _end(m.today, m)),
}


# --- events


def _event(node: EventTest, tables: Tables, moment: Moment) -> ColumnElement[bool]:
    """At least n: the grouped customers that reach it. At most n: everybody but those who exceed it, so that none counts
    as 0."""
    customer = tables.profile.c.customer_id
    parts: list[ColumnElement[bool]] = []
    if node.low > 0:
        parts.append(customer.in_(_counted(node, node.low, tables, moment)))
    if node.high is not None:
        parts.append(customer.not_in(_counted(node, node.high + 1, tables, moment)))
    return and_(true(), *parts)


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
    column: ColumnElement[Any]
    if node.type == "money":
        column, currency = event.c.amount_minor, event.c.currency
    else:
        column, currency = _attribute(event, node), None
    return and_(true(), *(_test(test, column, currency, node.type, moment) for test in node.tests))


# --- attributes of an event: a value of another type is NULL, that is missing, because PostgreSQL would give up the
# whole query over one bad cast


class JsonItem(FunctionElement[Any]):
    """Of a JSON object, by key. sqlite, postgresql: the JSON types that fit, in the words of each; becomes: the SQL type."""

    inherit_cache = True
    sqlite: ClassVar[str]
    postgresql: ClassVar[str]
    becomes: ClassVar[str]


class JsonNumber(JsonItem):
    name = "json_number"
    type = Numeric()
    inherit_cache = True
    sqlite, postgresql, becomes = "'integer', 'real'", "'number'", "NUMERIC"


class JsonText(JsonItem):
    name = "json_text"
    type = String()
    inherit_cache = True
    sqlite, postgresql, becomes = "'text'", "'string'", "TEXT"


class JsonFlag(JsonItem):
    name = "json_flag"
    type = Boolean()
    inherit_cache = True
    sqlite, postgresql, becomes = "'true', 'false'", "'boolean'", "BOOLEAN"


ITEMS: Mapping[str, type[JsonItem]] = {"number": JsonNumber, "text": JsonText, "flag": JsonFlag}


def _attribute(event: FromClause, node: FieldTest) -> ColumnElement[Any]:
    return ITEMS[node.type](event.c.attributes, literal(node.field, String()))


@compiles(JsonItem, "sqlite")
def _sqlite_item(element: JsonItem, compiler: SQLCompiler, **kw: Any) -> str:
    attributes, key = (compiler.process(part, **kw) for part in element.clauses)
    path = f"'$.\"' || {key} || '\"'"
    return (
        f"CASE WHEN json_type({attributes}, {path}) IN ({element.sqlite}) THEN json_extract({attributes}, {path}) END"
    )


@compiles(JsonItem, "postgresql")
def _postgresql_item(element: JsonItem, compiler: SQLCompiler, **kw: Any) -> str:
    attributes, key = (compiler.process(part, **kw) for part in element.clauses)
    read = f"CAST(({attributes} ->> {key}) AS {element.becomes})"
    return f"CASE WHEN json_typeof({attributes} -> {key}) = {element.postgresql} THEN {read} END"

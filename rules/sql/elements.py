"""What each database says in its own words; another dialect follows with a @compiles of its own.

A value of another type than asked is NULL, that is missing: PostgreSQL would give up the whole query over one bad cast."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Case,
    ColumnElement,
    Date,
    Double,
    FromClause,
    Integer,
    Numeric,
    String,
    case,
    cast,
    func,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rules.bucket import DIGITS, place
from rules.calendar import Span
from rules.catalogue import OWN_FIELDS
from rules.values import MOST_SUMMED

# --- fields of an event


def field(event: FromClause, name: str, type_: str) -> ColumnElement[Any]:
    """The column of a field. An attribute that has none of its own is read from JSON behind a look at its type."""
    if type_ == "money":
        return event.c.amount_minor
    if name in OWN_FIELDS:
        return event.c.local_day if name == "day" else event.c.vehicle_id
    own = own_column(name, type_)
    return event.c[own] if own in event.c else attribute(event, name, type_)


def own_column(name: str, type_: str) -> str:
    """Of an attribute, in a table that was made of another one's JSON."""
    return f"{type_}_{name}"


def attribute(event: FromClause, name: str, type_: str) -> "JsonItem":
    return ITEMS[type_](event.c.attributes, literal(name, String()))


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


class JsonDay(JsonItem):
    """YYYY-MM-DD that is a day of the calendar."""

    name = "json_day"
    type = Date()
    inherit_cache = True
    sqlite, postgresql, becomes = "'text'", "'string'", "DATE"


ITEMS: Mapping[str, type[JsonItem]] = {"number": JsonNumber, "text": JsonText, "flag": JsonFlag, "day": JsonDay}


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


@compiles(JsonDay, "sqlite")
def _sqlite_day(element: JsonDay, compiler: SQLCompiler, **kw: Any) -> str:
    """SQLite gives 30 February back as it is, unless it has to reckon with it."""
    text = f"({_sqlite_item(element, compiler, **kw)})"
    form = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
    is_day = f"{text} GLOB '{form}' AND date({text}, '+0 days') = {text} AND {text} BETWEEN '1900' AND '2200'"
    return f"CASE WHEN {is_day} THEN {text} END"


@compiles(JsonDay, "postgresql")
def _postgresql_day(element: JsonDay, compiler: SQLCompiler, **kw: Any) -> str:
    """The last day of the month is looked up first: a cast of 30 February would end the query."""
    attributes, key = (compiler.process(part, **kw) for part in element.clauses)
    text = f"({attributes} ->> {key})"
    form = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
    last = f"EXTRACT(DAY FROM CAST(left({text}, 7) || '-01' AS DATE) + INTERVAL '1 month' - INTERVAL '1 day')"
    read = f"CASE WHEN CAST(right({text}, 2) AS INTEGER) <= {last} THEN CAST({text} AS DATE) END"
    return f"CASE WHEN json_typeof({attributes} -> {key}) = 'string' AND {text} ~ '{form}' THEN {read} END"


# --- sums of numbers


class Truncated(FunctionElement[int]):
    """A number cut to a whole one."""

    name = "truncated"
    type = BigInteger()
    inherit_cache = True


@compiles(Truncated)
def _truncated(element: Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(TRUNC({compiler.process(element.clauses, **kw)}) AS BIGINT)"


@compiles(Truncated, "sqlite")
def _sqlite_truncated(element: Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS INTEGER)"


def thousandths(number: ColumnElement[Any]) -> Case[Any]:
    """As rules.values.thousandths, bit for bit: both reckon with the same doubles."""
    half = case((number < 0, -0.5), else_=0.5)
    scaled: ColumnElement[float] = cast(number, Double()) * literal(1000.0, Double()) + cast(half, Double())
    return case((func.abs(number) < MOST_SUMMED, Truncated(scaled)))


# --- days


class DaysOn(FunctionElement[Any]):
    """A day, and so many days on."""

    name = "days_on"
    type = Date()
    inherit_cache = True


class MonthsOn(FunctionElement[Any]):
    """A day, and so many months on: 31 January and one is the last of February."""

    name = "months_on"
    type = Date()
    inherit_cache = True


def day_after(day: ColumnElement[Any], span: Span) -> ColumnElement[Any]:
    """As Span.after."""
    factor = {"d": 1, "w": 7, "m": 1, "y": 12}[span.unit]
    return (DaysOn if span.unit in "dw" else MonthsOn)(day, literal(span.count * factor, Integer()))


@compiles(DaysOn, "sqlite")
def _sqlite_days_on(element: DaysOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"date({day}, {count} || ' days')"


@compiles(DaysOn, "postgresql")
def _postgresql_days_on(element: DaysOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"({day} + {count})"


@compiles(MonthsOn, "sqlite")
def _sqlite_months_on(element: MonthsOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    last = f"date({day}, 'start of month', ({count} + 1) || ' months', '-1 day')"
    return f"min(date({day}, {count} || ' months'), {last})"


@compiles(MonthsOn, "postgresql")
def _postgresql_months_on(element: MonthsOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST({day} + make_interval(months => {count}) AS DATE)"


# --- sets


class SetHas(FunctionElement[bool]):
    """Whether a JSON list of texts has this text."""

    name = "set_has"
    type = Boolean()
    inherit_cache = True


@compiles(SetHas, "sqlite")
def _sqlite_set_has(element: SetHas, compiler: SQLCompiler, **kw: Any) -> str:
    column, text = (compiler.process(part, **kw) for part in element.clauses)
    texts = f"SELECT item.value FROM json_each({column}) AS item WHERE item.type = 'text'"  # noqa: S608 - compiled parts
    return f"{text} IN ({texts})"


@compiles(SetHas, "postgresql")
def _postgresql_set_has(element: SetHas, compiler: SQLCompiler, **kw: Any) -> str:
    column, text = (compiler.process(part, **kw) for part in element.clauses)
    held = f"{text} IN (SELECT json_array_elements_text({column}))"
    return f"CASE WHEN json_typeof({column}) = 'array' THEN {held} ELSE false END"


# --- buckets


class Place(FunctionElement[int]):
    """As rules.bucket.place, of an experiment and a ref."""

    name = "garage_place"
    type = BigInteger()
    inherit_cache = True


@compiles(Place, "sqlite")
def _sqlite_place(element: Place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"garage_place({compiler.process(element.clauses, **kw)})"


@compiles(Place, "postgresql")
def _postgresql_place(element: Place, compiler: SQLCompiler, **kw: Any) -> str:
    of, ref = (compiler.process(part, **kw) for part in element.clauses)
    digest = f"encode(sha256(convert_to({of} || '/' || {ref}, 'UTF8')), 'hex')"
    return f"CAST(CAST('x' || lpad(left({digest}, {DIGITS}), 16, '0') AS BIT(64)) AS BIGINT)"


def teach_sqlite(connection: Any) -> None:
    """SQLite has no SHA-256 of its own. Call it for every new DBAPI connection."""
    connection.create_function("garage_place", 2, place, deterministic=True)

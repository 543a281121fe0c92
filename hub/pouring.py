"""Many rows at once, past the ORM: COPY where the database has it and lets us, else one statement, of arrays on PostgreSQL."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, JSON, Column, ColumnDefault, Date, String, Table, Text, func, literal, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from hub.models import Base, table
from hub.models.base import Instant
from hub.regions import Region

FEW, MOST = 200, 5_000  # rows: below it COPY is no quicker; and those of one statement

OUTGROWN = text("""SELECT told FROM unnest(CAST(:names AS text[])) AS told JOIN pg_class ON pg_class.oid = to_regclass(told)
    WHERE pg_relation_size(pg_class.oid) / 8192 > 2 * relpages""")


@dataclass(frozen=True)
class Shape:
    """How rows of a table are written. blank: what the ORM would fill in. read: by place, how a value is written that the driver
    would not write as our column types do."""

    blank: Mapping[str, Any]
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    read: tuple[tuple[int, Callable[[Any], Any]], ...]
    regional: bool


def pour(session: Session, region: Region, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Each row is written with what it says, the defaults of its columns, and nothing else. This walks past the statement
    guard, so the region is written here and cannot be given."""
    target = table(model)
    plain = list(_full(model, region, rows))
    if not plain:
        return
    connection = session.connection()
    if region.on_sqlite:
        connection.exec_driver_sql(_of_marks(target), plain)
    elif region.behind_walls or len(plain) < FEW:
        for start in range(0, len(plain), MOST):
            together = tuple(map(list, zip(*plain[start : start + MOST], strict=True)))
            connection.exec_driver_sql(_of_arrays(target), together)
    else:
        with connection.connection.cursor().copy(f'COPY "{target.name}" ({_columns(target)}) FROM STDIN') as copy:
            for row in plain:
                copy.write_row(row)


def pour_once(
    session: Session,
    region: Region,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    once: Sequence[str],
    owned: tuple[type[Base], str, Sequence[Mapping[str, Any]]],
) -> int:
    """Rows whose columns `once` were written before are left out, and so is what they alone own: (its table, the column of ours
    that holds its id, one row for each of ours). Answers how many were new. On PostgreSQL all of it is one statement, so that
    whoever takes in little at a time pays one round trip, and one of two who write the same row at once waits and leaves it out."""
    theirs, by, their_rows = owned
    ours, mine = list(_full(model, region, rows)), list(_full(theirs, region, their_rows))
    connection = session.connection()
    if not region.on_sqlite:
        new = 0
        for start in range(0, len(ours), MOST):
            arrays = [*zip(*ours[start : start + MOST], strict=True), *zip(*mine[start : start + MOST], strict=True)]
            statement = _of_arrays_once(table(model), tuple(once), table(theirs), by)
            new += connection.exec_driver_sql(statement, tuple(map(list, arrays))).rowcount
        return new
    if not ours:
        return 0
    target = table(model)
    connection.exec_driver_sql(f"{_of_marks(target)} ON CONFLICT ({', '.join(once)}) DO NOTHING", ours)
    written = f'SELECT "{by}" FROM "{target.name}" WHERE id IN (SELECT value FROM json_each(?))'  # noqa: S608 - names of our own
    new_ones = set(connection.exec_driver_sql(written, (json.dumps([row["id"] for row in rows]),)).scalars())
    pour(session, region, theirs, [row for row in their_rows if row["id"] in new_ones])
    return len(new_ones)


def count_anew(session: Session, region: Region, models: Iterable[type[Base]]) -> None:
    """The planner's figures of tables that have more than doubled since they were taken; where there are such figures."""
    names = [table(model).name for model in models]
    if names and not region.on_sqlite:
        told = func.unnest(literal(names, ARRAY(Text))).column_valued("told")
        session.execute(select(func.count_anew(func.to_regclass(told))))


def outgrown(session: Session, region: Region) -> list[type[Base]]:
    """Whose tables have more than doubled since the planner's figures of them were taken; none where there are no such figures."""
    if region.on_sqlite:
        return []
    models = {table(mapper.class_).name: mapper.class_ for mapper in Base.registry.mappers}
    return [models[name] for name in session.scalars(OUTGROWN, {"names": list(models)})]


def blanks(target: Table) -> dict[str, Any]:
    """What each column holds where nobody says anything."""
    return {column.name: _default(column) for column in target.columns}


@cache
def _of_marks(target: Table) -> str:
    marks = ", ".join("?" * len(target.columns))
    return f'INSERT INTO "{target.name}" ({_columns(target)}) VALUES ({marks})'  # noqa: S608 - names of our own


@cache
def _of_arrays(target: Table) -> str:
    """One statement and one answer for many rows: a column of each is one array."""
    return f'INSERT INTO "{target.name}" ({_columns(target)}) SELECT * FROM unnest({_arrays(target)})'  # noqa: S608 - names of our own


@cache
def _of_arrays_once(target: Table, once: Sequence[str], theirs: Table, by: str) -> str:
    """What is owned is written for those rows that were: its count is theirs."""
    return f"""WITH written AS ({_of_arrays(target)} ON CONFLICT ({", ".join(once)}) DO NOTHING RETURNING "{by}")
        INSERT INTO "{theirs.name}" ({_columns(theirs)})
        SELECT * FROM unnest({_arrays(theirs)}) AS told ({_columns(theirs)}) WHERE told.id IN (SELECT "{by}" FROM written)"""  # noqa: S608 - names of our own


@cache
def _columns(target: Table) -> str:
    return ", ".join(f'"{one.name}"' for one in target.columns)


@cache
def _arrays(target: Table) -> str:
    """A mark for the array of each column. Texts without their length, as a cast would cut them off where an insert refuses."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = ["TEXT" if isinstance(one.type, String) else one.type.compile(dialect) for one in target.columns]
    return ", ".join(f"%b::{kind}[]" for kind in kinds)


@cache
def _shape(target: Table, on_sqlite: bool) -> Shape:
    columns = list(target.columns)
    names = [column.name for column in columns]
    read = [(place, how) for place, one in enumerate(columns) if (how := _reader(one, on_sqlite)) is not None]
    return Shape(blanks(target), itemgetter(*names), tuple(read), "region" in target.c)


def _full(model: type[Base], region: Region, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Their values by column, as the database takes them, and the region that nobody can give."""
    shape = _shape(table(model), region.on_sqlite)
    own = {"region": region.code} if shape.regional else {}
    width = len(shape.blank)
    for row in rows:
        full = {**shape.blank, **row, **own}
        if len(full) != width:
            raise ValueError(f"no columns of this table: {', '.join(sorted(full.keys() - shape.blank.keys()))}")
        found = shape.pick(full)
        if shape.read:
            values = list(found)
            for place, how in shape.read:
                if values[place] is not None:
                    values[place] = how(values[place])
            found = tuple(values)
        yield found


def _reader(column: Column[Any], on_sqlite: bool) -> Callable[[Any], Any] | None:
    """How our column types write a value: JSON as text; on SQLite instants as UTC text of fixed width, days as ISO."""
    if isinstance(column.type, JSON):
        return json.dumps
    if on_sqlite and isinstance(column.type, Instant):
        return _instant
    return date.isoformat if on_sqlite and isinstance(column.type, Date) else None


def _instant(value: datetime) -> str:
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[: -len("+00:00")]


def _default(column: Column[Any]) -> Any:
    """What the ORM would fill in."""
    return column.default.arg if isinstance(column.default, ColumnDefault) and column.default.is_scalar else None

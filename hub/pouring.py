"""Very many rows at once, past the ORM: COPY where the database has it, one prepared statement elsewhere."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnDefault, Date, Table, text
from sqlalchemy.orm import Session

from hub.models import Base, table
from hub.models.base import Instant
from hub.regions import Region


def pour(session: Session, region: Region, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Each row is written with what it says, the defaults of its columns, and nothing else. This walks past the statement
    guard, so the region is written here and cannot be given."""
    target = table(model)
    named = [column for column in target.columns if column.name != "region" or "region" not in target.c]
    names = [column.name for column in named]
    blank = {column.name: _default(column) for column in named}
    read = {place: how for place, one in enumerate(named) if (how := _reader(one, region.on_sqlite)) is not None}
    tuples = [_tuple({**blank, **row}, names, read) for row in rows]
    if not tuples:
        return
    own = (region.code,) if "region" in target.c else ()
    columns = ", ".join(f'"{name}"' for name in [*(["region"] if own else []), *names])
    if region.on_sqlite:
        marks = ", ".join("?" * (len(own) + len(names)))
        plain = [(*own, *row) for row in tuples]
        session.connection().exec_driver_sql(f'INSERT INTO "{target.name}" ({columns}) VALUES ({marks})', plain)  # noqa: S608 - names of our own
        return
    cursor = session.connection().connection.cursor()
    with cursor.copy(f'COPY "{target.name}" ({columns}) FROM STDIN') as copy:
        for row in tuples:
            copy.write_row((*own, *row))
    _count_anew(session, target)


def _tuple(row: Mapping[str, Any], names: Sequence[str], read: Mapping[int, Callable[[Any], Any]]) -> list[Any]:
    found = [row[name] for name in names]
    if len(row) != len(names) + ("region" in row):
        raise ValueError(f"no columns of this table: {', '.join(sorted(row.keys() - set(names)))}")
    for place, how in read.items():
        if found[place] is not None:
            found[place] = how(found[place])
    return found


def _reader(column: Column[Any], on_sqlite: bool) -> Callable[[Any], Any] | None:
    """How our column types write a value: JSON as text; on SQLite instants as UTC text of fixed width, days as ISO."""
    if isinstance(column.type, JSON):
        return json.dumps
    if on_sqlite and isinstance(column.type, Instant):
        return _instant
    return date.isoformat if on_sqlite and isinstance(column.type, Date) else None


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _default(column: Column[Any]) -> Any:
    """What the ORM would fill in."""
    return column.default.arg if isinstance(column.default, ColumnDefault) and column.default.is_scalar else None


def _count_anew(session: Session, target: Table) -> None:
    """Statistics of a table that has doubled since they were made are worse than none: look-ups by key become scans, and a
    file takes minutes instead of seconds. Autovacuum would see to it only after the upload."""
    size = text("SELECT pg_relation_size(oid) / 8192 > 2 * relpages FROM pg_class WHERE oid = to_regclass(:name)")
    if session.connection().scalar(size, {"name": target.name}):
        session.connection().execute(text(f'ANALYZE "{target.name}"'))

"""Very many rows of one table at once: COPY where the database has it, and plain SQL without the ORM's detours elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, func, literal, select, text
from sqlalchemy.orm import QueryableAttribute

from hub.models import Base, table
from hub.work import Work


def write_all(work: Work, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the same keys; ids and region are filled in. This walks past the statement guard, so the region is
    written here and cannot be given."""
    if not rows:
        return
    target, next_id = table(model), work.ids.next
    names = list(rows[0])
    keyed = "id" in target.c and "id" not in rows[0]
    head: list[str] = ["region", *(["id"] if keyed else [])]
    code = work.region.code
    tuples = [(code, next_id(), *row.values()) if keyed else (code, *row.values()) for row in rows]
    columns = ", ".join(f'"{name}"' for name in [*head, *names])
    if work.region.on_sqlite:
        marks = ", ".join("?" * (len(head) + len(names)))
        plain = [tuple(map(_plain, row)) for row in tuples]
        work.session.connection().exec_driver_sql(f'INSERT INTO "{target.name}" ({columns}) VALUES ({marks})', plain)  # noqa: S608 - names of our own
        return
    cursor = work.session.connection().connection.cursor()
    with cursor.copy(f'COPY "{target.name}" ({columns}) FROM STDIN') as copy:
        for row in tuples:
            copy.write_row(row)
    _count_anew(work, target.name)


def _count_anew(work: Work, name: str) -> None:
    """Statistics of a table that has doubled since they were made are worse than none: look-ups by key become scans, and a
    file takes minutes instead of seconds. Autovacuum would see to it only after the upload."""
    size = text("SELECT pg_relation_size(oid) / 8192 > 2 * relpages FROM pg_class WHERE oid = to_regclass(:name)")
    if work.session.scalar(size, {"name": name}):
        work.session.execute(text(f'ANALYZE "{name}"'))


def among(work: Work, column: QueryableAttribute[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column IN values` for thousands of them; PostgreSQL gets one array to join with."""
    if work.region.on_sqlite:
        return column.in_(values)
    return column.in_(select(func.unnest(literal(list(values), ARRAY(column.type)))))


def _plain(value: Any) -> Any:
    """As our column types write them: instants as UTC text of fixed width, days as ISO."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value

"""Very many rows of one table at once: COPY where the database has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.models import Base, table
from hub.work import Work


def write_all(work: Work, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the same keys; ids and region are filled in. A COPY walks past the statement guard, so the region is
    written here and cannot be given."""
    if not rows:
        return
    if work.region.on_sqlite:
        work.insert_all(model, rows)
        return
    target = table(model)
    names = [name for name in ("id", "region", *rows[0]) if name in target.c]
    names = list(dict.fromkeys(names))
    keyed = "id" in names
    own = {"region": work.region.code}
    quoted = ", ".join(f'"{name}"' for name in names)
    cursor = work.session.connection().connection.cursor()
    with cursor.copy(f'COPY "{target.name}" ({quoted}) FROM STDIN') as copy:
        for row in rows:
            full = {**({} if "id" in row or not keyed else {"id": work.ids.next()}), **row, **own}
            copy.write_row([full[name] for name in names])

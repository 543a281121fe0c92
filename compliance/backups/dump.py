"""All rows of a region into an archive and back, as of one moment, without the tables of keys: SQLite as a copy of its file,
PostgreSQL as COPY of each table. Loading is one transaction: a kill in its middle leaves everything as it was."""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, delete, inspect, select, text, update

from hub.errors import HubError
from hub.gate import PASS
from hub.models import Base, DataKey
from hub.regions import Region

FILE, COLUMNS, KEYS = "hub.db", "columns.json", "data_keys"
SECRET = (KEYS, "epochs")
OURS = (
    "alembic_version",
    "here",
    "nodes",
    "leases",
    *SECRET,
)  # of the database itself: they stay when rows are put back
PART = 1_000_000  # bytes


def heads(region: Region) -> list[str]:
    """The schema's version."""
    with region.engine.connect() as connection:
        rows = connection.execute(text("SELECT version_num FROM alembic_version ORDER BY version_num"))
        return [str(row[0]) for row in rows]


def write(region: Region, out: BinaryIO, workbench: Path) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        (_write_sqlite if region.on_sqlite else _write_postgres)(region, archive, workbench)


def load(region: Region, source: BinaryIO, workbench: Path) -> None:
    """Everything there is now gives way. Rows whose key is gone, as somebody was erased since, lose their hold on it."""
    with zipfile.ZipFile(source) as archive, _loading(region, archive, workbench) as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if any(key.column.table.name == KEYS for key in column.foreign_keys):
                    orphan = (column.is_not(None), column.not_in(select(DataKey.id)))
                    mended = update(table).values({column.name: None}) if column.nullable else delete(table)
                    connection.execute(mended.where(*orphan), execution_options={PASS: True})


def _tables(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_table_names() if name not in OURS]


# --- SQLite


def _write_sqlite(region: Region, archive: zipfile.ZipFile, workbench: Path) -> None:
    copy = workbench / FILE
    with region.engine.connect() as connection:
        _raw(connection).execute("VACUUM INTO ?", (str(copy),))
    try:
        database = sqlite3.connect(copy, isolation_level=None)
        database.execute("PRAGMA secure_delete = ON")
        for name in SECRET:
            database.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
        database.execute("VACUUM")
        database.close()
        archive.write(copy, FILE)
    finally:
        copy.unlink()


@contextmanager
def _loading_sqlite(region: Region, archive: zipfile.ZipFile, workbench: Path) -> Iterator[Connection]:
    path = Path(archive.extract(FILE, workbench))
    try:
        with region.engine.connect() as connection:
            raw = _raw(connection)
            raw.execute("ATTACH ? AS old", (str(path),))
            raw.execute("PRAGMA foreign_keys = OFF")  # rows come in any order; they are checked before the commit
            with connection.begin():
                for name in _tables(connection):
                    quoted = ", ".join(f'"{one["name"]}"' for one in inspect(connection).get_columns(name))
                    connection.exec_driver_sql(f'DELETE FROM main."{name}"')  # noqa: S608 - our own names
                    connection.exec_driver_sql(
                        f'INSERT INTO main."{name}" ({quoted}) SELECT {quoted} FROM old."{name}"'  # noqa: S608
                    )
                yield connection
                dangling = connection.exec_driver_sql("PRAGMA main.foreign_key_check").first()
                if dangling is not None:
                    raise HubError(
                        f"Rows of {dangling[0]} point at nothing.", "This backup does not fit this database."
                    )
    finally:
        path.unlink()


# --- PostgreSQL


def _write_postgres(region: Region, archive: zipfile.ZipFile, _workbench: Path) -> None:
    with region.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        names = _tables(connection)
        columns = {name: [one["name"] for one in inspect(connection).get_columns(name)] for name in names}
        archive.writestr(COLUMNS, json.dumps(columns))
        with _raw(connection).cursor() as cursor:
            for name, several in columns.items():
                quoted = ", ".join(f'"{one}"' for one in several)
                with (
                    archive.open(name, "w", force_zip64=True) as file,
                    cursor.copy(f'COPY "{name}" ({quoted}) TO STDOUT') as copy,
                ):
                    for some in copy:
                        file.write(some)


@contextmanager
def _loading_postgres(region: Region, archive: zipfile.ZipFile, _workbench: Path) -> Iterator[Connection]:
    """Foreign keys are checked at the commit."""
    columns: dict[str, list[str]] = json.loads(archive.read(COLUMNS))
    with region.engine.begin() as connection:
        names = ", ".join(f'"{name}"' for name in columns)
        connection.exec_driver_sql(f"TRUNCATE {names}")
        with _raw(connection).cursor() as cursor:
            for name, several in columns.items():
                quoted = ", ".join(f'"{one}"' for one in several)
                with archive.open(name) as file, cursor.copy(f'COPY "{name}" ({quoted}) FROM STDIN') as copy:
                    while some := file.read(PART):
                        copy.write(some)
        yield connection


def _loading(region: Region, archive: zipfile.ZipFile, workbench: Path) -> Any:
    return (_loading_sqlite if region.on_sqlite else _loading_postgres)(region, archive, workbench)


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection

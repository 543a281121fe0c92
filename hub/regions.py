"""A region's store: its database, key store, documents and Valkey; and the directory that knows which region, and nothing else."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Delete, Engine, Insert, MetaData, String, Table, create_engine, event, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool, QueuePool

from hub.errors import Busy, CrossingRefused, PartDown
from hub.gate import PASS
from hub.models import Regional
from rules.sql import teach_sqlite

BUSY_MS = 10_000
STAYING = (f"cache_size=-{256 * 1024}", "wal_autocheckpoint=16384")  # KiB of memory; pages of 4 KiB
READ = "read_only"  # execution option: look, and do not stand in the writers' queue


@dataclass(frozen=True)
class Region:
    """code: eu, gcc ... A process holds exactly one. sessions: makes sessions that refuse rows of another region."""

    code: str
    cell: int
    engine: Engine
    sessions: sessionmaker[Session]
    folder: Path

    @property
    def on_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def open_region(code: str, cell: int, url: str, folder: Path) -> Region:
    return _guarded(code, cell, open_engine(url), folder)


def _guarded(code: str, cell: int, engine: Engine, folder: Path) -> Region:
    _guard_statements(engine, code)
    sessions = sessionmaker(engine, expire_on_commit=False, autoflush=True)
    _guard_session(sessions, code)
    return Region(code, cell, engine, sessions, folder)


@contextmanager
def for_pouring(region: Region) -> Iterator[Region]:
    """The same store for one process that writes page after page. On SQLite one connection stays open meanwhile: what a page
    has read is in memory for the next, and the log is carried over now and then instead of after each page."""
    if not region.on_sqlite:
        yield region
        return
    engine = open_engine(region.engine.url.render_as_string(hide_password=False), stays=True)
    try:
        yield _guarded(region.code, region.cell, engine, region.folder)
    finally:
        engine.dispose()


def open_engine(url: str, *, stays: bool = False) -> Engine:
    """SQLite: WAL, BEGIN IMMEDIATE (a read-modify-write never loses to another), 10 s of patience, deleted bytes zeroed.

    hide_parameters: an error message must not carry a value. NullPool on SQLite: nothing is shared over a fork, except where
    the connection stays open for one process."""
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=5, max_overflow=10)
    path = sqlalchemy.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pool = QueuePool if stays else NullPool
    engine = create_engine(url, hide_parameters=True, poolclass=pool, connect_args={"timeout": BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            *(STAYING if stays else ()),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        teach_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READ) else "BEGIN IMMEDIATE")

    return engine


def _guard_session(sessions: sessionmaker[Session], code: str) -> None:
    @event.listens_for(sessions, "before_flush")
    def _refuse(session: Session, _context: Any, _instances: Any) -> None:
        for row in session.new | session.dirty:
            if isinstance(row, Regional) and row.region != code:
                raise CrossingRefused(f"A row of {type(row).__name__} for region {row.region} was written in {code}.")
        if session.deleted:
            raise CrossingRefused("A row was deleted past the gate.", "Use hub.gate.erase_rows.")


def _guard_statements(engine: Engine, code: str) -> None:
    """The second wall: inserts that walk past the session, and deletes that walk past the gate."""

    @event.listens_for(engine, "before_execute")
    def _refuse(_connection: Any, clause: Any, many: Any, one: Any, options: Mapping[str, Any]) -> None:
        if isinstance(clause, Delete) and not options.get(PASS) and not clause.get_execution_options().get(PASS):
            raise CrossingRefused(
                f"Rows of {clause.table.description} were deleted past the gate.", "Use hub.gate.erase_rows."
            )
        if isinstance(clause, Insert) and "region" in clause.table.c:
            rows = many or [one or {}]
            if any("region" not in row for row in rows):  # it stands in the statement itself
                given = clause.compile(dialect=engine.dialect).params.get("region")
                rows = [{"region": given, **row} for row in rows]
            wrong = {row["region"] for row in rows if row["region"] is not None and row["region"] != code}
            if wrong:
                raise CrossingRefused(f"Rows of {clause.table.description} for {wrong} were written in {code}.")


SCHEMA = MetaData()
homes = Table(
    "homes",
    SCHEMA,
    Column("ref", String(32), primary_key=True),
    Column("region", String(8), nullable=False),
    Column("state", String(16), nullable=False),
)


class Directory:
    """Which region a random ref lives in. The only store that regions share, and it holds nothing about anybody."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        SCHEMA.create_all(self.engine)

    def add(self, refs: Iterable[str], region: str) -> None:
        """Idempotent. Called before the region commits: a ref that never comes to life tells nothing."""
        rows = [{"ref": ref, "region": region, "state": "home"} for ref in refs]
        if rows:
            insert = sqlite_insert if self.engine.dialect.name == "sqlite" else pg_insert
            with self.engine.begin() as connection:
                connection.execute(insert(homes).on_conflict_do_nothing(), rows)

    def home(self, ref: str) -> str | None:
        if not re.fullmatch("[0-9a-f]{32}", ref):
            return None
        with self.engine.connect().execution_options(**{READ: True}) as connection:
            return connection.scalar(select(homes.c.region).where(homes.c.ref == ref))


FULL = ("disk is full", "disk I/O error", "No space left", "could not extend")  # in the words of both databases


def down(what: str, error: OperationalError) -> PartDown:
    """A database that has no room says so, and so does one that others are writing to; every other one does not answer."""
    if any(words in str(error.orig) for words in FULL):
        return PartDown(f"{what} cannot write: its disk is full, or gone.", "Free some; what was done before is kept.")
    if "database is locked" in str(error.orig):
        return Busy(f"{what} is kept busy by others.", "Try again in a moment.")
    return PartDown(f"{what} does not answer.", "Try again in a moment.")

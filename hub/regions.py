"""A region's store: its database, key store, documents and Valkey; and the directory that knows which region, and nothing else."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakSet

import sqlalchemy
from sqlalchemy import Column, Delete, Engine, Insert, MetaData, String, Table, create_engine, event, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from hub import lines
from hub.errors import Busy, CrossingRefused, PartDown
from hub.gate import PASS
from hub.models import Regional
from hub.walls import hold
from rules.sql import teach_sqlite

BUSY_MS = 10_000
RESTING, MORE = 5, 10  # lines to PostgreSQL that a process keeps, and that it may have beside them for a while
LONG, PAUSE = 0.5, 0.12  # seconds; whoever waits for SQLite's lock looks ten times a second whether it is free
CUT_MS, CUTS = 200, 5  # so long, and so often, emptying the log waits for readers; writers stand behind it meanwhile
STAYING = (f"cache_size=-{256 * 1024}", "wal_autocheckpoint=16384")  # KiB of memory; pages of 4 KiB
POOLED = (
    "pooler"  # in the address of a PgBouncer: ?pooler=transaction, where the next transaction may meet another server
)
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

    @cached_property
    def behind_walls(self) -> bool:
        """Whether row-level security holds us: then PostgreSQL refuses COPY. Asked once, as it follows from our role."""
        with self.engine.connect() as connection:
            return hold(connection)

    def end_look(self, line: sqlalchemy.Connection) -> None:
        """There is nothing to take back, and a rollback would have PostgreSQL's driver forget all statements that it has prepared:
        each page was planned anew. On SQLite nothing keeps a look from writing, so there it is rolled back all the same."""
        if not self.on_sqlite and line.in_transaction():
            line.commit()

    def let_others_in(self, held: float) -> None:
        """After a transaction of so many seconds. SQLite has no queue of writers: whoever begins again at once wins each time, and
        the others give up after ten seconds."""
        if self.on_sqlite and held > LONG:
            time.sleep(PAUSE)


def open_region(code: str, cell: int, url: str, folder: Path) -> Region:
    return _guarded(code, cell, open_engine(url, code), folder)


def _guarded(code: str, cell: int, engine: Engine, folder: Path) -> Region:
    _guard_statements(engine, code)
    sessions = sessionmaker(engine, expire_on_commit=False, autoflush=True)
    _guard_session(sessions, code)
    return Region(code, cell, engine, sessions, folder)


@contextmanager
def for_pouring(region: Region) -> Iterator[Region]:
    """The same store for one process that writes page after page. On SQLite with more memory meanwhile: what a page has read
    is there for the next, and the log is carried over seldom."""
    if not region.on_sqlite:
        yield region
        return
    engine = open_engine(region.engine.url.render_as_string(hide_password=False), stays=True)
    try:
        yield _guarded(region.code, region.cell, engine, region.folder)
    finally:
        engine.dispose()


def open_engine(url: str, region: str = "", *, stays: bool = False) -> Engine:
    """SQLite: WAL, BEGIN IMMEDIATE (a read-modify-write never loses to another), 10 s of patience, deleted bytes zeroed.

    hide_parameters: an error message must not carry a value. On SQLite one idle connection stays open per process: whoever
    closes the last one carries the whole log over, which costs more than the transaction did. Call `empty_log` after a
    shredding. stays: with the memory of a process that pours. region: for which one it works on PostgreSQL; without it the walls
    of a region show nothing (hub.walls)."""
    if not url.startswith("sqlite"):
        return _open_postgres(sqlalchemy.make_url(url), region)
    path = sqlalchemy.make_url(url).database or ""
    Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        url, hide_parameters=True, poolclass=QueuePool, pool_size=1, max_overflow=-1, connect_args={"timeout": BUSY_MS / 1000}
    )  # fmt: skip
    _ON_SQLITE.add(engine)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
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
        record.info["file"] = _file_at(path)

    @event.listens_for(engine, "checkout")
    def _is_still_there(_connection: Any, record: Any, _proxy: Any) -> None:
        """Whoever puts another file in its place is not written past: the idle connection would hold on to the old one."""
        if record.info["file"] != _file_at(path):
            raise DisconnectionError("the database file was replaced")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READ) else "BEGIN IMMEDIATE")

    return engine


def _open_postgres(url: sqlalchemy.URL, region: str) -> Engine:
    """Behind a pooler of transactions nothing is prepared, as a statement that one server knows the next does not; we keep no other
    state between transactions. So the region is said in the breath that begins each of them, which costs no round trip: we begin,
    and not the driver, unless a transaction sees all tables as of one moment. This first word shows as well whether a line that
    rested is still there: where it is not, another is taken before anything was done."""
    pooled = url.query.get(POOLED) == "transaction"
    engine = create_engine(
        url.difference_update_query([POOLED]), hide_parameters=True, pool_pre_ping=not region, pool_size=RESTING,
        max_overflow=MORE, pool_timeout=lines.SILENT,
        connect_args={**lines.of_postgres(url.query, pooled=pooled), **({"prepare_threshold": None} if pooled else {})},
        **({"isolation_level": "AUTOCOMMIT"} if region else {}),
    )  # fmt: skip
    said = f"SET LOCAL hub.region = '{region}'"

    def begin(connection: sqlalchemy.Connection) -> None:
        how = "BEGIN READ ONLY" if connection.get_execution_options().get(READ) else "BEGIN"
        for left in reversed(range(RESTING + MORE + 1)):
            driver: Any = connection.connection.driver_connection
            try:
                driver.execute(f"{how}; {said}" if driver.autocommit else said, prepare=False)
                return
            except driver.OperationalError as error:
                connection.invalidate(error)
                if not left or not driver.autocommit:
                    # One that was told how to look is not replaced by one that was not.
                    raise OperationalError(said, None, error) from error

    if region:
        event.listen(engine, "begin", begin)
    return engine


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_ON_SQLITE: WeakSet[Engine] = WeakSet()


def _close_idle() -> None:
    """A connection to SQLite must not cross a fork (sqlite.org/howtocorrupt.html, 2.6)."""
    for engine in list(_ON_SQLITE):
        engine.dispose()


os.register_at_fork(before=_close_idle)


def empty_log(engine: Engine) -> bool:
    """Carry SQLite's log over and cut it to nothing: pages from before a shredding would stay in it until they are written
    over. False: somebody still reads what was before, so ask again."""
    if engine.dialect.name != "sqlite":
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={CUT_MS}")
        for _ in range(CUTS):
            is_busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy:
                break
            time.sleep(CUT_MS / 1000)  # somebody else carries it over, and SQLite does not wait for that
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        return not is_busy
    finally:
        raw.close()


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

    def move(self, ref: str, region: str) -> None:
        """Idempotent. From now on the ref lives there."""
        with self.engine.begin() as connection:
            connection.execute(update(homes).where(homes.c.ref == ref).values(region=region))

    def home(self, ref: str) -> str | None:
        if not re.fullmatch("[0-9a-f]{32}", ref):
            return None
        with self.engine.connect().execution_options(**{READ: True}) as connection:
            return connection.scalar(select(homes.c.region).where(homes.c.ref == ref))


FULL = ("disk is full", "disk I/O error", "No space left", "could not extend")  # in the words of both databases


AWAY = (
    OperationalError,
    NoConnection,
)  # what a database raises that cannot be asked; the second: all lines of ours are taken


def down(what: str, error: OperationalError | NoConnection) -> PartDown:
    """A database that has no room says so, and so does one that others are writing to; every other one does not answer."""
    if isinstance(error, NoConnection):
        return Busy(f"{what} is kept busy by others, or does not answer.", "Try again in a moment.")
    if any(words in str(error.orig) for words in FULL):
        return PartDown(f"{what} cannot write: its disk is full, or gone.", "Free some; what was done before is kept.")
    if "database is locked" in str(error.orig):
        return Busy(f"{what} is kept busy by others.", "Try again in a moment.")
    return PartDown(f"{what} does not answer.", "Try again in a moment.")

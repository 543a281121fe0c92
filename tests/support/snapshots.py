"""Random customers as a snapshot, for an engine to choose among."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import reduce
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine
from sqlalchemy.event import listen
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from histories import CATALOGUE, ROWS, TABLES, World, pour
from hub.snapshots.engines import Ask
from hub.snapshots.files import Held, take
from hub.vault import OpenKey
from meaning import Choose
from rules.dependencies import Reads, dependencies
from rules.sql import select_members, teach_sqlite
from rules.sql.columnar import Query, query
from rules.sql.flat import flat
from rules.tree import Condition

KEY = OpenKey(1, bytes(range(32)))
FLAT = flat(TABLES, CATALOGUE)
Answering = Callable[[Mapping[str, Held], Path], AbstractContextManager[Ask]]


def has_spark() -> bool:
    return find_spec("pyspark") is not None and which("java") is not None


needs_spark = pytest.mark.skipif(not has_spark(), reason="no Spark on this machine: pip install pyspark, and Java 17")


def queries_of(conditions: Sequence[Condition], dialect: str, now: datetime, zone: str) -> list[Query]:
    return [query(select_members(one, FLAT, now, zone), dialect) for one in conditions]


def taken(
    session: Session, folder: Path, queries: Sequence[Query], conditions: Sequence[Condition]
) -> Mapping[str, Held]:
    """What these ask for, of the tables of histories."""
    reads = reduce(Reads.joined, map(dependencies, conditions))
    return take(session, folder, KEY, ROWS.tables, CATALOGUE, queries, reads)


@contextmanager
def empty(url: str = "sqlite://") -> Iterator[Session]:
    """A database with the tables of histories."""
    engine = create_engine(url, poolclass=StaticPool)
    if engine.dialect.name == "sqlite":
        listen(engine, "connect", lambda connection, _record: teach_sqlite(connection))
    try:
        with Session(engine) as session:
            ROWS.create_all(session.connection())
            yield session
    finally:
        engine.dispose()


@contextmanager
def choosing(dialect: str, answering: Answering, url: str = "sqlite://") -> Iterator[Choose]:
    """By an engine over snapshots of this database, a new one for each world."""
    with empty(url) as session:

        def choose(rows: World, conditions: Sequence[Condition], now: datetime, zone: str) -> list[set[int]]:
            pour(session.connection(), rows)
            queries = queries_of(conditions, dialect, now, zone)
            with TemporaryDirectory() as folder:
                held = taken(session, Path(folder), queries, conditions)
                with answering(held, Path(folder)) as ask:
                    return [set(ask(one)) for one in queries]

        yield choose

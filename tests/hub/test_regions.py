"""A region keeps to itself, at each wall alone, and SQLite loses no update."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from threading import Event, Thread

import pytest
from sqlalchemy import delete, event, insert, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from hub import regions
from hub.errors import Busy, CrossingRefused
from hub.models import AuditEntry, Base, Branch, Here, Tombstone, table
from hub.regions import Directory, down, empty_log, open_engine, open_region
from writers import ROUNDS, add_one

WRITERS = 4


def a_branch(work, region):
    return Branch(id=work.ids.next(), code="x", title="X", zone="UTC", region=region)


def test_the_session_refuses_a_row_of_another_region(hub):
    with pytest.raises(CrossingRefused), hub.begin() as work:
        work.session.add(a_branch(work, "gcc"))


def test_a_statement_that_walks_past_the_session_is_refused_too(hub):
    with pytest.raises(CrossingRefused), hub.begin() as work:
        work.session.execute(insert(Branch), [{"id": 1, "code": "x", "title": "X", "zone": "UTC", "region": "gcc"}])


def test_a_literal_value_in_a_statement_is_refused_too(hub):
    with pytest.raises(CrossingRefused), hub.begin() as work:
        work.session.execute(insert(Branch).values(id=1, code="x", title="X", zone="UTC", region="gcc"))


def test_the_database_itself_refuses_it_where_both_guards_are_gone(hub):
    bare = open_engine(hub.settings.owner_url("eu"))
    with pytest.raises(IntegrityError), Session(bare) as session, session.begin():
        session.execute(insert(Branch), [{"id": 1, "code": "x", "title": "X", "zone": "UTC", "region": "gcc"}])
    bare.dispose()


@pytest.mark.parametrize("wall", ["session", "statement", "foreign key", "none"])
def test_each_wall_refuses_alone_where_the_others_are_removed(tmp_path, wall):
    """The fourth, the credentials of a process, stands in test_walls: there nobody guards a statement, and the region is a right one."""
    engine = open_engine(f"sqlite:///{tmp_path / 'one.db'}")
    if wall != "foreign key":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    Base.metadata.create_all(engine, tables=[table(Here), table(Branch)])
    sessions = sessionmaker(engine)
    if wall == "session":
        regions._guard_session(sessions, "eu")
    if wall == "statement":
        regions._guard_statements(engine, "eu")

    refused = nullcontext() if wall == "none" else pytest.raises((CrossingRefused, IntegrityError))
    with refused, sessions.begin() as session:
        session.add(Branch(id=1, code="x", title="X", zone="UTC", region="gcc"))

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM branches")) == (wall == "none")
    engine.dispose()


def test_a_delete_past_the_gate_is_refused(hub):
    with pytest.raises(CrossingRefused, match="gate"), hub.begin() as work:
        work.session.execute(delete(Tombstone))


def test_a_row_deleted_through_the_session_is_refused(hub):
    with hub.begin() as work:
        work.audit("test", "tried", "nothing")
    with pytest.raises(CrossingRefused, match="gate"), hub.begin() as work:
        work.session.delete(work.session.query(AuditEntry).first())


def test_the_directory_knows_the_region_of_a_ref_and_nothing_else(tmp_path):
    directory = Directory(f"sqlite:///{tmp_path}/directory.db")

    directory.add(["a" * 32], "eu")
    directory.add(["a" * 32], "eu")

    assert directory.home("a" * 32) == "eu"
    assert directory.home("b" * 32) is None
    assert directory.home("' OR 1=1") is None
    directory.engine.dispose()


def test_a_database_that_others_write_to_for_long_is_busy_and_not_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(regions, "BUSY_MS", 1)
    engine = open_engine(f"sqlite:///{tmp_path / 'busy.db'}")

    with engine.begin(), pytest.raises(OperationalError) as refused, engine.begin():
        pass

    assert isinstance(down("The database of eu", refused.value), Busy)
    engine.dispose()


def test_whoever_writes_for_long_again_and_again_lets_others_in_between(tmp_path, monkeypatch):
    """Eight transactions of a third of a second, each begun when the one before has ended."""
    monkeypatch.setattr(regions, "LONG", 0.1)
    region = open_region("eu", 0, f"sqlite:///{tmp_path / 'shared.db'}", tmp_path)
    other = open_engine(f"sqlite:///{tmp_path / 'shared.db'}")
    for engine in (region.engine, other):  # whoever opens a new file first makes it what it is, and waits for nobody
        with engine.begin():
            pass
    came_in = Event()

    def ask() -> None:
        with other.begin():
            came_in.set()

    with region.engine.begin():
        asking = Thread(target=ask)
        asking.start()
        time.sleep(0.3)
    for _ in range(8):
        region.let_others_in(0.3)
        with region.engine.begin():
            time.sleep(0.3)
    was_let_in = came_in.is_set()
    asking.join()

    assert was_let_in
    region.engine.dispose()
    other.dispose()


@pytest.fixture
def noted(tmp_path):
    """An engine on SQLite with a row that was written and taken out again, and its log."""
    engine = open_engine(f"sqlite:///{tmp_path / 'noted.db'}")
    for statement in ("CREATE TABLE note (words TEXT)", "INSERT INTO note VALUES ('canary')", "DELETE FROM note"):
        with engine.begin() as connection:
            connection.execute(text(statement))
    yield engine, tmp_path / "noted.db-wal"
    engine.dispose()


def test_the_log_is_not_carried_over_after_each_transaction_and_is_emptied_when_asked(noted):
    engine, log = noted

    assert b"canary" in log.read_bytes()
    assert empty_log(engine)
    assert log.read_bytes() == b""


def test_a_log_that_somebody_reads_says_that_it_was_not_emptied(noted, monkeypatch):
    engine, _ = noted
    monkeypatch.setattr(regions, "CUT_MS", 1)

    with engine.connect() as reader:
        reader.connection.driver_connection.execute("BEGIN")
        reader.connection.driver_connection.execute("SELECT * FROM note").fetchall()
        assert not empty_log(engine)
        reader.connection.driver_connection.execute("ROLLBACK")

    assert empty_log(engine)


def test_no_connection_to_sqlite_crosses_a_fork(noted):
    engine, _ = noted
    assert engine.pool.checkedin() == 1

    child = os.fork()
    if child == 0:
        os._exit(engine.pool.checkedin())

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert engine.pool.checkedin() == 0


def test_a_file_put_in_the_place_of_the_database_is_the_one_that_is_written(noted, tmp_path):
    engine, _ = noted
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE another (n INTEGER)"))
    other.dispose()
    empty_log(engine)

    (tmp_path / "other.db").replace(tmp_path / "noted.db")

    with engine.begin() as connection:
        assert connection.scalar(text("SELECT name FROM sqlite_master")) == "another"


def test_four_writers_lose_no_update_on_sqlite(tmp_path):
    path = tmp_path / "counter.db"
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))

    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(add_one, [path] * WRITERS))

    with engine.begin() as connection:
        assert connection.scalar(text("SELECT n FROM counter")) == WRITERS * ROUNDS
    engine.dispose()


def test_a_writer_that_waited_for_another_has_not_held_others_up(hub, monkeypatch):
    held, writing = [], Event()
    monkeypatch.setattr(regions.Region, "let_others_in", lambda _, seconds: held.append(seconds))

    def write() -> None:
        with hub.region.engine.begin():
            writing.set()
            time.sleep(0.4)

    other = Thread(target=write)
    other.start()
    writing.wait()
    with hub.begin() as work:
        work.session.execute(text("SELECT 1"))
    other.join()

    assert held[0] < 0.3

"""The PostgreSQL that other tests stand on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from postgres import OwnPostgres, Postgres, start_postgres
from recycled import OTHERS, Recycled

pytestmark = pytest.mark.postgres
SUPPORT = Path(__file__).parent / "support"


def ask(url: str, question: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return connection.execute(text(question)).scalar()
    finally:
        engine.dispose()


def change(url: str, *commands: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for command in commands:
            connection.execute(text(command))
    engine.dispose()


def test_a_database_is_a_real_postgresql_in_utf8(postgres_url: str) -> None:
    assert str(ask(postgres_url, "SELECT version()")).startswith("PostgreSQL")
    assert ask(postgres_url, "SHOW server_encoding") == "UTF8"
    assert ask(postgres_url, "SELECT upper('müller é')") == "MÜLLER É"


def test_two_databases_see_nothing_of_each_other(postgres: Postgres) -> None:
    eu, gcc = postgres.create("eu"), postgres.create("gcc")
    change(eu, "CREATE TABLE visit (id int)")

    assert ask(eu, "SELECT to_regclass('visit')::text") == "visit"
    assert ask(gcc, "SELECT to_regclass('visit')::text") is None

    postgres.drop("eu")
    postgres.drop("gcc")


def test_a_database_can_be_copied_from_another(postgres: Postgres) -> None:
    change(postgres.create("migrated"), "CREATE TABLE visit (id int)", "INSERT INTO visit VALUES (7)")

    copy = postgres.create("copy", template="migrated")

    assert ask(copy, "SELECT id FROM visit") == 7
    postgres.drop("copy")
    postgres.drop("migrated")


def test_a_database_in_use_can_be_dropped(postgres: Postgres) -> None:
    engine = create_engine(postgres.create("busy"))
    held = engine.connect()

    postgres.drop("busy")

    with postgres.connect() as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%busy'").fetchall()
    assert names == []
    held.invalidate()
    engine.dispose()


def test_a_named_server_is_used_and_left_as_it_was(postgres: Postgres) -> None:
    given = postgres.url.render_as_string(hide_password=False)
    guest = start_postgres({"HUB_TEST_PG_URL": given})
    assert not isinstance(guest, OwnPostgres)

    assert ask(guest.create("eu"), "SELECT 1") == 1
    guest.stop()

    with postgres.connect() as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [guest.prefix]
        ).fetchall()
    assert names == []


def number_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_stopped_server_leaves_nothing_behind() -> None:
    own = OwnPostgres()
    own.create("eu")
    pid = number_of(own.folder)

    own.stop()

    assert is_gone(pid)
    assert not own.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_test_run_that_is_killed_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import os\ndef test_it(postgres):\n    open('folder', 'w').write(str(postgres.folder))\n"
        f"    open('pid', 'w').write(open(postgres.folder / 'data' / 'postmaster.pid').readline())\n"
        f"    os.killpg(0, {number.value})  # the whole group, as a terminal does\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(SUPPORT)}
    environ.pop("HUB_TEST_PG_URL", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "postgres", "-p", "no:cacheprovider", str(tmp_path)]

    subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False, start_new_session=True)

    folder = Path((tmp_path / "folder").read_text())
    assert folder.name.startswith("hub-pg-")
    wait_until(lambda: not folder.exists())
    assert is_gone(int((tmp_path / "pid").read_text()))


def wait_until(done: Callable[[], bool]) -> None:
    """The watcher acts after the death of the one that would have told us."""
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def test_a_database_that_is_given_back_is_as_its_template_was(postgres: Postgres) -> None:
    tables = ("CREATE TABLE here (id int PRIMARY KEY)", "CREATE TABLE visit (here int REFERENCES here)")
    change(postgres.create("made"), *tables, "INSERT INTO here VALUES (1)")
    recycled = Recycled(postgres)
    recycled.take("first", "made")
    held = create_engine(postgres.url_for("first")).connect()
    change(postgres.url_for("first"), "INSERT INTO here VALUES (2)", "INSERT INTO visit VALUES (2)")

    recycled.give_back("first")

    assert recycled.reserve("made") == "first"
    assert recycled.reserve("made") is None, "whoever holds it has it alone"
    recycled.take("first", "made")
    assert ask(postgres.url_for("first"), "SELECT max(id) FROM here") == 1
    assert ask(postgres.url_for("first"), "SELECT count(*) FROM visit") == 0
    held.invalidate()
    held.engine.dispose()
    recycled.drop("first")


def test_a_database_is_emptied_whatever_became_of_the_line_that_emptied_it_before(postgres: Postgres) -> None:
    change(postgres.create("short"), "CREATE TABLE visit (id int)")
    recycled = Recycled(postgres)
    for _ in range(2):
        recycled.take("cut", "short")
        change(postgres.url_for("cut"), "INSERT INTO visit VALUES (1)")
        ask(postgres.url_for("cut"), OTHERS)
        recycled.give_back("cut")
        recycled.reserve("short")

    assert ask(postgres.url_for("cut"), "SELECT count(*) FROM visit") == 0
    recycled.drop("cut")


def test_what_was_reserved_and_written_to_without_being_taken_is_emptied_as_well(postgres: Postgres) -> None:
    change(postgres.create("unasked"), "CREATE TABLE visit (id int)")
    recycled = Recycled(postgres)
    recycled.take("own", "unasked")
    recycled.give_back("own")
    recycled.reserve("unasked")
    change(postgres.url_for("own"), "INSERT INTO visit VALUES (1)")

    recycled.leave("own")

    assert recycled.reserve("unasked") == "own"
    assert ask(postgres.url_for("own"), "SELECT count(*) FROM visit") == 0
    recycled.drop("own")


def test_whoever_may_change_the_tables_has_a_database_that_is_not_lent_again(postgres: Postgres) -> None:
    change(postgres.create("kept"), "CREATE TABLE visit (id int)")
    recycled = Recycled(postgres)
    recycled.take("changed", "kept")
    recycled.give_back("changed")
    recycled.reserve("kept")

    recycled.own("changed", "kept")
    recycled.leave("changed")

    assert recycled.reserve("kept") is None
    assert "changed" not in postgres.created

"""Behind a PgBouncer that pools transactions: each one may meet another server, and nothing of ours is missed there."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import DBAPIError

from hub.migrations import migrate
from hub.models import Here
from hub.regions import open_engine

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
NOBODY = 65534
PORT = 6999  # of the socket's name alone: nobody listens on the network

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer on this machine (Debian: apt install pgbouncer)"),
]


@pytest.fixture
def pooled(postgres_url: str) -> Iterator[str]:
    """The address of a database of this test's own through two pooled servers."""
    given = make_url(postgres_url)
    folder = Path(tempfile.mkdtemp(prefix="hub-pb-", dir="/tmp"))  # a socket needs a short path
    at = " ".join(
        f"{name}={value}"
        for name, value in (("host", given.query.get("host") or given.host), ("port", given.port), ("dbname", given.database),
                            ("user", given.username), ("password", given.password)) if value
    )  # fmt: skip
    (folder / "users.txt").write_text(f'"{given.username}" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\npooled = {at}\n[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {folder}\nauth_type = any\n"
        f"{_unprepared()}auth_file = {folder}/users.txt\npool_mode = transaction\ndefault_pool_size = 2\nlogfile = {folder}/log\n"
    )
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
    server = subprocess.Popen([str(PGBOUNCER), "-q", str(folder / "pgbouncer.ini")], cwd="/", **user)  # type: ignore[call-overload]
    url = f"postgresql+psycopg://{given.username}@/pooled?host={folder}&port={PORT}"
    try:
        _wait(folder, str(given.username))
        yield url
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def _unprepared() -> str:
    """From 1.21 on it can prepare for its clients; here it is the one that does not."""
    told = subprocess.run([str(PGBOUNCER), "--version"], check=True, capture_output=True, text=True).stdout
    version = tuple(int(part) for part in told.split()[1].split(".")[:2])
    return "max_prepared_statements = 0\n" if version >= (1, 21) else ""


def _wait(folder: Path, user: str) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(host=str(folder), port=PORT, dbname="pooled", user=user).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def asked(url: str, times: int = 60) -> list[int]:
    """The same statements from eight threads, each in a transaction of its own, so that the two servers change hands."""
    engine = open_engine(url)

    def one(number: int) -> int:
        with engine.begin() as connection:
            server = connection.scalar(select(func.pg_backend_pid()))
            connection.scalar(select(func.count()).select_from(Here).where(Here.cell == number))
        return int(server or 0)

    try:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, range(times)))
    finally:
        engine.dispose()


def test_a_region_is_opened_and_asked_through_a_pooler_of_transactions(pooled: str) -> None:
    url = f"{pooled}&pooler=transaction"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()

    servers = asked(url)

    assert len(set(servers)) == 2, "one server had it all: it proves nothing"


def test_without_the_setting_a_prepared_statement_is_missed_at_the_other_server(pooled: str) -> None:
    """What the setting is there for."""
    engine = open_engine(f"{pooled}&pooler=transaction")
    migrate(engine)
    engine.dispose()

    with pytest.raises(DBAPIError, match="prepared statement"):
        asked(pooled, 600)

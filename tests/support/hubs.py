"""A whole hub for a test: its own regions on SQLite or PostgreSQL, its own Valkey, a clock that stands until it is moved."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, partial
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import make_url

from hub.cli.running import open_region
from hub.core import Hub, build_hub, directory_url
from hub.embedded import ValkeyServer
from hub.regions import Directory
from hub.settings import Settings, load_settings
from leaks import blank
from postgres import Postgres
from recycled import Recycled

LENDING = {"eu": {"hub", "twins"}, "gcc": {"gcc_hub"}}  # by which fixtures a region's database is lent
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CONFIG = Path(__file__).parent / "config"


class StandingClock:
    """Time moves when a test says so; each look is a microsecond later, so that orders by time are kept."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    client = Redis.from_url(valkey)
    client.flushall()
    yield client
    client.close()


def databases() -> list[str]:
    return os.environ.get("HUB_TEST_DATABASES", "sqlite,postgresql").split(",")


@pytest.fixture(params=databases())
def database(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a hub runs on SQLite and on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


Files = Mapping[Path, tuple[int, bytes | None]]  # below a folder: rights, and what a file holds; none for a folder


def read_all(folder: Path) -> Files:
    paths = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder): (path.stat().st_mode, None if path.is_dir() else path.read_bytes()) for path in paths
    }


def lay_out(files: Files, folder: Path) -> None:
    """A tenth of the time of a copy: that asks about owners, times and attributes of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, (rights, held) in files.items():
        if held is None:
            (folder / path).mkdir(rights, exist_ok=True)
        else:
            with open(folder / path, "wb", opener=partial(os.open, mode=rights)) as file:
                file.write(held)


class Openings:
    """Regions opened once in a run and copied for each test: a migration takes longer than most tests."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.folder = folder
        self.request = request
        self.opened: dict[tuple[str, str], tuple[Files, str]] = {}

    @cached_property
    def directory(self) -> Files:
        """Of nobody yet."""
        folder = self.folder / "directory"
        Directory(directory_url(folder)).engine.dispose()
        return read_all(folder)

    @cached_property
    def recycled(self) -> Recycled:
        return Recycled(self.request.getfixturevalue("postgres"))

    def close(self) -> None:
        if "recycled" in vars(self):
            self.recycled.close()

    def copy(self, settings: Settings, database: str, code: str) -> None:
        """A region of a test's own."""
        template = self._files(settings, database, code)
        if database == "postgresql":
            self.recycled.own(self._name(settings, code), template)

    @contextmanager
    def lent(self, settings: Settings, database: str, code: str) -> Iterator[None]:
        """A region whose schema stays as it is, so that its database can serve the next one."""
        template = self._files(settings, database, code)
        if database != "postgresql":
            yield
            return
        name = self._name(settings, code)
        self.recycled.take(name, template)
        yield
        self.recycled.give_back(name)

    def name(self, code: str) -> str:
        """Of a database of PostgreSQL that will be lent: of one that lies ready, if there is one."""
        opened = self.opened.get(("postgresql", code))
        return (opened and self.recycled.reserve(opened[1])) or fresh_name(code)

    def _files(self, settings: Settings, database: str, code: str) -> str:
        if (database, code) not in self.opened:
            self.opened[database, code] = self._open(database, code)
        files, template = self.opened[database, code]
        lay_out(files, settings.folder(code))
        if not (settings.home / "directory.db").exists():  # the regions of a home share it
            lay_out(self.directory, settings.home)
        return template

    def _name(self, settings: Settings, code: str) -> str:
        return str(make_url(settings.database_url(code)).database).removeprefix(self.recycled.postgres.prefix)

    def _open(self, database: str, code: str) -> tuple[Files, str]:
        environ = {"HUB_HOME": str(self.folder / database), "HUB_CONFIG": str(CONFIG)}
        template = f"template_{code}_{os.urandom(4).hex()}"
        if database == "postgresql":
            postgres = self.request.getfixturevalue("postgres")
            postgres.create(template)
            environ |= postgres_of(postgres, code, template)
        settings = load_settings(environ)
        open_region(settings, code, lambda: NOW)
        blank(settings.folder(code))
        return read_all(settings.folder(code)), template


@pytest.fixture(scope="session")
def openings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Openings]:
    openings = Openings(tmp_path_factory.mktemp("openings"), request)
    yield openings
    openings.close()


@pytest.fixture
def settings(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Settings:
    return settings_in(tmp_path, database, request)


def settings_in(folder: Path, database: str, request: pytest.FixtureRequest) -> Settings:
    config = folder / "config"
    lay_out(_configuration(), config)
    environ = {"HUB_HOME": str(folder / "var"), "HUB_CONFIG": str(config)}
    if database == "postgresql":
        postgres = request.getfixturevalue("postgres")
        for code in ("eu", "gcc"):
            if LENDING[code].isdisjoint(request.fixturenames):
                name, leave = fresh_name(code), postgres.drop
            else:
                openings = request.getfixturevalue("openings")
                name, leave = openings.name(code), openings.recycled.leave
            environ |= postgres_of(postgres, code, name)
            request.addfinalizer(partial(leave, name))
    read = _read_settings()
    own = {"regions": dict(read.regions), "connections": dict(read.connections)}
    return replace(read, home=folder / "var", config=config, environ=environ, **own)  # type: ignore[arg-type]


def fresh_name(code: str) -> str:
    return f"hub_{code}_{os.urandom(4).hex()}"


def postgres_of(postgres: Postgres, code: str, name: str) -> dict[str, str]:
    """As in production: who works is not who owns, so that every test stands behind the walls."""
    return {
        f"HUB_DATABASE_{code.upper()}": postgres.application_url_for(name),
        f"HUB_OWNER_{code.upper()}": postgres.url_for(name),
    }


@cache
def _configuration() -> Files:
    return read_all(CONFIG)


@cache
def _read_settings() -> Settings:
    """hub.yaml is the same for every test, and takes longer to read than many a test."""
    return load_settings({"HUB_CONFIG": str(CONFIG)})


@pytest.fixture
def hub(settings: Settings, database: str, openings: Openings, redis: Redis, clock: StandingClock) -> Iterator[Hub]:
    """The eu region's hub of tests/support/config."""
    yield from _built(settings, database, openings, redis, clock, "eu")


@pytest.fixture
def gcc_hub(settings: Settings, database: str, openings: Openings, redis: Redis, clock: StandingClock) -> Iterator[Hub]:
    yield from _built(settings, database, openings, redis, clock, "gcc")


@pytest.fixture
def twins(
    tmp_path: Path, database: str, openings: Openings, redis: Redis, request: pytest.FixtureRequest
) -> Iterator[tuple[Hub, Hub]]:
    """Two hubs of one opened region, keys and all: what is told to both has the same keyed hashes."""
    made = [
        _built(settings_in(tmp_path / name, database, request), database, openings, redis, StandingClock(), "eu")
        for name in ("one", "two")
    ]
    one, two = next(made[0]), next(made[1])
    one.vault.fingerprint("made when it is first asked for")
    shutil.copytree(one.region.folder / "keys", two.region.folder / "keys", dirs_exist_ok=True)
    yield one, two
    for one in made:
        next(one, None)


def _built(
    settings: Settings, database: str, openings: Openings, redis: Redis, clock: StandingClock, code: str
) -> Iterator[Hub]:
    with openings.lent(settings, database, code):
        built = build_hub(settings, code, redis, clock=clock)
        yield built
        built.close()

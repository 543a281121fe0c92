"""A whole hub for a test: its own regions on SQLite or PostgreSQL, its own Valkey, a clock that stands until it is moved."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.embedded import ValkeyServer
from hub.settings import Settings, load_settings

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


@pytest.fixture
def settings(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Settings:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    environ = {"HUB_HOME": str(tmp_path / "var"), "HUB_CONFIG": str(config)}
    if database == "postgresql":
        postgres = request.getfixturevalue("postgres")
        for code in ("eu", "gcc"):
            name = f"hub_{code}_{os.urandom(4).hex()}"
            environ[f"HUB_DATABASE_{code.upper()}"] = postgres.create(name)
            request.addfinalizer(lambda name=name: postgres.drop(name))
    return load_settings(environ)


@pytest.fixture
def hub(settings: Settings, redis: Redis, clock: StandingClock) -> Iterator[Hub]:
    """The eu region's hub of tests/support/config."""
    open_region(settings, "eu")
    built = build_hub(settings, "eu", redis, clock=clock)
    yield built
    built.close()


@pytest.fixture
def gcc_hub(settings: Settings, redis: Redis, clock: StandingClock) -> Iterator[Hub]:
    open_region(settings, "gcc")
    built = build_hub(settings, "gcc", redis, clock=clock)
    yield built
    built.close()

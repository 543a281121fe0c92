"""Whoever upgrades keeps everything: a region of each released version, with its rows and keys, is brought up to date and reads.

`released/VERSION.jsonl.xz` is what the demo of that version left behind: a line about it (its newest revision, its files), then a line
for each row. A release adds its own. The people in it are made up."""

import base64
import json
import lzma
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from redis import Redis
from sqlalchemy import Boolean, Engine, MetaData, func, select, text

from calling import called
from everything import everything
from hub import migrations
from hub.cli.running import open_region
from hub.core import build_hub
from hub.migrations import migrate, migrate_back
from hub.models import Base
from hub.regions import open_engine
from hub.settings import Settings, load_settings

HERE = Path(__file__).parent
HOUSE = HERE.parents[1] / "config"
RELEASED = sorted((HERE / "released").glob("*.jsonl.xz"))
READS = [
    ("status",), ("segments", "verify"), ("journeys", "list"), ("outbox", "list"), ("audit", "verify"), ("models", "list"),
    ("consent", "notices"), ("sync", "status"), ("dead-letters", "list"),
]  # fmt: skip


@dataclass(frozen=True)
class Left:
    """What a version has left behind. files: below the folder of its region. rows: table -> its rows."""

    version: str
    revision: str
    files: dict[str, bytes]
    rows: dict[str, list[dict[str, Any]]]


def left_behind(path: Path) -> Left:
    about, *lines = map(json.loads, lzma.decompress(path.read_bytes()).decode().splitlines())
    rows: dict[str, list[dict[str, Any]]] = {}
    for table, row in lines:
        values = {name: base64.b64decode(one["b"]) if isinstance(one, dict) else one for name, one in row.items()}
        rows.setdefault(table, []).append(values)
    files = {name: base64.b64decode(one) for name, one in about["files"].items()}
    return Left(about["version"], about["revision"], files, rows)


@pytest.fixture(params=RELEASED, ids=lambda path: path.name.removesuffix(".jsonl.xz"))
def left(request: pytest.FixtureRequest) -> Left:
    return left_behind(request.param)


@pytest.fixture
def settings(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Settings:
    """The house's own configuration, on an empty database."""
    environ = {"HUB_HOME": str(tmp_path / "var"), "HUB_CONFIG": str(HOUSE)}
    if database == "postgresql":
        environ["HUB_DATABASE_EU"] = request.getfixturevalue("postgres_url")
    return load_settings(environ)


@pytest.fixture
def engine(settings: Settings, left: Left) -> Iterator[Engine]:
    """Of a database as the version left it."""
    for name, held in left.files.items():
        path = settings.folder("eu") / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(held)
    made = open_engine(settings.owner_url("eu"))
    migrate(made, left.revision)
    lay(made, left)
    yield made
    made.dispose()


def lay(engine: Engine, left: Left) -> None:
    known = MetaData()
    with engine.begin() as connection:
        known.reflect(connection)
        for table in [one for one in known.sorted_tables if one.name in left.rows]:
            flags = {column.name for column in table.columns if isinstance(column.type, Boolean)}
            rows = [
                {name: _flag(one) if name in flags else one for name, one in row.items()}
                for row in left.rows[table.name]
            ]
            names = list(rows[0])
            columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
            connection.execute(text(f'INSERT INTO "{table.name}" ({columns}) VALUES ({values})'), rows)  # noqa: S608 - our own dump


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def counted(engine: Engine) -> Counter[str]:
    known = MetaData()
    with engine.connect() as connection:
        known.reflect(connection)
        return Counter(
            {one.name: connection.scalar(select(func.count()).select_from(one)) for one in known.sorted_tables}
        )


def revisions() -> list[str]:
    """The hub's own, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def test_every_version_that_was_released_has_left_something_behind() -> None:
    changes = (HERE.parents[1] / "docs" / "changelog.md").read_text()

    told = [line.removeprefix("## ") for line in changes.splitlines() if line.startswith("## ") and line[3].isdecimal()]

    assert sorted(told) == [path.name.removesuffix(".jsonl.xz") for path in RELEASED]


def test_after_an_upgrade_every_row_is_there_and_every_value_opens(
    engine: Engine, left: Left, settings: Settings, redis: Redis
) -> None:
    open_region(settings, "eu")

    found = counted(engine)
    assert {table: found[table] for table in left.rows} == {table: len(rows) for table, rows in left.rows.items()}
    hub = build_hub(settings, "eu", redis)
    try:
        told = everything(hub)
    finally:
        hub.close()
    assert len(told["values"]) == len(left.rows["personal_values"])
    assert set(told) >= {one.name for one in Base.metadata.sorted_tables if found[one.name]} - {
        "nodes",
        "epochs",
        "data_keys",
        "personal_values",
    }


@pytest.mark.parametrize("words", READS, ids=" ".join)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_an_upgrade_commands_read_what_the_version_before_has_written(
    words: tuple[str, ...],
    engine: Engine,
    settings: Settings,
    valkey: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    open_region(settings, "eu")
    for name, value in {**settings.environ, "REDIS_URL": valkey}.items():
        monkeypatch.setenv(name, value)

    code, said, wrong = called((*words, "--region", "eu"), monkeypatch, capsys)

    assert code == 0, wrong
    assert said


def test_each_step_goes_down_and_up_again_with_the_rows_it_finds(engine: Engine, left: Left) -> None:
    steps = revisions()
    assert left.revision in steps
    before = counted(engine)

    for revision in steps[steps.index(left.revision) + 1 :]:
        migrate(engine, revision)
    for revision in steps[-2::-1]:
        migrate_back(engine, revision)
    oldest = counted(engine)
    for revision in steps[1:]:
        migrate(engine, revision)
    migrate(engine)

    after = counted(engine)
    kept = [table for table in oldest if table in before and table != "alembic_version"]
    assert len(kept) > 20
    assert {table: after[table] for table in kept} == {table: before[table] for table in kept}
    assert set(after) >= set(before)

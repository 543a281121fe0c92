"""Brings a region's database to the schema of this version, or back, with its data."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, func, select

HEAD = "head"
TURN = 0x6175_6273  # of an advisory lock: who opens a region while somebody else does waits, and finds it done


def migrate(engine: Engine, to: str = HEAD, branches: tuple[str, ...] = ()) -> None:
    """Upgrade to a revision. branches: folders of plugins' own revisions (hook register_models)."""
    _run(engine, branches, lambda config: command.upgrade(config, "heads" if to == HEAD else to))


def migrate_back(engine: Engine, to: str, branches: tuple[str, ...] = ()) -> None:
    """Downgrade to a revision, or to `base`."""
    _run(engine, branches, lambda config: command.downgrade(config, to))


def _run(engine: Engine, branches: tuple[str, ...], do) -> None:  # type: ignore[no-untyped-def]
    here = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", ":".join([str(here / "versions"), *branches]))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(TURN)))
        config.attributes["connection"] = connection
        do(config)

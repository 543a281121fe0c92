"""Brings a region's database to the schema of this version, or back, with its data."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, func, select

from hub.walls import let_in, raise_walls

HEAD = "head"
TURN = 0x6175_6273  # of an advisory lock: who opens a region while somebody else does waits, and finds it done


def migrate(engine: Engine, to: str = HEAD, branches: tuple[str, ...] = (), application: str | None = None) -> None:
    """Upgrade to a revision; at the newest, raise the walls of PostgreSQL. branches: folders of plugins' own revisions (hook
    register_models). application: a role that does not own the tables, and is let in."""

    def upgrade(config: Config) -> None:
        command.upgrade(config, "heads" if to == HEAD else to)
        if to == HEAD and engine.dialect.name == "postgresql":
            raise_walls(config.attributes["connection"])
            if application is not None:
                let_in(config.attributes["connection"], application)

    _run(engine, branches, upgrade)


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

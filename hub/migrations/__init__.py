"""Brings a region's database to the schema of this version, or back, with its data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from hub.walls import let_in, raise_walls

HEAD = "head"
TURN = 0x6175_6273  # of an advisory lock: who opens a region while somebody else does waits, and finds it done


def migrate(engine: Engine, to: str = HEAD, branches: tuple[str, ...] = (), application: str | None = None) -> None:
    """Upgrade to a revision; at the newest, raise the walls of PostgreSQL. branches: folders of plugins' own revisions (hook
    register_models). application: a role that does not own the tables, and is let in."""
    with _turn(engine) as connection:
        _move(connection, "upgrade", "heads" if to == HEAD else to, branches)
        if to == HEAD and engine.dialect.name == "postgresql":
            raise_walls(connection)
            if application is not None:
                let_in(connection, application)


def migrate_back(engine: Engine, to: str, branches: tuple[str, ...] = ()) -> None:
    """Downgrade to a revision, or to `base`."""
    with _turn(engine) as connection:
        _move(connection, "downgrade", to, branches)


@contextmanager
def _turn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(TURN)))
        yield connection


def _move(connection: Connection, way: str, to: str, branches: tuple[str, ...]) -> None:
    from alembic import command  # half a second, which only whoever migrates has to wait
    from alembic.config import Config

    here = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", ":".join([str(here / "versions"), *branches]))
    config.attributes["connection"] = connection
    getattr(command, way)(config, to)

"""What each of several processes does that write into one database at once; a process of its own imports this and no test."""

from pathlib import Path

from sqlalchemy import text

import sparing  # noqa: F401 - these processes spare the disk, too
from hub.regions import open_engine

ROUNDS = 1000


def add_one(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    for _ in range(ROUNDS):
        with engine.begin() as connection:
            seen = connection.scalar(text("SELECT n FROM counter"))
            connection.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})
    engine.dispose()

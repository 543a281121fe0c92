"""A test's database need not outlive the machine's power, only our own processes: like fsync=off of our PostgreSQL."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool


@event.listens_for(Pool, "checkout")
def _spare_the_disk(connection: Any, _record: Any, _proxy: Any) -> None:
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")

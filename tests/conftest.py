"""What every test may ask for; the fixtures themselves stand in tests/support."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

pytest_plugins = [
    "postgres",
    "hubs",
    "partners",
    "fleeting",
    "forgetting",
    "office",
    "calling",
    "hubspots",
    "orgs",
    "talking",
]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their length: a packed file bears the second it was made in, and each worker must collect the same names."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


@event.listens_for(Pool, "checkout")
def _spare_the_disk(connection: Any, _record: Any, _proxy: Any) -> None:
    """A test's database need not outlive the machine's power, only our own processes: like fsync=off of our PostgreSQL."""
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")

"""What a page asks of the database, and what it writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from hub.core import Hub

NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")  # of the transaction, not of the page


@contextmanager
def counted(hub: Hub) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().upper().startswith(NOT_COUNTED):
            statements.append(statement)

    event.listen(hub.region.engine, "before_cursor_execute", note)
    yield statements
    event.remove(hub.region.engine, "before_cursor_execute", note)

"""What a page asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from hub.core import Hub


@contextmanager
def counted(hub: Hub) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(hub.region.engine, "before_cursor_execute", note)
    yield statements
    event.remove(hub.region.engine, "before_cursor_execute", note)

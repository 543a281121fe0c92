"""A list as a table for a spreadsheet, however long: read page by page of an index, sent as it is read, and ended by whoever hangs up.

Each page is a look of its own, so a table of a million rows holds neither memory nor a transaction; when the reader is gone, the
server closes what it was sending and no further page is asked for."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from flask import Response
from sqlalchemy.orm import Session

from hub import spreadsheet
from hub.core import Hub

PAGE = 1_000  # rows that are held at once
Place = TypeVar("Place")
Row = TypeVar("Row")
Read = Callable[[Session, Place | None, int], Sequence[tuple[Place, Sequence[object]]]]


def table(hub: Hub, name: str, columns: Sequence[str], read: Read[Any]) -> Response:
    """read: (session, place, how many) -> rows behind that place, each with its own; fewer than asked for are the last."""
    response = download(name, _lines(hub, columns, read))
    response.headers["X-Accel-Buffering"] = "no"
    return response


def download(name: str, lines: Iterator[str]) -> Response:
    """lines: of a table, as hub.spreadsheet writes them."""
    response = Response(lines, mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


def _lines(hub: Hub, columns: Sequence[str], read: Read[Any]) -> Iterator[str]:
    """A generator, so that the server can close it."""
    yield from spreadsheet.lines(_rows(hub, columns, read))


def _rows(hub: Hub, columns: Sequence[str], read: Read[Any]) -> Iterator[Sequence[object]]:
    yield columns
    place = None
    while True:
        with hub.look() as session:
            found = read(session, place, PAGE)
        for _, row in found:
            yield row
        if len(found) < PAGE:
            return
        place = found[-1][0]


def cursor_of(given: str) -> int | None:
    """A place that an address names; None for the beginning, and for what is none."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def cut(found: Sequence[Row], most: int, place: Callable[[Row], Place]) -> tuple[Sequence[Row], Place | None]:
    """What a page shows of one row more than fit on it, and the place behind which the list goes on; None where it ends."""
    return found[:most], place(found[most - 1]) if len(found) > most else None

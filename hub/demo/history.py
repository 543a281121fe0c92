"""The rows of a branch in the order in which they are told: the history customer by customer, then a month day by day."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from hub.demo.favours import Favours
from hub.demo.rows import Pen, Row, grouped
from hub.demo.world.books import DAYS, Books


def history(pen: Pen, until: int, now: datetime) -> Iterator[Row]:
    """All rows before day `until` and the appointments ahead, customer by customer: nobody is judged by half a history.

    Cars that went from one customer to another come last, as their second owner."""
    books = pen.books
    yield pen.branch()
    yield from pen.slots()
    of = {name: grouped(_owner(books, name)) for name in ("consents", "ownerships", "visits", "surveys", "complaints")}
    favours = Favours(pen)
    first = set(np.unique(books.ownerships["car"], return_index=True)[1].tolist())
    for one in np.flatnonzero(books.people.joined < until).tolist():
        yield pen.customer(one)
        yield from (pen.consent(row) for row in before(books.consents, of["consents"].get(one, ()), until))
        yield from (pen.vehicle(row) for row in of["ownerships"].get(one, ()) if row in first)
        for visit in before(books.visits, of["visits"].get(one, ()), until):
            yield from pen.visit(visit)
        yield from (pen.appointment(row, now) for row in pen.appointments.get(one, ()) if _stands(books, row, until))
        yield from (pen.survey(row) for row in before(books.surveys, of["surveys"].get(one, ()), until))
        yield from (pen.complaint(row) for row in before(books.complaints, of["complaints"].get(one, ()), until))
        yield from favours.before(one, until)
    owner = books.ownerships["owner"]
    moved = [row for row in range(len(owner)) if row not in first and books.people.joined[owner[row]] < until]
    yield from (pen.vehicle(row) for row in moved)


def _owner(books: Books, table: str) -> Any:
    return getattr(books, table)["owner"]


def before(table: Mapping[str, Any], rows: Iterable[int], until: int) -> list[int]:
    return [row for row in rows if table["day"][row] < until]


APPOINTMENTS_SINCE = 365  # days: older ones are of no use to anybody


def _stands(books: Books, row: int, until: int) -> bool:
    day = int(books.appointments["day"][row])
    return DAYS - APPOINTMENTS_SINCE <= day < until or day >= DAYS


def month(pen: Pen, since: int, now: datetime) -> Iterator[Sequence[Row]]:
    """The days from `since` to today, one list a day, in the order in which the branch's system would tell them."""
    books, favours = pen.books, Favours(pen)
    for day in range(since, DAYS):
        rows = [pen.customer(one) for one in np.flatnonzero(books.people.joined == day).tolist()]
        rows += [pen.consent(row) for row in np.flatnonzero(books.consents["day"] == day).tolist()]
        new = np.isin(books.ownerships["owner"], np.flatnonzero(books.people.joined == day))
        rows += [pen.vehicle(row) for row in np.flatnonzero(new).tolist()]
        rows += [row for visit in np.flatnonzero(books.visits["day"] == day).tolist() for row in pen.visit(visit)]
        rows += [pen.appointment(row, now) for row in np.flatnonzero(books.appointments["day"] == day).tolist()]
        rows += [pen.survey(row) for row in np.flatnonzero(books.surveys["day"] == day).tolist()]
        rows += [pen.complaint(row) for row in np.flatnonzero(books.complaints["day"] == day).tolist()]
        rows += favours.on(day)
        if rows:
            yield rows


def webhooks(pen: Pen, since: int, now: datetime, seed: int) -> Iterator[tuple[str, Sequence[Row]]]:
    """The month as the branch's system sends it: (id, rows), the same for the same seed, so that a repeat is nothing."""
    for day in month(pen, since, now):
        yield f"evt_{seed}_{pen.books.branch.code}:{day[0]['type']}:{day[0]['key']}", day


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """NDJSON; answers how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count

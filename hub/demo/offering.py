"""What the demo garage offers to do now, of what its customers have declined: estimates that wait for an answer."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np

from hub.demo.rows import Pen, Row
from hub.demo.world import jobs
from hub.demo.world.books import DAYS, Books
from hub.demo.world.floor import OPENS
from hub.demo.world.truth import vehicle_number

OPEN = 4  # cars of a branch with an estimate, beside the star's
FRESH = 365  # days: what was declined before that would be looked at anew first
STANDS = 30  # days an estimate can be answered


def estimates_of(books: Books, star: str) -> list[Row]:
    """Of the cars whose declined work is freshest, one estimate each; and of every car of the star's that has any."""
    pen, left = Pen(books), _left(books)
    numbers = {car: books.people.number(int(books.visits["owner"][_visit(books, left[car])])) for car in left}
    cars = [car for car in left if numbers[car] == star]
    cars += [car for car in left if car not in cars][:OPEN]
    return [_estimate(pen, car, left[car]) for car in cars]


def _left(books: Books) -> Mapping[int, Sequence[int]]:
    """Car -> findings that still wait to be mended, for who drives it today; the car that was here last comes first."""
    findings, visits = books.findings, books.visits
    day = visits["day"][findings["visit"]]
    rows = np.flatnonzero((day < DAYS) & (day >= DAYS - FRESH))
    seen: set[tuple[int, int]] = set()
    left: dict[int, list[int]] = defaultdict(list)
    owners = _owners(books)
    for row in rows[np.lexsort((rows, day[rows]))][::-1].tolist():
        car, defect = int(findings["car"][row]), int(findings["defect"][row])
        if (car, defect) in seen:
            continue
        seen.add((car, defect))
        if not findings["sold"][row] and owners.get(car) == int(visits["owner"][findings["visit"][row]]):
            left[car].append(row)
    return left


def _owners(books: Books) -> Mapping[int, int]:
    """Car -> who has it now."""
    owned = books.ownerships
    return {
        car: owner for car, owner, until in zip(*(owned[name].tolist() for name in ("car", "owner", "until")), strict=True)
        if until < 0
    }  # fmt: skip


def _visit(books: Books, findings: Sequence[int]) -> int:
    return int(books.findings["visit"][findings[0]])


def _estimate(pen: Pen, car: int, findings: Sequence[int]) -> Row:
    books, visit = pen.books, _visit(pen.books, findings)
    made = pen.moment(DAYS - 1, OPENS, 15)
    return pen.about(
        "estimate", pen.key("E", visit), made, int(books.visits["owner"][visit]), vehicle=vehicle_number(books, car),
        visit=pen.key("S", visit), made_at=made, currency=books.branch.currency,
        valid_until=(books.today + timedelta(days=STANDS)).isoformat(), lines=list(_lines(pen, findings)),
    )  # fmt: skip


def _lines(pen: Pen, findings: Sequence[int]) -> Iterator[Row]:
    """Without words of its own: so each reader's page names the work in their language."""
    for row in findings:
        defect = jobs.DEFECTS[pen.books.findings["defect"][row]].name
        yield {"code": defect, "part": defect, "safety": pen.safety(row), "recommendation": pen.key("F", row),
               "price_minor": int(pen.books.findings["price"][row])}  # fmt: skip

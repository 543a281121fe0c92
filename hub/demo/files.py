"""The books of a branch as the files its own system would export; each has a mapping in config/mappings."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.books import DAYS, Books, Table
from hub.demo.world.cars import FUEL_NAMES
from hub.demo.world.reference import reasons
from hub.demo.world.truth import vehicle_number

LUNCH = 12  # o'clock: of what has a day and no hour


@dataclass(frozen=True)
class Sheet:
    """name: of the file and, behind `demo_`, of its mapping. count: how many rows there are."""

    name: str
    columns: Sequence[str]
    count: int
    rows: Iterable[Sequence[Any]]


def sheets_of(books: Books) -> Iterator[Sheet]:
    """In the order in which they must come in: people, their cars, and what happened."""
    people = np.flatnonzero(books.people.joined < DAYS).tolist()
    yield Sheet("customers", CUSTOMER, len(people), (_customer(books, one) for one in people))
    owned = np.argsort(books.ownerships["since"], kind="stable").tolist()
    yield Sheet("vehicles", VEHICLE, len(owned), (_vehicle(books, row) for row in owned))
    visits = _by_owner(books.visits, np.flatnonzero(books.visits["day"] < DAYS))
    yield Sheet("visits", VISIT, len(visits), _visits(books, visits))
    declined = _declined(books)
    yield Sheet("declined", DECLINED, len(declined), (_finding(books, row) for row in declined))
    surveys = _by_owner(books.surveys, np.arange(len(books.surveys["day"])))
    yield Sheet("surveys", SURVEY, len(surveys), (_survey(books, row) for row in surveys))
    complaints = _by_owner(books.complaints, np.arange(len(books.complaints["day"])))
    yield Sheet("complaints", COMPLAINT, len(complaints), (_complaint(books, row) for row in complaints))


def write_sheet(folder: Path, sheet: Sheet) -> Path:
    path = folder / f"{sheet.name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.columns)
        writer.writerows(sheet.rows)
    return path


def _by_owner(table: Table, rows: Any) -> list[int]:
    """A customer's rows stand together, in the order of time: nobody is judged by half a history."""
    order = np.lexsort((table["day"][rows], table["owner"][rows]))
    found: list[int] = rows[order].tolist()
    return found


CUSTOMER = ("customer_number", "name", "email", "phone", "address", "language", "residence", "branch", "joined_on")


def _customer(books: Books, one: int) -> Sequence[Any]:
    people = books.people
    return (
        people.number(one), people.name(one), people.email(one), people.phone_number(one), people.address(one),
        people.tongue_of(one).language, people.branch.country, people.branch.code, books.day(people.joined[one]).isoformat(),
    )  # fmt: skip


VEHICLE = ("customer_number", "vehicle", "vin", "plate", "make", "model", "fuel", "first_registered", "owned_since")  # fmt: skip


def _vehicle(books: Books, row: int) -> Sequence[Any]:
    """One owner of one car; a later row of the same car is its next owner."""
    car, owner, since = (int(books.ownerships[name][row]) for name in ("car", "owner", "since"))
    cars, model = books.cars, books.cars.model_of(car)
    return (
        books.people.number(owner), vehicle_number(books, car), cars.vin(car, books.today - timedelta(days=DAYS - 1)), plate(books, car),
        model.make, model.name, FUEL_NAMES[cars.fuel[car]], books.day(cars.first[car]).isoformat(), books.day(since).isoformat(),
    )  # fmt: skip


def plate(books: Books, car: int) -> str:
    """No office gives out plates like these."""
    return f"{books.branch.plate}-XX {car + 1:05d}"


VISIT = ("customer_number", "visit", "vehicle", "at", "items", "spend", "currency")


def visit_number(books: Books, visit: int) -> str:
    return f"{books.people.tag}-S{visit + 1:07d}"


def _visits(books: Books, rows: Sequence[int]) -> Iterator[Sequence[Any]]:
    items = np.bincount(books.lines["visit"], minlength=len(books.visits["day"]))
    columns = {name: books.visits[name].tolist() for name in ("owner", "car", "day", "hour", "amount")}
    for row in rows:
        yield (
            books.people.number(columns["owner"][row]), visit_number(books, row), vehicle_number(books, columns["car"][row]),
            f"{books.day(columns['day'][row]).isoformat()}T{columns['hour'][row]:02d}:00", int(items[row]),
            money(books, columns["amount"][row]), books.branch.currency,
        )  # fmt: skip


def money(books: Books, minor: int) -> str:
    return f"{minor / 10**books.branch.decimals:.{books.branch.decimals}f}"


DECLINED = ("customer_number", "finding", "vehicle", "at", "price", "currency", "part", "words")


def _declined(books: Books) -> list[int]:
    day = books.visits["day"][books.findings["visit"]]
    owner = books.visits["owner"][books.findings["visit"]]
    rows = np.flatnonzero(~books.findings["sold"] & (day < DAYS))
    found: list[int] = rows[np.lexsort((day[rows], owner[rows]))].tolist()
    return found


def _finding(books: Books, row: int) -> Sequence[Any]:
    findings, visit = books.findings, int(books.findings["visit"][row])
    known = reasons(jobs.DEFECTS[findings["defect"][row]].parts)
    reason = known[int(findings["words"][row]) % len(known)]
    return (
        books.people.number(int(books.visits["owner"][visit])), f"{books.people.tag}-F{row + 1:07d}",
        vehicle_number(books, int(findings["car"][row])),
        f"{books.day(books.visits['day'][visit]).isoformat()}T{int(books.visits['hour'][visit]):02d}:30",
        money(books, int(findings["price"][row])), books.branch.currency, reason.part, reason.words,
    )  # fmt: skip


SURVEY = ("customer_number", "visit", "at", "score")


def _survey(books: Books, row: int) -> Sequence[Any]:
    owner, visit, day, score = (int(books.surveys[name][row]) for name in ("owner", "visit", "day", "score"))
    return books.people.number(owner), visit_number(books, visit), _at_lunch(books, day), score


COMPLAINT = ("customer_number", "visit", "at")


def _complaint(books: Books, row: int) -> Sequence[Any]:
    owner, visit, day = (int(books.complaints[name][row]) for name in ("owner", "visit", "day"))
    return books.people.number(owner), visit_number(books, visit), _at_lunch(books, day)


def _at_lunch(books: Books, day: int) -> str:
    return f"{books.day(day).isoformat()}T{LUNCH}:00"

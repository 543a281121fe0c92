"""What else happens while the demo's life goes on: things that journeys begin with and that no visit brings, one after another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, cycle
from random import Random
from typing import Any

import numpy as np

from hub.demo.life import Coming
from hub.demo.rows import Pen, Row
from hub.demo.world import jobs
from hub.demo.world.books import DAYS, Books

LATELY = 60  # days: who was here since is asked how it was
LATE = timedelta(minutes=20)  # after which somebody has not come
KNOWN = timedelta(days=3)  # since when a car has somebody new
FIRST = ("visit", "invoice")  # what is told of a first visit
BRAKES = "brakes"
OLD = 365  # days of a car that was somebody's before


@dataclass(frozen=True)
class Happening:
    """One branch's; made anew for each telling, so that a key never comes back."""

    pen: Pen
    rng: Random
    number: str

    def praised(self, now: datetime) -> Iterator[Row]:
        """Somebody who was here lately would recommend us."""
        visits = self.pen.books.visits
        lately = np.flatnonzero((visits["day"] >= DAYS - LATELY) & (visits["day"] < DAYS))
        if len(lately):
            owner = int(visits["owner"][self.rng.choice(lately.tolist())])
            yield self._about("survey", now, owner, answered_at=now.isoformat(), score=self.rng.choice((9, 10)))

    def parts(self, now: datetime) -> Iterator[Row]:
        for row in self._owned():
            part = self.rng.choice(jobs.DEFECTS).name
            yield self._about("part_arrival", now, *self._whose(row), part=part, arrived_at=now.isoformat())

    def missed(self, now: datetime) -> Iterator[Row]:
        for row in self._owned():
            starts = now - LATE
            times = {
                "starts_at": starts,
                "ends_at": starts + timedelta(hours=1),
                "booked_at": now - timedelta(days=4),
                "ended_at": now,
            }
            told: dict[str, Any] = {name: at.isoformat() for name, at in times.items()}
            yield self._about(
                "appointment", now, *self._whose(row), bay="Bay 1", state="no_show", services=["service"], **told
            )

    def sold(self, now: datetime) -> Iterator[Row]:
        """A car goes on to another customer of the branch."""
        books = self.pen.books
        for row in self._owned(OLD):
            others = np.flatnonzero(
                (books.people.joined < DAYS) & (np.arange(books.people.count) != books.ownerships["owner"][row])
            )
            if len(others):
                buyer = books.people.number(self.rng.choice(others.tolist()))
                since = (now - KNOWN).date().isoformat()
                yield {**self.pen.vehicle(row), "at": now.isoformat(), "customer": buyer, "owned_since": since}

    def frost(self, now: datetime) -> Iterator[Row]:
        """Where winters are; of somebody whose wheels lie in the store."""
        visits = self.pen.books.visits
        stored = np.flatnonzero((visits["reason"] == jobs.TYRES) & (visits["day"] < DAYS))
        if self.pen.books.branch.tyre_months and len(stored):
            owner = int(visits["owner"][self.rng.choice(stored.tolist())])
            yield self._about("frost_warning", now, owner, warned_at=now.isoformat())

    def came_first(self, now: datetime) -> Iterator[Row]:
        """Somebody of whom nobody knew comes for the first time, with work like that of one who is still to come. The world itself
        has nobody new in its last fortnight."""
        books = self.pen.books
        coming = np.flatnonzero((books.visits["day"] >= DAYS) & (books.people.joined[books.visits["owner"]] < DAYS))
        if not len(coming):
            return
        visit, number = int(self.rng.choice(coming.tolist())), f"{books.people.tag}-N{self.number}"
        like = self.pen.customer(int(books.visits["owner"][visit]))
        own = {"key": number, "number": number, "at": now.isoformat(), "joined_on": now.date().isoformat()}
        reached = {"email": f"{number.lower()}@{like['email'].partition('@')[2]}"}
        yield {name: value for name, value in like.items() if name != "phone"} | own | reached
        for row in Coming(books, self.pen, visit, int(self.number.replace("-", "")), number, {}).rows(now):
            if row["type"] in FIRST:
                yield {name: value for name, value in row.items() if name != "vehicle"} | {"customer": number}

    def declined(self, now: datetime) -> Iterator[Row]:
        """Brakes are advised, and somebody says no for now."""
        for row in self._owned():
            yield self._about(
                "recommendation", now, *self._whose(row), code=BRAKES, part=BRAKES, safety="important", state="declined",
                made_at=now.isoformat(), decided_at=now.isoformat(),
            )  # fmt: skip

    def kept(self, now: datetime) -> Iterator[Row]:
        """A fleet's car is brought and stays: once the hours of its contract are over, the promise is broken."""
        books = self.pen.books
        fleet = books.people.fleet[books.ownerships["owner"]] >= 0
        rows = np.flatnonzero(
            fleet & (books.ownerships["until"] < 0) & (books.people.joined[books.ownerships["owner"]] < DAYS)
        ).tolist()
        if rows:
            owner, car = self._whose(self.rng.choice(rows))
            yield self._about(
                "visit", now, owner, car, reason="breakdown", opened_at=now.isoformat(), currency=books.branch.currency,
                lines=[],
            )  # fmt: skip

    def _owned(self, older: int = 0) -> list[int]:
        """A row of somebody's car; none where nobody has one. older: days that the car is, at least."""
        owned, books = self.pen.books.ownerships, self.pen.books
        here = (
            (owned["until"] < 0)
            & (books.people.joined[owned["owner"]] < DAYS)
            & (books.cars.first[owned["car"]] < DAYS - older)
        )
        rows = np.flatnonzero(here).tolist()
        return [self.rng.choice(rows)] if rows else []

    def _whose(self, row: int) -> tuple[int, str]:
        return int(self.pen.books.ownerships["owner"][row]), str(self.pen.vehicle(row)["key"])

    def _about(self, kind: str, now: datetime, owner: int, vehicle: str = "", **fields: Any) -> Row:
        car = {"vehicle": vehicle} if vehicle else {}
        return self.pen.about(
            kind, f"{self.pen.books.branch.code}-L{self.number}", now.isoformat(), owner, **car, **fields
        )


KINDS: Sequence[Callable[[Happening, datetime], Iterator[Row]]] = (
    Happening.praised, Happening.parts, Happening.missed, Happening.sold, Happening.frost, Happening.came_first,
    Happening.declined, Happening.kept,
)  # fmt: skip


def happenings(worlds: Sequence[Books], rng: Random) -> Iterator[Callable[[datetime], list[Row]]]:
    """Without end: each, told the moment, answers its rows; kinds take turns, branches too."""
    pens = cycle([Pen(books) for books in worlds])
    for number in count():
        for kind in KINDS:
            pen = next(pens)

            def told(
                now: datetime, kind: Callable[[Happening, datetime], Iterator[Row]] = kind, pen: Pen = pen
            ) -> list[Row]:
                return list(kind(Happening(pen, rng, f"{now:%y%m%d%H%M%S}-{number}"), now))  # noqa: B023 - told at once

            yield told

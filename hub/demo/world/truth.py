"""What no garage can see: who leaves when and why, on whom offers work, what each car will ask for. For evaluation only."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from hub.demo.world.books import DAYS, Books, make_world
from hub.demo.world.cars import ELECTRIC
from hub.demo.world.people import KINDS
from hub.demo.world.state import LEAVE, NEVER

SEED, CUSTOMERS, TODAY = 7, 2_000, date(2026, 6, 30)  # the world whose truth is written down below
DEFAULT_HASH = "8d95fd19ea4716c17fe0e17fd3f74c51ba90008be127adb2ece2467b8e9254c4"
DIGITS = 4  # of chances: the last bits of a logarithm may differ from machine to machine


def truth_of(books: Books) -> Iterator[dict[str, Any]]:
    """One entry per customer: numbers of customers and cars, days, causes and chances; nothing personal.

    weekly_hazard: the chance per week of leaving, as it stands at the end (26 weeks after today).
    next_visits: days within those weeks. next_service_due: where no service comes before."""
    run, people = books.run, books.people
    coming: dict[int, list[int]] = defaultdict(list)
    visits = books.visits
    ahead = np.flatnonzero(visits["day"] >= DAYS)
    for owner, day in zip(visits["owner"][ahead].tolist(), visits["day"][ahead].tolist(), strict=True):
        coming[owner].append(day)
    returned: dict[int, list[int]] = defaultdict(list)
    for at in np.flatnonzero(visits["from_brakes"]).tolist():
        returned[int(visits["car"][at])].append(int(visits["day"][at]))
    due = _service_due(books)
    owned: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for car, owner in enumerate(run.owner.tolist()):
        if owner >= 0:
            owned[owner].append({
                "vehicle": vehicle_number(books, car),
                "next_service_due": books.day(due[car]).isoformat(),
                "brakes_open": bool(run.brakes_open[car]),
                "brake_breakdowns": [books.day(day).isoformat() for day in returned[car]],
            })  # fmt: skip
    for one in range(people.count):
        left = int(run.left[one])
        yield {
            "customer": people.number(one),
            "left_on": None if left == NEVER else books.day(left * 7).isoformat(),
            "left_for": None if left == NEVER else LEAVE[run.left_for[one]],
            "weekly_hazard": round(float(run.anger[one].sum()), DIGITS),
            "campaign_response": KINDS[people.kind[one]],
            "keen": round(float(people.keen[one]), DIGITS),
            "trust": round(float(people.trust[one]), DIGITS),
            "next_visits": [books.day(day).isoformat() for day in coming[one]],
            "vehicles": owned[one],
        }


def vehicle_number(books: Books, car: int) -> str:
    return f"{books.people.tag}-V{car + 1:06d}"


def _service_due(books: Books) -> list[int]:
    """The day on which kilometres or time run out, counted from the last service of all the weeks."""
    run, causes = books.run, books.run.causes
    longer = np.where(run.cars.fuel == ELECTRIC, 1.5, 1.0)
    days = np.minimum(causes.service_days, causes.service_km / run.cars.rate) * longer
    due: list[int] = (run.serviced_on + days).astype(np.int64).tolist()
    return due


def write_truth(path: Path, worlds: Iterable[Books]) -> str:
    """JSON lines; answers their SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for books in worlds:
            for entry in truth_of(books):
                line = f"{json.dumps(entry)}\n".encode()
                digest.update(line)
                file.write(line)
    return digest.hexdigest()


def default_worlds() -> Iterator[Books]:
    for region, count in (("eu", 667), ("gcc", 667), ("apac", 666)):
        yield from make_world(region, count, TODAY, SEED)

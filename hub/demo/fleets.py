"""The fleets of a branch on their way in: opened, under contract and with their vehicles, by the fleet partners' own door."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.demo.rows import Pen, grouped
from hub.demo.world.books import DAYS, Books
from hub.errors import PartDown

SCOPES = ("fleets:write", "fleets:read")
TITLES = ("Imaginary Couriers", "Fable Taxis", "Make-Believe Rentals", "Sample Deliveries", "Nowhere Movers")
# minutes of open time in which a car is ready again, hours it may stand at all, and euros at home for each breach
TERMS = ((480, 48, 40), (600, 72, 25), (960, 96, 0))
PATIENCE = 120.0
LOOK_EVERY = 0.5

Call = Callable[[str, str, Any, str], Mapping[str, Any]]  # method, path, body, key of the call -> what was answered


@dataclass(frozen=True)
class Contract:
    """What a fleet's partner tells: the contract's service levels, and which vehicles belong to it since when."""

    code: str
    title: str
    levels: Sequence[Mapping[str, Any]]
    assignments: Sequence[Mapping[str, Any]]


def contracts(books: Books) -> Iterator[Contract]:
    """One per fleet of the branch; a vehicle is a fleet's as long as its driver has it."""
    pen, owned, people = Pen(books), books.ownerships, books.people
    fleet_of = people.fleet[owned["owner"]]
    rows = grouped(np.where(people.joined[owned["owner"]] < DAYS, fleet_of, -1))
    for number in range(people.fleets):
        told = [_assignment(pen, row) for row in rows.get(number, ())]
        code, title = f"{books.branch.code}-fleet-{number + 1}"[:39], f"{TITLES[number % len(TITLES)]} {number + 1}"
        if told:
            yield Contract(code, title, _levels(books, number), told)


def _levels(books: Books, number: int) -> list[dict[str, Any]]:
    minutes, hours, credit = TERMS[number % len(TERMS)]
    money = {"credit_minor": round(credit * books.branch.prices), "currency": books.branch.currency} if credit else {}
    return [
        {"measure": "turnaround", "minutes": minutes, "calendar": f"workshop_{books.region}", **money},
        {"measure": "downtime", "minutes": 60 * hours, "calendar": "always"},
    ]


def _assignment(pen: Pen, row: int) -> dict[str, Any]:
    told = pen.vehicle(row)
    ends = {"until": told["owned_until"]} if "owned_until" in told else {}
    return {
        "vin": told["vin"],
        "plate": told["plate"],
        "since": told["owned_since"],
        "assignment": pen.key("Z", row),
        **ends,
    }


def tell(call: Call, contract: Contract) -> str:
    """Open the fleet, set its contract, tell its vehicles; answers where the report on them is. Told again, nothing is new."""
    path = f"/api/v1/fleets/{contract.code}"
    call("PUT", path, {"title": contract.title}, f"demo-{contract.code}")
    call("PUT", f"{path}/service-levels", {"levels": list(contract.levels)}, f"demo-{contract.code}-levels")
    answer = call("POST", f"{path}/assignments", list(contract.assignments), f"demo-{contract.code}-vehicles")
    return str(answer["report"])


def wait_for(call: Call, report: str) -> None:
    """Until every row of an upload has its verdict. A large garage's history comes before it, so there is no end but that of the
    door: to give up and begin anew would make the garage, and its work, once more."""
    while call("GET", report, None, "")["state"] != "done":
        time.sleep(LOOK_EVERY)


def caller(base: str, token: str) -> Call:
    """Speaks for a fleet partner over HTTP; what is down is asked again for a while."""

    def call(method: str, path: str, body: Any, key: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        sent = None if body is None else json.dumps(body).encode()
        end = time.monotonic() + PATIENCE
        while True:
            request = urllib.request.Request(base + path, sent, headers, method=method)  # noqa: S310 - our own loopback
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                    found: dict[str, Any] = json.load(answer)
                    return found
            except OSError as error:
                final = isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code not in {409, 429}
                if final or time.monotonic() > end:
                    raise PartDown(
                        f"The fleets' door answers {getattr(error, 'code', 'nothing')} to {method} {path}."
                    ) from None
            time.sleep(LOOK_EVERY)

    return call


def readings(books: Books) -> Iterator[tuple[str, int]]:
    """VIN and metres of the vehicles that fleets have today, as a telematics feed would read them."""
    owned, cars = books.ownerships, books.cars
    fleet = (books.people.fleet[owned["owner"]] >= 0) & (owned["until"] < 0)
    for car in owned["car"][fleet].tolist():
        km = cars.odometer(np.array([car]), np.array([DAYS - 1]))[0]
        yield cars.vin(car, books.day(0)), int(km) * 1000

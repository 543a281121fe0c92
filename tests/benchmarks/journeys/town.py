"""A town of customers for benchmarks of journeys: rows as the hub's own stations leave them, written in bulk, on PostgreSQL."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from redis import Redis

sys.path.insert(0, "tests/support")

from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.flow.batches import batches
from hub.models import Customer, Event, Ownership, Person, Profile, Vehicle, new_ref
from hub.settings import load_settings
from postgres import OwnPostgres, start_postgres
from rules.calendar import local_day

YEARS = 3
ZONE = "Europe/Berlin"


class Standing:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


@contextmanager
def opened(clock: Callable[[], datetime], config: str = "config", more: Sequence[str] = ()) -> Iterator[Hub]:
    """An empty region on a PostgreSQL of its own, with more settings where they are given; nobody hears its bells."""
    server = OwnPostgres(more) if more else start_postgres(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"HUB_HOME": folder, "HUB_CONFIG": config, "HUB_DATABASE_EU": server.create("town")})
        open_region(settings, "eu", lambda: datetime.now(UTC))
        hub = build_hub(settings, "eu", Redis.from_url("unix:///nowhere"), clock=clock)
        try:
            yield hub
        finally:
            hub.close()
            server.stop()


def settle(hub: Hub, customers: int, *, past: bool = True) -> list[int]:
    """Answers their ids. past: with visits, bookings, declined work and complaints of three years."""
    rng, made = Random(11), []
    for numbers in batches(range(customers)):
        with hub.begin() as work:
            rows: dict[Any, list[dict[str, Any]]] = {
                m: [] for m in (Person, Customer, Profile, Vehicle, Ownership, Event)
            }
            for _ in numbers:
                made.append(_one(hub, work, rows, rng, past))
            for model, several in rows.items():
                work.insert_all(model, several)
    return made


def _one(hub: Hub, work: Any, rows: dict[Any, list[dict[str, Any]]], rng: Random, past: bool) -> int:
    person, customer, car = (work.ids.next() for _ in range(3))
    born = work.now - timedelta(days=365 * YEARS + rng.randrange(365))
    rows[Person].append({"id": person, "ref": new_ref(), "jurisdiction": "DE", "made_at": born})
    rows[Customer].append({"id": customer, "ref": new_ref(), "person_id": person, "version": 1, "made_at": born})
    rows[Vehicle].append({"id": car, "ref": new_ref(), "make": "VW", "model": "Golf", "fuel": "petrol",
                          "first_registered": local_day(born, ZONE), "made_at": born})  # fmt: skip
    rows[Ownership].append(
        {"vehicle_id": car, "customer_id": customer, "role": "owner", "since": local_day(born, ZONE)}
    )
    events = list(_past(work, rng, born, customer, car)) if past else []
    for event in events:
        event["connection_id"] = (
            hub.partners["own"].id if "own" in hub.partners else next(iter(hub.partners.values())).id
        )
    rows[Event] += events
    visits = sorted(event["local_day"] for event in events if event["kind"] == "visit")
    rows[Profile].append({"customer_id": customer, "jurisdiction": "DE", "language": "de", "branch": "berlin-mitte",
                          "joined_on": local_day(born, ZONE), "visits_count": len(visits), "complaints_count": 0,
                          "visits_first_on": visits[0] if visits else None, "visits_last_on": visits[-1] if visits else None,
                          "vehicles_count": 1, "loyalty_points": rng.randrange(0, 900), "vehicles_oldest_on": local_day(born, ZONE),
                          "changed_at": work.now, "appointments_missed": 0, "recommendations_open": 0,
                          "recommendations_declined": 0})  # fmt: skip
    return int(customer)


def _past(work: Any, rng: Random, born: datetime, customer: int, car: int) -> Iterator[dict[str, Any]]:
    """About five visits a customer, most of them booked; a third of them with work declined."""
    at, km = born + timedelta(days=rng.randrange(120)), rng.randrange(1_000, 60_000)
    while at < work.now:
        km += rng.randrange(4_000, 12_000)
        if rng.random() < 0.7:
            yield _event(work, "booking_made", at - timedelta(days=5), customer, car, {"lead_days": 5})
        yield _event(work, "visit", at, customer, car, {"odometer": km}, rng.randrange(8_000, 60_000))
        if rng.random() < 0.3:
            about = work.ids.next()
            part = rng.choice(["brakes", "tyres", "lights"])
            yield _event(
                work, "recommendation_declined", at + timedelta(hours=1), customer, car, {"part": part}, about=about
            )
        if rng.random() < 0.05:
            yield _event(work, "complaint", at + timedelta(days=2), customer, car, {})
        if rng.random() < 0.06:
            yield _event(work, "no_show", at + timedelta(days=30), customer, car, {}, about=work.ids.next())
        at += timedelta(days=rng.randrange(120, 330))


def _event(
    work: Any, kind: str, at: datetime, customer: int, car: int, told: dict[str, Any], amount: int | None = None, about: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    number = work.ids.next()
    return {
        "id": number, "kind": kind, "customer_id": customer, "vehicle_id": car, "about_id": about, "at_utc": at,
        "local_day": local_day(at, ZONE), "zone": ZONE, "amount_minor": amount, "currency": "EUR" if amount else None,
        "attributes": told, "received_at": at, "source_hash": number.to_bytes(32, "big"),
    }  # fmt: skip

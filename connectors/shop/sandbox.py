"""The local stand-in of a garage's own system: its books (bays, slots, customers, cars, visits), signals and bookings."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied, put_thing, thing

BRANCH = "sandbox"
BAYS = ("Bay 1", "Bay 2")
FIRST_DAY = date(2026, 1, 5)  # a Monday; the books are the same for the same seed, whatever day it is
SERVICES = ("oil_change", "brake_pads", "inspection", "tyres", "battery")


class ShopSandbox:
    """Bookings and signals come under an Idempotency-Key: the same one again gives the same answer and no second effect."""

    name = "shop"

    def __init__(self, folder: Path, seed: int) -> None:
        self.log = EffectsLog(folder / "shop.db")
        self.seed = seed
        self.app = Flask("shop_sandbox", static_folder=None)
        for path, view, method in (
            ("/v1/signals", self.signal, "POST"),
            ("/v1/appointments", self.book, "POST"),
            ("/v1/rows", self.rows, "GET"),
        ):
            self.app.add_url_rule(path, view_func=view, methods=[method])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def signal(self) -> Any:
        return self._keyed(_signal)

    def book(self) -> Any:
        """409 for a slot that is taken: the books know of every booking of this account."""
        return self._keyed(_book)

    def rows(self) -> Any:
        """The books as rows, oldest first: ?after=N&limit=M; `next` is where to go on, or null."""
        if not account_of(request.headers.get("Authorization", "")):
            return jsonify(code="unauthorized"), 401
        try:
            after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 100))
        except ValueError:
            return jsonify(code="bad_cursor"), 400
        books = make_books(self.seed)
        stretch = books[after : after + max(1, min(limit, 500))]
        end = after + len(stretch)
        return jsonify(rows=stretch, next=end if end < len(books) else None)

    def _keyed(self, act: Callable[[Any, str, str, dict[str, Any]], Any]) -> Response | tuple[Response, int]:
        account = account_of(request.headers.get("Authorization", ""))
        key, body = request.headers.get("Idempotency-Key", ""), request.get_data()
        if not account:
            return jsonify(code="unauthorized"), 401
        if not key:
            return jsonify(code="idempotency_key_missing"), 400
        try:
            told = json.loads(body)
        except ValueError:
            return jsonify(code="no_json"), 400
        fingerprint = hashlib.sha256(body).hexdigest()

        def once(db: Any) -> Any:
            known = thing(db, f"key:{account}", key)
            if known is not None and known != fingerprint:
                return jsonify(code="idempotency_key_reused"), 422
            if known is None:
                refused = act(db, account, key, told)
                if refused is not None:
                    return refused
                put_thing(db, f"key:{account}", key, fingerprint)
            return jsonify(accepted=True), 200

        return self.log.transact(once)  # type: ignore[no-any-return]


def _signal(db: Any, account: str, key: str, told: dict[str, Any]) -> None:
    applied(db, account, key, str(told.get("signal")), str(told.get("ref")), str(told.get("segment")))


def _book(db: Any, account: str, key: str, told: dict[str, Any]) -> tuple[Response, int] | None:
    place = f"{told.get('branch')}/{told.get('bay')}/{told.get('starts_at')}"
    if thing(db, f"slot:{account}", place) is not None:
        return jsonify(code="slot_taken"), 409
    put_thing(db, f"slot:{account}", place, key)
    applied(db, account, key, "appointment", str(told.get("customer")), place)
    return None


def make_books(seed: int, customers: int = 20) -> list[dict[str, Any]]:
    """Rows as connectors/shop/README.md describes them, in the order they came about; the same for the same seed."""
    rng = Random(seed)  # noqa: S311 - a stand-in's dice, no secret
    rows: list[dict[str, Any]] = [_row("branch", BRANCH, FIRST_DAY, title="Sandbox Garage", zone="Europe/Berlin")]
    rows += _slots()
    for number in range(1, customers + 1):
        rows += _customer(f"C-{number}", rng)
    return rows


def _row(kind: str, key: str, day: date, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "at": _at(day, 18), "version": 1, **fields}


def _at(day: date, hour: int) -> str:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).isoformat()


def _slots() -> list[dict[str, Any]]:
    found = []
    for offset in range(5):
        day = FIRST_DAY + timedelta(days=offset)
        for bay in BAYS:
            for hour in (8, 10, 13, 15):
                place = {"branch": BRANCH, "bay": bay, "starts_at": _at(day, hour), "ends_at": _at(day, hour + 2)}
                found.append(_row("slot", f"{bay}/{place['starts_at']}", FIRST_DAY, **place))
    return found


def _customer(key: str, rng: Random) -> list[dict[str, Any]]:
    """A customer with one car, some visits, and work that was advised at the last one."""
    car, first = f"{key}/car", FIRST_DAY - timedelta(days=rng.randrange(400, 1000))
    rows = [
        _row("customer", key, first, number=key, name=f"Sandbox {key}", branch=BRANCH, joined_on=first.isoformat()),
        _row("vehicle", car, first, customer=key, make="Sandbox", model="One", owned_since=first.isoformat()),
    ]
    day, km = first, rng.randrange(5_000, 60_000)
    while day < FIRST_DAY:
        visit = f"{key}/{day.isoformat()}"
        line = {"code": rng.choice(SERVICES), "price_minor": rng.randrange(4900, 60000), "cost_minor": 3000}
        rows.append(_row("visit", visit, day, customer=key, vehicle=car, branch=BRANCH, odometer_km=km, currency="EUR",
                         opened_at=_at(day, 8), closed_at=_at(day, 16), lines=[line]))  # fmt: skip
        day, km = day + timedelta(days=rng.randrange(120, 400)), km + rng.randrange(4_000, 20_000)
    rows.append(_row("recommendation", f"{visit}/advice", day, customer=key, vehicle=car, visit=visit, branch=BRANCH,
                     code=rng.choice(SERVICES), made_at=rows[-1]["closed_at"], safety="important"))  # fmt: skip
    return rows

"""How many rows of a shop's history a second go the whole way on SQLite: python tests/benchmarks/shop/history.py [customers]"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from redis import Redis

sys.path.insert(0, "tests/support")

from benchmark import measured
from hub.cli.running import open_region
from hub.core import build_hub
from hub.flow.sync import history_of, import_pages
from hub.settings import load_settings

BENCHMARK = {
    "name": "shop/history", "goal": "2,000 rows of a shop's history a second the whole way on SQLite",
    "quick": ["200"], "full": ["2000"], "curve": [400, 4_000],
}  # fmt: skip
LIMIT = 2000  # rows a second that a history of tens of thousands of rows needs
FIRST = datetime(2023, 1, 2, 8, tzinfo=UTC)
LAST = datetime(2026, 4, 1, tzinfo=UTC)
BRANCH = "berlin"


def rows(customers: int) -> Iterator[dict[str, Any]]:
    rng = Random(3)
    yield {"type": "branch", "key": BRANCH, "at": FIRST, "title": "Berlin", "zone": "Europe/Berlin"}
    for number in range(customers):
        yield from one_customer(f"C-{number}", number, rng)


def one_customer(key: str, number: int, rng: Random) -> Iterator[dict[str, Any]]:
    day, car = FIRST + timedelta(days=rng.randrange(200)), f"{key}/car"
    yield {"type": "customer", "key": key, "at": day, "number": f"N-{number}", "name": f"Anna Weiß {number}",
           "email": f"c{number}@example.org", "phone": f"+4930{number:07d}", "residence": "DE", "branch": BRANCH}  # fmt: skip
    yield {"type": "vehicle", "key": car, "at": day, "customer": key, "vin": f"WVW{number:014d}", "plate": f"B-AB {number}",
           "fuel": "diesel", "owned_since": "2019-01-01"}  # fmt: skip
    for visit in range(6):
        day += timedelta(days=rng.randrange(90, 200))
        if day < LAST:
            yield from one_visit(f"{key}/{visit}", day, {"customer": key, "branch": BRANCH}, car, rng)


def one_visit(key: str, day: datetime, own: dict[str, str], car: str, rng: Random) -> Iterator[dict[str, Any]]:
    """A visit of three lines, its invoice, work that was declined, and the appointment it began with."""
    out = day + timedelta(hours=8)
    lines = [{"code": "oil_change", "title": "Ölwechsel", "price_minor": rng.randrange(2000, 40000)} for _ in range(3)]
    net = sum(line["price_minor"] for line in lines)  # type: ignore[misc]
    yield {"type": "visit", "key": key, "at": out, **own, "vehicle": car, "opened_at": day, "closed_at": out,
           "odometer_km": 30_000, "currency": "EUR", "lines": lines}  # fmt: skip
    yield {"type": "invoice", "key": f"{key}/i", "at": out, **own, "visit": key, "issued_at": out, "net_minor": net,
           "tax_minor": 0, "total_minor": net, "currency": "EUR"}  # fmt: skip
    yield {"type": "recommendation", "key": f"{key}/r", "at": out, **own, "vehicle": car, "visit": key, "code": "brakes",
           "safety": "important", "state": "declined", "made_at": day, "decided_at": out}  # fmt: skip
    yield {"type": "appointment", "key": f"{key}/a", "at": day, **own, "vehicle": car, "starts_at": day, "ends_at": out,
           "booked_at": day - timedelta(days=5), "state": "arrived"}  # fmt: skip


def main(customers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.ndjson"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows(customers))
        settings = load_settings({"HUB_HOME": folder, "HUB_CONFIG": "config"})
        open_region(settings, "eu", lambda: datetime.now(UTC))
        hub = build_hub(settings, "eu", Redis.from_url("unix:///nowhere"))
        partner = hub.partner("shop_eu")
        for what in ("new", "again"):
            wall, cpu = time.perf_counter(), time.process_time()
            done = import_pages(hub, partner, history_of(hub, partner, file), Random(1))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            note = f"{done.rows:,} rows, {done.imported:,} imported, {done.unchanged:,} unchanged, {done.rejected} rejected"
            measured(f"{what}, by the wall", done.rows / wall, "rows/s", peer=LIMIT, beside="the limit", note=note)
            measured(
                f"{what}, of one core", done.rows / cpu, "rows/s", peer=LIMIT, beside="the limit", goal=1.0, more=True
            )
        hub.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)

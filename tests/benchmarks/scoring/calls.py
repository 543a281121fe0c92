"""How long a branch waits for its list, on PostgreSQL: python tests/benchmarks/scoring/calls.py [calls]

A branch of twice as many customers as calls can be made, each with a car that six services are told of, a score, and, for some, a
danger that was declined. Made is measured with all that is written, and looked at is what is shown of it then."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

# ruff: noqa: S608 - what is put together are numbers of our own
sys.path.insert(0, "tests/benchmarks/journeys")
sys.path.insert(0, "tests/benchmarks/scoring")
sys.path.insert(0, "tests/support")

from crowd import CARS, CUSTOMERS, gather

from benchmark import measured
from hub.core import Hub
from hub.flow import outreach
from hub.sdk import Decision, hookimpl
from town import opened

BENCHMARK = {
    "name": "scoring/calls", "goal": "a list of 10,000 calls made and shown within 2 s",
    "quick": ["1000"], "full": ["10000"],
}  # fmt: skip
LIMIT = 2.0 / 10_000  # seconds a call
BRANCH = "berlin-mitte"
ROWS = (
    """INSERT INTO branches (id, code, title, zone, region) SELECT 1, 'berlin-mitte', 'Mitte', 'Europe/Berlin', 'eu'
       WHERE NOT EXISTS (SELECT FROM branches WHERE code = 'berlin-mitte')""",
    f"""INSERT INTO needs (id, customer_id, vehicle_id, service, as_of, value, low, high, support, price_minor, margin_minor, currency,
                           reasons, model, region)
        SELECT n * 10 + place, {CUSTOMERS} + n, {CARS} + n, (ARRAY['oil', 'brakes', 'tyres', 'lights', 'air', 'wipers'])[place + 1],
               current_date, (n * 7 + place * 13) % 97 / 100.0, 0, 1, 3, 20000, 10000 + place * 500, 'EUR',
               '["done_due=1.2:+", "season=1:+", "popular=0.31:+"]', 'm', 'eu'
        FROM generate_series(1, :customers) n, generate_series(0, 5) place""",
    f"""INSERT INTO scores (id, customer_id, name, as_of, value, low, high, support, reasons, model, region)
        SELECT n, {CUSTOMERS} + n, 'churn', current_date, 0.4, 0.3, 0.5, 3, '[]', 'm', 'eu' FROM generate_series(1, :customers) n""",
)  # fmt: skip


class Phone:
    """A policy that lets everybody be called."""

    @hookimpl
    def decide(self, hub: Hub, question: Any) -> list[Decision]:
        return [Decision("allow", "phone", "contract")]


def timed(what: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, and of this process's CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    found = what()
    return time.perf_counter() - began, time.process_time() - cpu, found


def main(calls: int) -> None:
    with opened(lambda: datetime.now(UTC)) as hub:
        hub.plugins.register(Phone(), name="phone")
        gather(hub, 2 * calls, ROWS)
        making, made_by, added = timed(lambda: outreach.make(hub, BRANCH, calls, "benchmark"))
        assert added == calls, f"{added} calls"
        looking, seen_by, found = timed(lambda: outreach.listed(hub, BRANCH))
        assert len(found.entries) == calls
    note = f"made in {making:.2f} s, looked at in {looking:.2f} s; {made_by + seen_by:.2f} s of CPU are the hub's"
    measured(f"a list of {calls:,}", making + looking, "s", peer=calls * LIMIT, beside="the limit", goal=1.0, note=note)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

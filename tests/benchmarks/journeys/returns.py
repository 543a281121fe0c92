"""How long returns are counted, and how long a look at them takes, on PostgreSQL: python tests/benchmarks/journeys/returns.py [people]"""

import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

sys.path.insert(0, "tests/support")

from sqlalchemy import text

import scoring
from benchmark import measured
from hub.app import create_app
from hub.core import Hub
from hub.flow import reports
from hub.flow.batches import batches
from hub.models import Experiment, Exposure, Invoice, JourneyVersion, Line, Message, Visit
from hub.models import table as table_of
from town import ZONE, Standing, opened, settle

BENCHMARK = {
    "name": "journeys/returns", "goal": "a look at the returns costs the server at most 100 ms, p99",
    "quick": ["2000"], "full": ["100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
GOAL = 100.0  # ms of the server for a page, p99
NOW = datetime(2026, 11, 25, 7, 59, tzinfo=UTC)
JOURNEYS, MET, SPOKEN = 15, 0.15, 0.4  # how many; the share of customers that each met; of them, who got a message


def live(hub: Hub, ids: list[int]) -> None:
    """Two visits a customer with three lines and an invoice; each journey met some of them, a tenth was held back."""
    rng = Random(5)
    shop, mail = (
        next(one.id for one in hub.partners.values() if one.settings.connector == sort) for sort in ("shop", "mail")
    )
    arms = {"held": 0.1, "treated": 0.9}
    with hub.begin() as work:
        refs: dict[int, str] = dict(work.session.execute(text("SELECT id, ref FROM customers")).all())  # type: ignore[arg-type]
        for number in range(JOURNEYS):
            work.add(
                JourneyVersion(
                    journey=f"j{number}", hash=str(number), text="", applied_at=NOW, applied_by="t", ended_at=NOW
                )
            )
            work.add(Experiment(experiment=f"holdout:j{number}", journey=f"j{number}", unit="customer", arms=arms,
                                opened_at=NOW - timedelta(days=400)))  # fmt: skip
    for some in batches(ids):
        rows: dict[Any, list[dict[str, Any]]] = {one: [] for one in (Visit, Line, Invoice, Exposure, Message)}
        with hub.begin() as work:
            for customer in some:
                for _ in range(2):
                    _visit(work, rows, rng, shop, customer)
                for number in range(JOURNEYS):
                    if rng.random() < MET:
                        _met(work, rows, rng, mail, customer, refs[customer], number)
            for model, several in rows.items():
                work.insert_all(model, several)
    with hub.region.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for model in (Visit, Line, Invoice, Exposure, Message):
            connection.execute(text(f"ANALYZE {table_of(model).name}"))


def _visit(work: Any, rows: dict[Any, list[dict[str, Any]]], rng: Random, shop: int, customer: int) -> None:
    at, visit = NOW - timedelta(days=rng.randrange(1, 700)), work.ids.next()
    told = {"connection_id": shop, "version": 0, "told_at": at, "customer_id": customer, "branch": f"b{customer % 38}"}
    price = rng.randrange(4_000, 60_000)
    rows[Visit].append({**told, "id": visit, "key_hash": visit.to_bytes(8), "reason": "service", "status": "closed", "opened_at": at,
                        "closed_at": at, "local_day": at.date(), "zone": ZONE, "amount_minor": 3 * price, "currency": "EUR"})  # fmt: skip
    for number in range(3):
        rows[Line].append({"visit_id": visit, "number": number, "kind": "part", "code": "srv-l", "quantity_milli": 1000,
                           "price_minor": price, "cost_minor": price // 2, "currency": "EUR"})  # fmt: skip
    rows[Invoice].append({**told, "key_hash": visit.to_bytes(8), "visit_id": visit, "issued_at": at, "issued_on": at.date(),
                          "net_minor": 3 * price, "tax_minor": 0, "total_minor": 3 * price, "currency": "EUR"})  # fmt: skip


def _met(
    work: Any, rows: dict[Any, list[dict[str, Any]]], rng: Random, mail: int, customer: int, ref: str, number: int
) -> None:
    at, held = NOW - timedelta(days=rng.randrange(1, 360)), rng.random() < 0.1
    rows[Exposure].append({"experiment": f"holdout:j{number}", "unit": f"customer:{customer}", "arm": "held" if held else "treated",
                           "customer_id": customer, "journey": f"j{number}", "enrollment_id": 0, "entry": "event", "at": at})  # fmt: skip
    if not held and rng.random() < SPOKEN:
        one = work.ids.next()
        rows[Message].append({"id": one, "connection_id": mail, "entity": ref, "seq": one, "topic": "marketing", "effect_key": str(one),
                              "refs": {"journey": f"j{number}"}, "state": "sent", "attempts": 1, "not_before": at, "made_at": at,
                              "settled_at": at, "why": "", "reason": "", "fence": 0, "doubtful": False})  # fmt: skip


def look(hub: Hub) -> list[float]:
    """Seconds of the server for a GET of the API, asked with a token, two hundred times."""
    from hub.access import principal_named
    from hub.web.access import grant_token

    with hub.begin() as work:
        secret = grant_token(work, principal_named(work, "a report", ()), ["returns:read"], timedelta(days=1))
    client, took = create_app(hub).test_client(), []
    for _ in range(200):
        began = time.perf_counter()
        answer = client.get("/api/v1/roi", headers={"Authorization": f"Bearer {secret}"})
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
    return took


def main(customers: int) -> None:
    with opened(Standing(NOW)) as hub:
        if not hub.plugins.has_plugin("scoring"):
            hub.plugins.register(scoring, "scoring")
        live(hub, settle(hub, customers, past=False))
        for span in reports.SPANS:
            began = time.perf_counter()
            reports.count(hub, span)
            measured(f"counted, {span}", time.perf_counter() - began, "s", note=f"{customers:,} customers")
        measured("memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")
        found = reports.latest(hub)
        assert found is not None
        measured("difference to the ledger", abs(found.document["ledger"]["EUR"]["difference"]), "cents", goal=0.0)
        cuts = quantiles(look(hub), n=100)
        measured("a look, p99", 1000 * cuts[98], "ms", goal=GOAL, note=f"half {1000 * cuts[49]:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

"""How many people are forgotten in an hour, from the approval to the certificate: python tests/benchmarks/compliance/erasures.py

Goal: 10,000 an hour on two cores. Each has twelve visits, a card and `--invoices` (2), which a tax law wants kept and which are
archived on the way; nobody is told, as no partner of the bench takes `delete`. `--workers N` runs as many processes; `--postgres URL`
on an empty PostgreSQL database."""

import multiprocessing
import resource
import time
from datetime import UTC, datetime, timedelta

from bench import a_hub, asked, opened  # which knows tests/support

from benchmark import measured
from compliance import erasure
from compliance.coming import Came
from hub.core import Hub
from hub.flow import pipeline
from hub.flow.customers import fold
from hub.sdk import BranchRecord, CustomerKey, CustomerRecord, EventRecord, InvoiceRecord, LoyaltyRecord, Record
from hub.settings import Settings

BENCHMARK = {
    "name": "compliance/erasures", "goal": "10,000 people forgotten in an hour on two cores",
    "quick": ["--people", "60"], "full": ["--people", "1000"], "curve": [200, 2_000],
}  # fmt: skip
GOAL = 10_000
VISITS = 12


def plant(hub: Hub, people: int, invoices: int) -> list[str]:
    """Answers the requests, approved."""
    at = datetime.now(UTC) - timedelta(days=400)
    with hub.begin() as work:
        fold(hub, work, hub.partners["club"], [BranchRecord(code="mitte", title="Mitte", zone="Europe/Berlin")])
    for start in range(0, people, 50):
        records: list[Record] = []
        for number in range(start, min(start + 50, people)):
            key = CustomerKey(partner_id=f"m-{number}", customer_number=f"C-{number}")
            mail, phone = f"a{number}@example.org", f"+4930{number:07d}"
            records.append(
                CustomerRecord(customer=key, name=f"Anna Weiß {number}", email=mail, phone=phone, branch="mitte")
            )
            records.append(LoyaltyRecord(customer=key, version=1, at=at, tier="gold", points=40))
            records += [
                EventRecord(customer=key, kind="visit", key=f"{number}-{n}", at=at + timedelta(days=n), zone="Europe/Berlin",
                            amount_minor=9900, currency="EUR")
                for n in range(VISITS)
            ]  # fmt: skip
            records += [
                InvoiceRecord(customer=key, key=f"{number}-I{n}", at=at, number=f"2025-{number}-{n}", branch="mitte", net_minor=8_319,
                              tax_minor=1_581, total_minor=9_900, currency="EUR", issued_at=at + timedelta(days=n))
                for n in range(invoices)
            ]  # fmt: skip
        with hub.begin() as work:
            folded = fold(hub, work, hub.partners["club"], records)
            pipeline.follow(hub, work, folded.touched, [])
    return [approved(hub, ref) for ref in refs(hub)]


def refs(hub: Hub) -> list[str]:
    from sqlalchemy import select

    from hub.models import Customer

    with hub.look() as session:
        return list(session.scalars(select(Customer.ref).order_by(Customer.id)))


def approved(hub: Hub, customer: str) -> str:
    request = erasure.intake(hub, customer, "bench", Came("desk"))
    erasure.verify(hub, request, "bench", "session")
    erasure.plan(hub, request, "bench")
    erasure.approve(hub, request, "bench")
    return request


def forget(settings: Settings, valkey: str, requests: list[str], said: "multiprocessing.Queue[int]") -> None:
    hub = a_hub(settings, valkey)
    said.put(sum(erasure.run(hub, request) == "certified" for request in requests))
    hub.close()


def main() -> None:
    given = asked(people=200, workers=2, invoices=2)
    with opened(given.postgres) as (settings, valkey):
        hub = a_hub(settings, valkey)
        began = time.perf_counter()
        requests = plant(hub, given.people, given.invoices)
        planted = time.perf_counter() - began
        hub.close()
        said: multiprocessing.Queue[int] = multiprocessing.Queue()
        parts = [requests[n :: given.workers] for n in range(given.workers)]
        workers = [multiprocessing.Process(target=forget, args=(settings, valkey, part, said)) for part in parts]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        certified = sum(said.get() for _ in workers)
        seconds = time.perf_counter() - began
        for worker in workers:
            worker.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = f"{given.invoices} invoices each, {given.workers} workers, {'postgresql' if given.postgres else 'sqlite'}"
    measured("people forgotten", certified / seconds * 3600, "/h", goal=GOAL, more=True, note=told)
    measured("processor time for one", (used.ru_utime + used.ru_stime) / given.people * 1000, "ms", note=told)
    measured("people without a certificate", given.people - certified, "people", goal=0)
    measured("people planned for", given.people / planted * 3600, "/h")


if __name__ == "__main__":
    main()

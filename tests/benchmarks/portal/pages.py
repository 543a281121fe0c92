"""Server time of every page of the portal and the desks, on PostgreSQL: python tests/benchmarks/portal/pages.py [customers] [looks]

Something stands on every page, as where they are looked at (`tests/support/browser.py`); around it stand the customers, with three
years of events each, every third of them in a segment. Time is that of the view in this process, without a network."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, "tests/benchmarks/journeys")
sys.path.insert(0, "tests/support")

from flask import Flask

from apps import lent
from benchmark import measured
from browser import CUSTOMERS, NOBODY, Site, as_guest, filled
from desks import Clock, Visitor, build, found
from hub.core import Hub
from hub.flow import reports
from hub.flow.batches import batches
from hub.models import Membership, Outreach
from hub.serving import freeze
from mine import come_in
from postgres import start_postgres, vacuum
from town import settle

BENCHMARK = {
    "name": "portal/pages", "goal": "a million customers: every page at most 100 ms at p99 and 50 ms at the median",
    "quick": ["2000", "20"], "full": ["1000000", "200"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
P99, MEDIAN = 100.0, 50.0  # ms
WARM = 3  # looks that are not counted: templates are read, and plans made
CALLS = 200  # of today's list
NO_PAGE = {"lost"}


def crowd(hub: Hub, customers: int) -> None:
    """Those whom nobody looks at, and among whom every page finds its own."""
    ids = settle(hub, customers)
    inside = ids[::3]
    for numbers in batches(range(len(inside))):
        with hub.begin() as work:
            rows = [
                {"segment": "gold_tier", "customer_id": inside[number], "rule_hash": "1" * 64, "cause": "refresh",
                 "entered_at": work.now - timedelta(seconds=number)}
                for number in numbers
            ]  # fmt: skip
            work.insert_all(Membership, rows)
    with hub.begin() as work:
        day = work.now.date()
        rows = [
            {"customer_id": one, "branch": "berlin-spree", "listed_on": day, "rank": 10 + rank, "control": False, "safety": False,
             "service": "brakes", "chance": 0.2, "value_minor": 900, "currency": "EUR", "reasons": ["done_due=1.2:+"], "model": "m"}
            for rank, one in enumerate(ids[: CALLS - 10])
        ]  # fmt: skip
        work.insert_all(Outreach, rows)
    vacuum(hub.region.engine)


def visitor_of(app: Flask, site: Site, role: str) -> Visitor:
    if role in CUSTOMERS:
        return come_in(app, site.hub, site.owner if role == "customer" else site.driver)
    visitor = Visitor(app)
    if role == "guest":
        visitor.post(f"/guest/{as_guest(site.hub, site)}")
    elif role != NOBODY:
        visitor.sign_in(site.hub, role)
    return visitor


def timed(app: Flask, site: Site, looks: int) -> Iterator[tuple[str, list[float]]]:
    for name, (path, role) in site.pages().items():
        if name in NO_PAGE:
            continue
        site.hub.clock.pass_by(minutes=11)  # type: ignore[attr-defined]  # so many may come in from one address
        reports.count(site.hub, reports.PEOPLE)  # as a process of the region does once a minute
        took, visitor = [], visitor_of(app, site, role)  # each anew: time passes, and who does nothing is signed out
        for look in range(looks + WARM):
            site.hub.clock.pass_by(seconds=1)  # type: ignore[attr-defined]
            began = time.perf_counter()
            answer = visitor.get(path)
            answer.get_data()
            if look >= WARM:
                took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code in (200, 204, 302, 303), (name, answer.status_code)
        yield name, took


def main(customers: int, looks: int) -> None:
    server = start_postgres(os.environ)
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = server.create("pages")
            found(Path(folder), url)
            hub = build(Path(folder), Clock(), url=url)
            site = filled(hub, "")
            crowd(hub, customers)
            with lent(hub) as app:
                freeze()  # as whoever serves does
                tell(customers, list(timed(app, site, looks)))
            hub.close()
    finally:
        server.stop()


def tell(customers: int, pages: Sequence[tuple[str, list[float]]]) -> None:
    """Each page's median and p99, the slowest first; then the worst of all."""
    cuts = {name: quantiles(took, n=100, method="inclusive") for name, took in pages}
    for name, cut in sorted(cuts.items(), key=lambda one: -one[1][98]):
        print(f"{name:24} median {cut[49]:7.1f} ms   p99 {cut[98]:7.1f} ms", flush=True)
    slowest = max(cuts, key=lambda name: cuts[name][98])
    heaviest = max(cuts, key=lambda name: cuts[name][49])
    among = f"{len(cuts)} pages among {customers:,} customers"
    measured(f"p99 of the slowest of {among}", cuts[slowest][98], "ms", goal=P99, note=slowest)
    measured(f"median of the slowest of {among}", cuts[heaviest][49], "ms", goal=MEDIAN, note=heaviest)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*given, *(2_000, 20)[len(given) :])

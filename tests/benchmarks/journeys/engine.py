"""How many people come in, how many durable steps a second they go, and how late a timer is beside a million that sleep, on
PostgreSQL: python tests/benchmarks/journeys/engine.py [customers] [sleeping]"""

import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, "tests/support")

from sqlalchemy import func, select, text

from benchmark import measured
from hub import clock as moving
from hub.core import Hub
from hub.flow import applying, waking
from hub.models import Enrollment, StepLog, table
from postgres import cpu_below, vacuum
from rules.calendar import Span
from rules.journeys.read import read_journey
from rules.journeys.timing import before
from rules.parse import read_text
from town import ZONE, Standing, opened, settle

BENCHMARK = {
    "name": "journeys/engine", "goal": "100,000 people come in within 30 s, 5,000 steps a second, timers at most 1 s late",
    "quick": ["2000", "5000"], "full": ["100000", "1000000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
ENROL, STEPS, LATE, IDLE = 30.0, 5_000.0, 1_000.0, 1.0  # seconds for 100,000 people, a second, ms, % of one core
REST = 20  # seconds in which nothing happens
NOW = datetime(2026, 11, 25, 7, 59, tzinfo=UTC)
HEAD = """
title: For a benchmark
zone: Europe/Berlin
purpose: service_notice
exempt: booking
"""
MASS = """
enter: {every: {day: 1, at: "09:00"}, when: {visits.count: {at_least: 0}}}
exit: [{name: complained, event: {kind: complaint}}]
steps:
  - {id: a_day, wait: 1d}
  - id: which
    branch: [{case: often, when: {visits.count: {at_least: 5}}, do: [{id: thanked, update: {event: offer_made}}]}]
    else: [{id: noted, update: {event: offer_made}}]
  - {id: two_days, wait: 2d}
  - {id: again, jump: {to: a_day, at_most: 1}}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
ONE = """
enter: {event: {kind: complaint}}
goal: {kind: survey}
steps:
  - {id: pause, wait: 400d}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
OTHERS = {"id": "1 + n", "customer_id": "ids[1 + n % :people]", "subject_id": "ids[1 + n % :people]",
          "generation": "1 + n / :people", "wake_at": "wake_at + n * interval '1 second'"}  # fmt: skip
NAMES = [column.name for column in table(Enrollment).columns]
COPIES = f"""INSERT INTO enrollments ({", ".join(NAMES)})
    SELECT {", ".join(OTHERS.get(name, name) for name in NAMES)}
    FROM enrollments, (SELECT CAST(:ids AS bigint[]) AS ids) known, generate_series(1, :more) n WHERE id = 1"""  # noqa: S608


def apply(hub: Hub, name: str, body: str) -> int:
    source = f"journey: {name}{HEAD}{body}"
    rule = read_journey(read_text(source.encode(), f"{name}.yaml"), hub.book.catalogue, {}, believed=True)
    applying.apply(hub, rule, source, "benchmark")
    with hub.look() as session:
        return len(list(session.scalars(select(Enrollment.id).limit(1))))


def mass(hub: Hub, clock: Standing, customers: int) -> None:
    apply(hub, "mass", MASS)
    clock.now += timedelta(minutes=2)
    began = time.perf_counter()
    waking.tick(hub)
    took = time.perf_counter() - began
    measured(
        "100,000 people come in", took * 100_000 / customers, "s", goal=ENROL, note=f"{customers:,} in {took:.1f} s"
    )
    with hub.begin() as work:  # nobody else comes in
        work.session.execute(text("UPDATE journey_versions SET due_at = NULL"))
        passed = work.session.scalar(select(func.count()).select_from(StepLog)) or 0
    for days in (1, 2):
        clock.now += timedelta(days=days, minutes=1)
        began = time.perf_counter()
        while waking.tick(hub):
            pass
        took = time.perf_counter() - began
        with hub.look() as session:
            after = session.scalar(select(func.count()).select_from(StepLog)) or 0
        measured(
            f"steps, day {days}", (after - passed) / took, "/s", goal=STEPS, more=True, note=f"{after - passed:,} steps"
        )
        passed = after


def sleep_long(hub: Hub, ids: list[int], sleeping: int) -> None:
    """A million who wait for next year, several ways each: one row as the hub writes it, the others copied from it by the
    database, as a million by hand would take longer than all that is measured."""
    apply(hub, "sleeping", ONE)
    with hub.look() as session:
        version = session.scalar(text("SELECT id FROM journey_versions WHERE journey = 'sleeping'"))
    later = hub.clock() + timedelta(days=300)
    first = {"journey": "sleeping", "version_id": version, "customer_id": ids[0], "subject_id": ids[0], "generation": 1,
             "entry": "event", "event_id": None, "state": "waiting", "node": "pause", "seq": 0, "visits": {"pause": 1},
             "reason": "", "wake_at": later}  # fmt: skip
    with hub.begin() as work:
        moments = dict.fromkeys(("made_at", "entered_at", "since"), work.now)
        work.insert_all(Enrollment, [{"id": 1, **first, **moments}])
        work.session.flush()
        began = time.perf_counter()
        work.session.execute(text(COPIES), {"ids": ids, "people": len(ids), "more": sleeping - 1})
    measured("they lie down", time.perf_counter() - began, "s", note=f"{sleeping:,} of {len(ids):,} customers")


def lateness(hub: Hub, seconds: int = 20, each: int = 20) -> None:
    """The clock runs; of those who sleep some wake at random moments of the next seconds."""
    rng, begin = Random(3), datetime.now(UTC) + timedelta(seconds=6)
    wanted = {}
    with hub.begin() as work:
        ids = list(
            work.session.scalars(select(Enrollment.id).where(Enrollment.journey == "sleeping").limit(seconds * each))
        )
        for one in ids:
            wanted[one] = begin + timedelta(seconds=rng.random() * seconds)
            values = {"wake_at": wanted[one], "since": before(wanted[one], Span(400, "d"), ZONE)}
            work.session.execute(Enrollment.__table__.update().where(Enrollment.id == one).values(**values))  # type: ignore[attr-defined]
    stop = threading.Event()
    clock = threading.Thread(target=moving.run, args=(hub, stop.is_set))
    clock.start()
    time.sleep(seconds + 12)
    with hub.look() as session:
        late = sorted((at - wanted[one]).total_seconds() for one, at in
                      session.execute(select(StepLog.enrollment_id, StepLog.at).where(StepLog.enrollment_id.in_(ids))))  # fmt: skip
    if len(late) < len(ids):
        raise SystemExit(f"{len(late)} of {len(ids)} woke")
    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
    note = f"half {p50 * 1000:.0f} ms, {len(late)} woke"
    measured("a timer is late by, p99", p99 * 1000, "ms", goal=LATE, note=note)
    began, cpu, theirs = time.perf_counter(), time.process_time(), cpu_below(os.getpid())
    time.sleep(REST)
    took, cpu, theirs = time.perf_counter() - began, time.process_time() - cpu, cpu_below(os.getpid()) - theirs
    note = f"PostgreSQL beside it {100 * theirs / took:.2f} %"
    measured("the clock at rest", 100 * cpu / took, "% of a core", goal=IDLE, note=note)
    stop.set()
    clock.join()


def main(customers: int, sleeping: int) -> None:
    standing = Standing(NOW)
    with opened(standing) as hub:
        settle(hub, customers, past=False)
        mass(hub, standing, customers)
    with opened(lambda: datetime.now(UTC), str(Path("config"))) as hub:
        ids = settle(hub, min(customers, 20_000), past=False)
        sleep_long(hub, ids, sleeping)
        vacuum(hub.region.engine)
        lateness(hub)


if __name__ == "__main__":
    main(*(int(one) for one in (sys.argv[1:] + ["20000", "1000000"][len(sys.argv) - 1 :])))

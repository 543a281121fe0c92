"""How long after a webhook was taken in somebody is on the journey that it lets them on, in a whole hub on a durable PostgreSQL:
python tests/benchmarks/journeys/entry.py [webhooks a second] [seconds]

The town and the webhooks of rules/freshness; each webhook moves its member from one segment to the next, and each of these
segments is the door of a journey. The enrollment is written in the transaction that settles the delivery, so PostgreSQL's commit
time of one is that of the other; a webhook's time begins with the transaction that keeps it."""

import sys
import tempfile
import time
from pathlib import Path
from random import Random

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")
sys.path.insert(0, "tests/benchmarks/rules")

from freshness import DURABLE, MEMBERS, SEGMENTS, at, only_one_crm, segment, tell
from redis import Redis

from benchmark import measured
from hub.core import build_hub
from hub.flow import applying
from postgres import OwnPostgres
from town import Town

BENCHMARK = {
    "name": "journeys/entry", "goal": "on the journey within 2 s of the webhook at 200 a second, 99 of 100",
    "quick": ["100", "10"], "full": ["200", "60"],
}  # fmt: skip
GOAL = 2.0  # seconds, 99 of a hundred
LEAST = 15  # journeys in force, as the house has them
JOURNEY = """journey: j{number}
title: J
zone: Europe/Berlin
purpose: service_notice
exempt: booking
enter: {{segment: {{enters: s{number}}}}}
goal: {{kind: visit}}
steps:
  - {{id: pause, wait: 400d}}
tests: [{{name: t, from: 2026-03-01, ends: never}}]
"""
WAITS = """SELECT EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin) - received_at) FROM deliveries
    WHERE state = 'done' AND received_at >= to_timestamp(:since)
    AND CAST(xmin AS text) IN (SELECT CAST(xmin AS text) FROM enrollments) ORDER BY 1"""


def main(rate: int, seconds: int) -> None:
    doors = range(2, 2 + max(LEAST, -(-rate * seconds // MEMBERS)))
    server = OwnPostgres(DURABLE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            town = prepared(Path(folder), server.create("entry"), doors)
            town.start()
            try:
                report(town, rate, seconds, len(doors))
            finally:
                town.stop()
    finally:
        server.stop()


def prepared(folder: Path, url: str, doors: range) -> Town:
    """A hundred segments, and a journey in force behind each that this run leads into."""
    rng = Random(5)
    town = Town(folder, rng, {"HUB_DATABASE_EU": url})
    config = town.folder / "config"
    only_one_crm(config / "hub.yaml")
    for name in ("segments", "journeys"):
        (config / name).mkdir()
    for number in range(SEGMENTS):
        (config / "segments" / f"s{number}.yaml").write_text(segment(number, rng))
    texts = {f"j{number}": JOURNEY.format(number=number) for number in doors}
    for name, text in texts.items():
        (config / "journeys" / f"{name}.yaml").write_text(text)
    hub = build_hub(town.settings, "eu", Redis.from_url("unix:///nowhere"))
    for name, rule in sorted(hub.book.current().journeys.items()):
        applying.apply(hub, rule, texts[name], "benchmark")
    hub.close()
    return town


def report(town: Town, rate: int, seconds: int, journeys: int) -> None:
    tell(town, rate, MEMBERS, 1)  # so that everybody is known
    town.wait_settled(time.monotonic() + 300)
    since, before = time.time(), town.count("enrollments")
    senders = tell(town, rate, rate * seconds, 2)
    until = time.monotonic() + 300
    while (
        town.count("deliveries", "state = 'done' AND result IS NOT NULL") < len(town.accepted)
        and time.monotonic() < until
    ):
        time.sleep(0.5)
    entered = town.count("enrollments") - before
    assert entered == rate * seconds, f"{entered:,} of {rate * seconds:,} came in"
    waits = [float(row[0]) for row in town.query(WAITS.replace(":since", str(since)))]
    assert len(waits) == entered, f"{len(waits):,} of {entered:,} webhooks were settled with an enrollment"

    late = max(sender.late for sender in senders) * 1000
    print(f"the last sender was {late:.0f} ms late; median {at(waits, 0.5):.3f} s")
    note = f"{rate} a second for {seconds} s, {journeys} journeys, {SEGMENTS} segments"
    measured("webhook to enrollment, p99", at(waits, 0.99), "s", goal=GOAL, note=note)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, int(sys.argv[2]) if len(sys.argv) > 2 else 60)

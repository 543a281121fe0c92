"""Segments kept up over all customers of a hub on PostgreSQL, beside SQL by hand that writes the same rows:
python tests/benchmarks/rules/refresh.py [customers]

Both run in a transaction that is taken back, on the same state: a first fill, then with one customer of a hundred changed."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

sys.path.insert(0, "tests/benchmarks/journeys")
sys.path.insert(0, "tests/support")

from sqlalchemy import Connection, text

from benchmark import measured
from hub.core import Hub
from hub.flow import segments
from hub.work import Work
from rules import SegmentRule
from rules.book import read_segment
from rules.parse import read_text
from town import Standing, opened, settle

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
BENCHMARK = {
    "name": "rules/refresh", "goal": "segments kept up at 1.3 times SQL by hand that writes the same rows",
    "quick": ["4000"], "full": ["100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
RULES, GOAL = 20, 1.3
Pair = tuple[SegmentRule, str]  # ours, and its WHERE by hand
INSIDE = "SELECT customer_id FROM memberships WHERE segment = CAST(:segment AS varchar) AND left_at IS NULL"
INTO = f"""INSERT INTO memberships (id, region, segment, customer_id, rule_hash, entered_at, cause)
    SELECT :first + row_number() OVER (), 'eu', CAST(:segment AS varchar), customer_id, :hash, :now, 'rule' FROM profiles
    WHERE {{when}} AND customer_id NOT IN ({INSIDE})"""  # noqa: S608
OUT = """UPDATE memberships SET left_at = :now, left_cause = 'rule' WHERE segment = :segment AND left_at IS NULL
    AND customer_id NOT IN (SELECT customer_id FROM profiles WHERE {when})"""


def pair(hub: Hub, rng: Random, number: int) -> Pair:
    """Three tests on three facts."""
    count, days, points = rng.randrange(1, 12), rng.choice([180, 365, 900]), rng.randrange(100, 800)
    ago = (NOW - timedelta(days=days)).date()
    tests = (
        f"visits.count: {{at_least: {count}}}",
        f"customer.joined_on: {{older_than: {days}d}}",
        f"loyalty.points: {{below: {points}}}",
    )
    document = f"""segment: s{number}
title: S
when: {{all: [{", ".join(f"{{{test}}}" for test in tests)}]}}
examples:
  - {{name: a, now: 2026-11-25, given: {{visits.count: 12, customer.joined_on: 2020-01-01, loyalty.points: 0}}, expect: in}}
  - {{name: b, now: 2026-11-25, given: {{}}, expect: out}}
"""
    source = read_text(document.encode(), f"s{number}.yaml")
    hand = f"visits_count >= {count} AND joined_on <= DATE '{ago}' AND loyalty_points < {points}"
    return read_segment(source, hub.book.catalogue), hand


def by_hand(connection: Connection, pairs: list[Pair]) -> int:
    written = 0
    for number, (rule, when) in enumerate(pairs):
        values = {"segment": rule.name, "hash": rule.hash, "now": NOW, "first": 2**62 + number * 10**8}
        written += connection.execute(text(INTO.format(when=when)), values).rowcount
        written += connection.execute(text(OUT.format(when=when)), values).rowcount
    return written


def ours(hub: Hub, work: Work, pairs: list[Pair]) -> int:
    return sum(len(segments.refresh(hub, work, rule, "rule")) for rule, _ in pairs)


class TakeBack(Exception):
    """So that a transaction leaves nothing."""


def timed(hub: Hub, what: Callable[[Work], int], times: int = 3) -> tuple[float, int]:
    """(seconds of the quickest run, rows written); every run is taken back."""
    best, written = float("inf"), 0
    for _ in range(times):
        try:
            with hub.begin() as work:
                began = time.perf_counter()
                written = what(work)
                work.session.flush()
                best = min(best, time.perf_counter() - began)
                raise TakeBack
        except TakeBack:
            pass
    return best, written


def beside(hub: Hub, pairs: list[Pair], name: str) -> None:
    hand, rows = timed(hub, lambda work: by_hand(work.session.connection(), pairs))
    mine, same = timed(hub, lambda work: ours(hub, work, pairs))
    assert rows == same, f"{name}: {rows:,} rows by hand, {same:,} of ours"
    measured(name, mine, "s", peer=hand, beside="SQL by hand", goal=GOAL, note=f"the same {rows:,} rows")


def main(customers: int) -> None:
    rng = Random(7)
    with opened(Standing(NOW)) as hub:
        settle(hub, customers, past=False)
        pairs = [pair(hub, rng, number) for number in range(RULES)]
        with hub.begin() as work:
            work.session.execute(
                text("UPDATE profiles SET visits_count = customer_id % 13, loyalty_points = (customer_id * 7) % 900")
            )
        beside(hub, pairs, "first fill")
        with hub.begin() as work:
            ours(hub, work, pairs)
        with hub.begin() as work:
            work.session.execute(
                text("UPDATE profiles SET visits_count = (visits_count + 5) % 13 WHERE customer_id % 100 = 1")
            )
        with hub.begin() as work:
            work.session.execute(text("ANALYZE"))
        beside(hub, pairs, "1 % changed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

"""A hundred segments over all customers by PostgreSQL, by DuckDB and by Apache Spark, each with its snapshot counted in:
python tests/benchmarks/rules/engines.py [customers]"""

import os
import sys
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/benchmarks/rules")

from segments import NOW, RULES, ZONE, fill, rule

from benchmark import measured
from conditions import checked
from histories import TABLES
from hub.snapshots.engines import engine
from postgres import start_postgres
from rules.errors import NOWHERE
from rules.sql import select_members
from rules.tree import All, Condition
from snapshots import has_spark, queries_of, taken

BENCHMARK = {
    "name": "rules/engines", "goal": "by an engine beside the database as by the database; where the curves cross is told",
    "quick": ["10000"], "full": ["1000000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip


def conditions(rng: Random) -> list[Condition]:
    """Facts alone; with a count of events; with a sequence of them."""
    return [All((rule(rng)[0], *_of_events(number, rng)), NOWHERE) for number in range(RULES)]


def _of_events(number: int, rng: Random) -> list[Condition]:
    days = rng.choice([90, 180, 365, 730])
    if number % 10 == 0:
        steps = ["visit", {"not": "complaint", "within": f"{days}d"}]
        return [checked({"sequence": {"steps": steps, "within": "4y"}})]
    return [checked({"event": {"kind": "visit", "at_least": 1, "within": f"{days}d"}})] if number % 2 else []


def by_sql(session: Session, rules: list[Condition]) -> tuple[list[int], float]:
    began = time.perf_counter()
    found = [_known(session.scalars(select_members(one, TABLES, NOW, ZONE))) for one in rules]
    return found, time.perf_counter() - began


def by_engine(session: Session, rules: list[Condition], name: str) -> tuple[list[int], float, str]:
    """(who was found, seconds in all, where they went)."""
    marks = [time.perf_counter()]
    queries = queries_of(rules, name, NOW, ZONE)
    with TemporaryDirectory() as folder:
        held = taken(session, Path(folder), queries, rules)
        size = sum(part.path.stat().st_size for one in held.values() for part in one.parts)
        marks.append(time.perf_counter())
        with engine(name)(held, Path(folder), os.environ) as ask:
            marks.append(time.perf_counter())
            found = [_known(ask(one)) for one in queries]
            marks.append(time.perf_counter())
    snapshot, opening, asking = (after - before for before, after in pairwise(marks))
    told = f"snapshot {snapshot:.1f} s ({size / 1e6:.0f} MB), opened {opening:.1f} s, asked {asking:.1f} s"
    return found, marks[-1] - marks[0], told


def _known(ids: Iterable[int]) -> int:
    return hash(tuple(sorted(ids)))


def main(customers: int) -> None:
    server = start_postgres(os.environ)
    try:
        database = create_engine(server.create("engines"))
        with database.connect() as connection:
            fill(connection, customers)
        with Session(database) as session:
            report(session, conditions(Random(5)), customers)
    finally:
        server.stop()


def report(session: Session, rules: list[Condition], customers: int) -> None:
    by_sql(session, rules[:1])  # connected, and warm
    right, seconds = by_sql(session, rules)
    measured("PostgreSQL", seconds, "s", note=f"{customers:,} customers, {RULES} segments")
    for name in ["duckdb", *(["spark"] if has_spark() else [])]:
        found, taking, told = by_engine(session, rules, name)
        assert found == right, f"{name} found others"
        measured(name, taking, "s", peer=seconds, beside="PostgreSQL", goal=1.0, note=told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

"""Twelve months of many customers played again, per journey: python tests/benchmarks/journeys/simulate.py [customers] [journey ...]"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, "tests/support")

from benchmark import measured
from hub.flow.simulating import simulate
from rules.book import load_book
from town import Standing, opened, settle

BENCHMARK = {
    "name": "journeys/simulate", "goal": "twelve months of 100,000 customers within 300 s a journey",
    "quick": ["300"], "full": ["2000"], "curve": [2_000, 20_000],
}  # fmt: skip
GOAL = 300.0  # seconds for 100,000 customers


def main(customers: int, wanted: list[str]) -> None:
    with opened(Standing(datetime(2026, 11, 25, 9, tzinfo=UTC))) as hub:
        began = time.perf_counter()
        settle(hub, customers)
        measured("three years of events written", time.perf_counter() - began, "s", note=f"{customers:,} customers")
        for name, rule in load_book(Path("config"), hub.book.catalogue).journeys.items():
            if wanted and name not in wanted:
                continue
            found = simulate(hub, rule)
            sent, entered = sum(found.sends.values()), sum(found.entries.values())
            scaled = found.seconds * 100_000 / customers
            note = f"{entered:,} came in, {sent:,} messages, {found.seconds:.1f} s"
            measured(f"{name}, for 100,000", scaled, "s", goal=GOAL, note=note)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, sys.argv[2:])

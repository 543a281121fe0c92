"""Twelve months of many customers played again, per journey: python tests/benchmarks/journeys/simulate.py [customers] [journey ...]"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from hub.flow.simulating import simulate
from rules.book import load_book
from town import Standing, load, opened, settle

GOAL = 300.0  # seconds for 100,000 customers


def main(customers: int, wanted: list[str]) -> None:
    with opened(Standing(datetime(2026, 11, 25, 9, tzinfo=UTC))) as hub:
        began = time.perf_counter()
        settle(hub, customers)
        print(f"{customers:,} customers with three years of events in {time.perf_counter() - began:.0f} s, {load()}")
        for name, rule in load_book(Path("config"), hub.book.catalogue).journeys.items():
            if wanted and name not in wanted:
                continue
            found = simulate(hub, rule)
            sent, entered = sum(found.sends.values()), sum(found.entries.values())
            scaled = found.seconds * 100_000 / customers
            print(
                f"{name}: {entered:,} came in, {sent:,} messages, {found.seconds:.1f} s = {scaled:.0f} s "
                f"for 100,000 (goal {GOAL:.0f}), {load()}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, sys.argv[2:])

"""How long the demo's world takes, and how much memory: python tests/benchmarks/demo/world.py [CUSTOMERS ...]

Prints CPU seconds, customers a second and the peak of memory beside the limit of 60 s for 100,000 customers."""

import resource
import sys
import time
from datetime import date

sys.path.insert(0, "tests/support")

from benchmark import measured
from hub.demo.order import SEED, shares
from hub.demo.world.books import DAYS, make_world

TODAY = date(2026, 6, 30)
BENCHMARK = {
    "name": "demo/world", "goal": "a world of 100,000 customers within 60 s of CPU",
    "quick": ["10000"], "full": ["100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
LIMIT = 60 / 100_000  # CPU seconds a customer


def measure(customers: int) -> None:
    began, visits = time.process_time(), 0
    for region, count in shares(customers, ["eu", "gcc", "apac"]).items():
        for books in make_world(region, count, TODAY, SEED):
            visits += int((books.visits["day"] < DAYS).sum())
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{customers:,} customers, {visits:,} visits"
    measured("a world", seconds, "s of CPU", peer=customers * LIMIT, beside="the limit", goal=1.0, note=note)
    measured("memory at most", peak, "MB")


if __name__ == "__main__":
    for text in sys.argv[1:] or ["10000", "100000"]:
        measure(int(text))

"""HubSpot's burst limit with eight workers on a virtual clock: the fullest ten seconds of arrivals, and how much of the limit is used.

python tests/benchmarks/connectors/hubspot_limit.py
"""

import heapq
import sys
import tempfile
from pathlib import Path
from random import Random

from redis import Redis

sys.path.insert(0, "tests/support")

from benchmark import measured
from hub.embedded import ValkeyServer
from hub.sdk.budget import Budget, Window

BENCHMARK = {"name": "connectors/hubspot_limit", "goal": "never above HubSpot's burst limit, and near it"}
WORKERS, SPAN, LIMIT, CALLS = 8, 10.0, 190, 1000
BURST = Window("burst", LIMIT, SPAN)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="g") as folder:
        server = ValkeyServer(Path(folder))
        server.start()
        try:
            arrivals = simulate(Redis.from_url(server.url), Random(7))
        finally:
            server.stop()
    used = len(arrivals) / (arrivals[-1] - arrivals[0]) / (LIMIT / SPAN)
    note = f"{WORKERS} workers, {len(arrivals)} calls"
    measured(
        f"the fullest {SPAN:.0f} s",
        fullest(arrivals),
        "calls",
        peer=LIMIT,
        beside="HubSpot's limit",
        goal=1.0,
        note=note,
    )
    measured("of the limit used", 100 * used, "%")


def simulate(redis: Redis, rng: Random) -> list[float]:
    """Each worker calls as soon as it may; a call arrives up to `slack` later and is answered within half a second."""
    now = [1_800_000_000.0]
    budget = Budget(redis, "bench", [BURST], now=lambda: now[0])
    ready = [(now[0], worker) for worker in range(WORKERS)]
    arrivals: list[float] = []
    while len(arrivals) < CALLS:
        now[0], worker = heapq.heappop(ready)
        wait = budget.take()
        if wait:
            heapq.heappush(ready, (now[0] + wait, worker))
            continue
        arrivals.append(now[0] + rng.uniform(0.0, BURST.slack))
        heapq.heappush(ready, (now[0] + rng.uniform(0.05, 0.3), worker))
    return sorted(arrivals)


def fullest(arrivals: list[float]) -> int:
    left = best = 0
    for right, at in enumerate(arrivals):
        while at - arrivals[left] > SPAN:
            left += 1
        best = max(best, right - left + 1)
    return best


if __name__ == "__main__":
    main()

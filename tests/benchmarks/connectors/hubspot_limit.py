"""HubSpot's limits with eight workers on a virtual clock: the fullest seconds of arrivals, how much of the limit is used, and how
long a load of contacts takes, a hundred to a call: python tests/benchmarks/connectors/hubspot_limit.py --contacts 1000000

The clock is virtual, the shared budget and the connector are the real ones. HubSpot answers at once from memory, so that the CPU
seconds are those of the connector alone; what the hub does for a message beside it (claim, policy, settle) is not in them."""

import argparse
import heapq
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from redis import Redis

sys.path.insert(0, "tests/support")

from benchmark import measured
from connectors.hubspot import HubSpot
from hub.embedded import ValkeyServer
from hub.sdk import SET_FIELDS, Account, Push
from hub.sdk.budget import Budget

BENCHMARK = {
    "name": "connectors/hubspot_limit", "goal": "never above HubSpot's limits, near them, and 1,800 contacts a second",
    "quick": ["--contacts", "100000"], "full": ["--contacts", "1000000"],
}  # fmt: skip
WORKERS, SPAN, LIMIT, SEARCHES, CALLS, GOAL = 8, 10.0, 190, 5, 1000, 1800.0
SLACK = HubSpot.limits[0].slack


class Memory:
    """HubSpot's answers to batches, with nothing behind them."""

    def request(self, method: str, path: str, *, json: Any = None, **given: Any) -> Any:
        return {"results": [{"id": one["id"], "properties": {"garage_ref": one["id"]}} for one in json["inputs"]]}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--contacts", type=int, default=1_000_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="g") as folder:
        server = ValkeyServer(Path(folder))
        server.start()
        try:
            limits(Redis.from_url(server.url))
            load(Redis.from_url(server.url), given.contacts)
        finally:
            server.stop()


def limits(redis: Redis) -> None:
    """A third of what they ask are searches, as many as there are places for."""
    found = list(arrivals(redis, "mixed", Random(7), CALLS, searches=0.33))
    calls, searches = [at for at, _ in found], [at for at, path in found if path]
    note = f"{WORKERS} workers, {len(calls):,} calls, {len(searches):,} of them searches"
    measured(
        f"the fullest {SPAN:.0f} s",
        fullest(calls, SPAN),
        "calls",
        peer=LIMIT,
        beside="HubSpot's limit",
        goal=1.0,
        note=note,
    )
    measured(
        "the fullest second of searches",
        fullest(searches, 1.0),
        "calls",
        peer=SEARCHES,
        beside="HubSpot's limit",
        goal=1.0,
    )
    alone = [at for at, _ in arrivals(redis, "alone", Random(8), CALLS)]
    used = len(alone) / (alone[-1] - alone[0]) / (LIMIT / SPAN)
    measured("of the limit used", 100 * used, "%", goal=95.0, more=True)


def load(redis: Redis, contacts: int) -> None:
    crm = HubSpot(Account("bench", "eu", Memory(), {"token": "t"}))
    size, began, told = crm.batch_size, time.process_time(), 0
    at = first = 0.0
    for at, _ in arrivals(redis, "load", Random(9), contacts // size):
        first = first or at
        batch = [_push(number) for number in range(told, told + size)]
        told += sum(one.state == "sent" for one in crm.push(batch))
    seconds, cpu = at - first, time.process_time() - began
    assert told == contacts // size * size
    share = 100 * cpu / seconds / (os.cpu_count() or 1)
    note = f"{told:,} contacts in {seconds:,.0f} virtual seconds; {cpu:,.0f} s of CPU, {share:.0f} % of this machine"
    measured("contacts told", told / seconds, "/s", goal=GOAL, more=True, note=note)


def _push(number: int) -> Push:
    fields: Mapping[str, str] = {
        "firstname": "Ada",
        "lastname": f"Kit {number}",
        "email": f"n{number}@example.org",
        "phone": "+4930123456",
    }
    return Push(SET_FIELDS, f"sync:contact:{number}", f"ref{number}", None, {"kind": "contact", "fields": fields}, 1)


def arrivals(redis: Redis, account: str, rng: Random, calls: int, searches: float = 0.0) -> Iterator[tuple[float, str]]:
    """(moment, path) of each call, in the order in which they were allowed. Each worker calls as soon as it may; a call arrives up
    to `slack` later and is answered within half a second."""
    now = [1_800_000_000.0]
    budget = Budget(redis, account, HubSpot.limits[:2], now=lambda: now[0])
    ready = [(now[0], worker, _path(rng, searches)) for worker in range(WORKERS)]
    while calls:
        now[0], worker, path = heapq.heappop(ready)
        wait = budget.take(path)
        if wait:
            heapq.heappush(ready, (now[0] + wait, worker, path))
            continue
        calls -= 1
        yield now[0] + rng.uniform(0.0, SLACK), path
        heapq.heappush(ready, (now[0] + rng.uniform(0.05, 0.3), worker, _path(rng, searches)))


def _path(rng: Random, searches: float) -> str:
    return "/search" if rng.random() < searches else ""


def fullest(moments: list[float], span: float) -> int:
    ordered, left, best = sorted(moments), 0, 0
    for right, at in enumerate(ordered):
        while at - ordered[left] > span:
            left += 1
        best = max(best, right - left + 1)
    return best


if __name__ == "__main__":
    main()

"""How long the desks of messages and of connections ask the database, on PostgreSQL: python tests/benchmarks/portal/desks.py [messages]"""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

sys.path.insert(0, "tests/benchmarks/journeys")
sys.path.insert(0, "tests/support")

from sqlalchemy.orm import Session

from benchmark import measured
from hub.core import Hub, Partner
from hub.flow import pending
from hub.flow.batches import batches
from hub.flow.pending import Asked
from hub.models import Message
from portal import connections
from postgres import vacuum
from town import opened

BENCHMARK = {
    "name": "portal/desks", "goal": "200,000 messages: each look at most 100 ms, p99",
    "quick": ["20000"], "full": ["200000"], "curve": [20_000, 200_000, 2_000_000],
}  # fmt: skip
GOAL, LOOKS = 100.0, 100  # ms
RARE = 5_000  # one message of so many has the topic that is asked for
STATES = ("waiting", "sent", "sent", "refused")


def fill(hub: Hub, messages: int, partners: Sequence[Partner]) -> None:
    """Half of them wait or went today, spread over all partners; one topic is rare, so that a page of it lies far apart."""
    rng = Random(9)
    for numbers in batches(range(messages)):
        with hub.begin() as work:
            work.insert_all(
                Message, [_row(work.now, rng, number, partners[number % len(partners)].id) for number in numbers]
            )
    vacuum(hub.region.engine)


def _row(now: datetime, rng: Random, number: int, partner: int) -> dict[str, Any]:
    state, made = STATES[rng.randrange(len(STATES))], now - timedelta(seconds=rng.randrange(86_400))
    return {
        "connection_id": partner, "entity": f"{number:032x}", "seq": number, "topic": "rare" if number % RARE == 0 else "segment",
        "effect_key": str(number), "refs": {"segment": "s"}, "state": state, "attempts": 0, "not_before": made, "made_at": made,
        "settled_at": None if state == "waiting" else now, "why": "", "reason": "", "fence": 0, "doubtful": False,
    }  # fmt: skip


def looked(hub: Hub, name: str, what: Callable[[Session], Any]) -> None:
    took = []
    for _ in range(LOOKS):
        with hub.look() as session:
            began = time.perf_counter()
            what(session)
            took.append(1000 * (time.perf_counter() - began))
    cuts = quantiles(took, n=100)
    measured(f"{name}, p99", cuts[98], "ms", goal=GOAL, note=f"half {cuts[49]:.1f} ms")


def main(messages: int) -> None:
    with opened(lambda: datetime.now(UTC)) as hub:
        partners = connections.partners_of(hub)
        fill(hub, messages, partners)
        ids = [one.id for one in partners]
        looked(hub, "messages that wait", lambda session: pending.read(session, Asked("waiting", ids)))
        looked(hub, "those of a rare topic", lambda session: pending.read(session, Asked("waiting", ids, "rare")))
        looked(hub, "how many of each", lambda session: pending.counts(session, ids))
        looked(hub, "all connections", lambda session: connections.lines(hub, session, partners))
        looked(hub, "what moved last at one", lambda session: connections.last_of(session, partners[0]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)

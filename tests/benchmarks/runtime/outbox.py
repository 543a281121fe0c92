"""How many messages a second are claimed, judged, rendered, handed over and settled where the partner takes no time, on a durable
PostgreSQL: python tests/benchmarks/runtime/outbox.py [messages]

By two workers, each with a batch at a time; beside it the least that a database has to do for a claim and a settling, by the same
two: a batch locked past what others hold, and written twice."""

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/benchmarks/journeys")

from sqlalchemy import func, select, text

from benchmark import measured
from hub.core import Hub
from hub.flow import outbox, pipeline
from hub.flow.batches import batches
from hub.flow.outbox import Intent
from hub.models import Customer, Message
from hub.sdk import EffectClass, Outcome, Push, Topic
from postgres import vacuum
from town import Standing, opened, settle

BENCHMARK = {
    "name": "runtime/outbox",
    "goal": ">= 2,000 settled messages a second by batched claims",
    "quick": ["2000"],
    "full": ["40000"],
}
FORK = multiprocessing.get_context("fork")
GOAL, WORKERS, AT_ONCE = 2000.0, 2, 500
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
NAME = "loyalty_eu"
BARE = """WITH due AS (SELECT id FROM bare WHERE state = 'waiting' ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
    UPDATE bare SET state = 'claimed', fence = fence + 1, lease_until = now() WHERE id IN (SELECT id FROM due) RETURNING id"""
SETTLE = "UPDATE bare SET state = 'sent', settled_at = now() WHERE id = ANY(:ids)"


class Instant:
    """Says yes to everything at once."""

    name: ClassVar[str] = "loyalty"
    kind: ClassVar[str] = "loyalty"
    batch_size: ClassVar[int] = AT_ONCE
    topics: ClassVar[tuple[Topic, ...]] = (Topic("segment_entered", EffectClass.KEYED, "loyalty"),)

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [Outcome(push.key, "sent") for push in batch]


def due(hub: Hub, ids: list[int]) -> None:
    for some in batches(ids):
        with hub.begin() as work:
            refs = work.session.execute(select(Customer.id, Customer.ref).where(Customer.id.in_(some))).all()
            intents = [Intent("segment_entered", ref, f"entered:{one}", {"customer_id": one, "segment": "regulars", "membership_id": one})
                       for one, ref in refs]  # fmt: skip
            outbox.put(work, hub.partner(NAME), intents)


def send(hub: Hub) -> None:
    partner, rng = hub.partner(NAME), Random(1)
    while pipeline.send(hub, partner, rng):
        pass


def bare(hub: Hub) -> None:
    while True:
        with hub.region.engine.begin() as connection:
            ids = list(connection.scalars(text(BARE)))
        if not ids:
            return
        with hub.region.engine.begin() as connection:
            connection.execute(text(SETTLE), {"ids": ids})


def by_all(hub: Hub, task: Callable[[Hub], None]) -> float:
    """Seconds."""

    def work() -> None:
        hub.region.engine.dispose(close=False)  # connections are the parent's
        hub.directory.engine.dispose(close=False)
        task(hub)

    began = time.perf_counter()
    workers = [FORK.Process(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def main(messages: int) -> None:
    with opened(Standing(NOW), more=DURABLE) as hub:
        partners: Any = hub.partners
        partners[NAME] = replace(hub.partner(NAME), connector=Instant(), api=SimpleNamespace(close=lambda: None))
        ids = settle(hub, messages, past=False)
        due(hub, ids)
        with hub.region.engine.begin() as connection:
            connection.execute(text("CREATE TABLE bare AS SELECT * FROM messages"))
            connection.execute(text("CREATE INDEX ON bare (state, id)"))
            connection.execute(text("ALTER TABLE bare ADD PRIMARY KEY (id)"))
        vacuum(hub.region.engine)
        least, ours = by_all(hub, bare), by_all(hub, send)
        with hub.look() as session:
            states = dict(session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
        assert states == {"sent": messages}, f"not all of them went: {states}"
        note = f"{messages:,} messages by {WORKERS} workers, {AT_ONCE} at once"
        measured("messages settled a second", messages / ours, "a second", goal=GOAL, more=True, note=note)
        measured("beside the least that a database must do", messages / ours, "a second", peer=messages / least,
                 beside="claimed and settled by bare SQL", note=note)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

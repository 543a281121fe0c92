"""Journeys move with what happens: people come in, go on and leave in the transaction that changed them."""

from collections.abc import Iterable, Sequence

from hub.core import Hub
from hub.flow.batches import batches
from hub.flow.in_force import versions_in_force
from hub.flow.looks import Look
from hub.flow.segments import Move
from hub.work import Work


def advance(hub: Hub, work: Work, customer_ids: Iterable[int], moves: Sequence[Move] = ()) -> set[int]:
    """Let in whom the changes let in, and look at everybody of these who is on a way. The caller holds their locks.

    Answers customers into whose history a step wrote."""
    versions, written = versions_in_force(hub, work.session), set[int]()
    for ids in batches(sorted({*customer_ids, *(move.customer_id for move in moves)})):
        written |= Look(hub, work, versions, ids).take(moves)
    return written

"""Once the history is in, the region's own process trains its scorers on it and judges everybody, as it would every night."""

import time
from collections.abc import Callable

from sqlalchemy import func, select

from hub.core import Hub
from hub.flow import runs, scores
from hub.models import Delivery, ScorerRun

LOOK_EVERY = 0.5


def foresee(hub: Hub, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits for what is still in the inbox, asks for the runs, and waits until they are settled."""
    while _waiting(hub):
        sleep(LOOK_EVERY)
    with hub.begin() as work:
        for name in scores.scorers_of(hub):
            for verb in ("train", "score"):
                runs.queue(work, name, verb, scores.today(hub))
    while _unsettled(hub):
        sleep(LOOK_EVERY)


def _waiting(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "waiting")) or 0


def _unsettled(hub: Hub) -> int:
    with hub.look() as session:
        wanted = ScorerRun.state.in_(["waiting", "running"])
        return session.scalar(select(func.count()).select_from(ScorerRun).where(wanted)) or 0

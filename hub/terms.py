"""The numbers by which processes of a region make ids that no other makes."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from hub.errors import PartDown
from hub.ids import NODES, Ids
from hub.models import Node
from hub.regions import Region

NODE_TERM = timedelta(hours=1)


class NodeTerm:
    """This process's number in ids: taken from the database, least recently taken first, and given up after an hour."""

    def __init__(self, region: Region, clock: Callable[[], datetime]) -> None:
        self.region = region
        self.clock = clock
        self.lock = threading.Lock()
        self.ids, self.taken_at = self._take(clock())

    def renew(self, now: datetime) -> None:
        """Before a transaction begins, never inside one: the new number is a transaction of its own."""
        if now - self.taken_at >= NODE_TERM:
            with self.lock:
                if now - self.taken_at >= NODE_TERM:
                    self.ids, self.taken_at = self._take(now)

    def _take(self, now: datetime) -> tuple[Ids, datetime]:
        with self.region.sessions.begin() as session:
            # The age stands in the WHERE: PostgreSQL asks it once more of a row that somebody took between our snapshot
            # and our lock, and goes on to the next. An ORDER BY is never asked again.
            free = (
                select(Node)
                .where(or_(Node.taken_at.is_(None), Node.taken_at <= now - NODE_TERM))
                .order_by(Node.taken_at.asc().nulls_first(), Node.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            node = session.scalars(free).first()
            if node is None:
                raise PartDown(
                    f"All {NODES} process numbers were taken within the last hour.", "Something restarts in a loop."
                )
            node.taken_at = now
            return Ids(self.region.cell, node.number, self.clock), now

"""Who of the staff saw whose data: one audit entry per customer, reader and day, so that a list looked at often is told once."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import AuditEntry

SEEN = "customer_seen"
AGAIN = timedelta(days=1)


def note_seen(hub: Hub, reader: str, customer_ids: Collection[int], where: str) -> None:
    """reader: `principal:<id>`. where: the page, as a code. Asked first without a lock: a second look writes nothing."""
    with hub.look() as session:
        fresh = set(customer_ids) - _told(hub, session, reader, customer_ids)
    if fresh:
        with hub.begin() as work:
            for one in sorted(fresh):
                work.audit(reader, SEEN, "customer", one, page=where)


def _told(hub: Hub, session: Session, reader: str, ids: Collection[int]) -> set[int]:
    mine = (AuditEntry.about == "customer", AuditEntry.about_id.in_(ids), AuditEntry.actor == reader)
    recent = select(AuditEntry.about_id).where(*mine, AuditEntry.action == SEEN, AuditEntry.at > hub.clock() - AGAIN)
    return {one for one in session.scalars(recent) if one is not None}

"""Who of the staff saw what: one audit entry per thing, reader and day, so that a list looked at often is told once."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import AuditEntry

AGAIN = timedelta(days=1)


def note_seen(hub: Hub, reader: str, ids: Collection[int], where: str, about: str = "customer") -> None:
    """reader: `principal:<id>`. where: the page, as a code. Asked first without a lock: a second look writes nothing."""
    with hub.look() as session:
        fresh = set(ids) - _told(hub, session, reader, ids, about)
    if fresh:
        with hub.begin() as work:
            for one in sorted(fresh):
                work.audit(reader, f"{about}_seen", about, one, page=where)


def _told(hub: Hub, session: Session, reader: str, ids: Collection[int], about: str) -> set[int]:
    mine = (AuditEntry.about == about, AuditEntry.about_id.in_(ids), AuditEntry.actor == reader)
    recent = select(AuditEntry.about_id).where(
        *mine, AuditEntry.action == f"{about}_seen", AuditEntry.at > hub.clock() - AGAIN
    )
    return {one for one in session.scalars(recent) if one is not None}

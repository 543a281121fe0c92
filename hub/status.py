"""How a region stands: per connection what waits, since when, what died, and how its partner does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.heads import ahead, heads
from hub.models import Connection, DeadLetter, Delivery, Incident, Lease, Message
from hub.models.traffic import CLAIMED, PUT_OFF, WAITING

Counts = dict[tuple[str, int], dict[str, int]]  # (INBOX, OUTBOX or LETTERS, connection) -> state -> how many
INBOX, OUTBOX, LETTERS, LATER = "inbox", "outbox", "letters", "put off"
TOLD_FOR = timedelta(days=7)  # an incident that was mended is told of for so long


def status_of(hub: Hub) -> dict[str, Any]:
    """Counts and seconds only. lag: the age of the oldest delivery or message that is due, in seconds. counted_at: when customers
    and memberships were counted, where that is done ahead (hub.heads); else they are counted now."""
    now = hub.clock()
    with hub.look() as session:
        counts, oldest = _counts(session), _oldest(session)
        rows = session.scalars(select(Connection).order_by(Connection.name)).all()
        connections = [_connection(row, counts, oldest.get(row.id, now), now) for row in rows]
        incidents = incidents_of(session, now)
        until = select(Lease.until).where(Lease.name == "clock").scalar_subquery()
        clock, *counted = session.execute(select(until, *ahead())).one()
        known = heads(session, now, *counted)
    stand = hub.book.now()
    return {
        "region": hub.region_code,
        "customers": known.customers,
        "memberships": dict(known.memberships),
        "counted_at": known.counted_at.isoformat() if known.counted_at else None,
        "segments_due": [name for name in stand.book.segments if name not in known.filled],
        "incidents": incidents,
        "clock": bool(clock and clock > now),
        "valkey": _hears(hub),
        "configuration": {"in_force": True, "wrong": stand.wrong},
        "connections": connections,
    }


def _connection(row: Connection, counts: Counts, oldest: datetime, now: datetime) -> dict[str, Any]:
    resting = row.rest_until is not None and row.rest_until > now
    return {
        "name": row.name,
        "connector": row.connector,
        "health": row.state if row.state != "active" else ("resting" if resting else "well"),
        "reason": row.reason,
        "rest_until": row.rest_until.isoformat() if row.rest_until else None,
        "pushed_at": row.pushed_at.isoformat() if row.pushed_at else None,
        "inbox": counts.get((INBOX, row.id), {}),
        "outbox": counts.get((OUTBOX, row.id), {}),
        "lag": round((now - oldest).total_seconds(), 1),
        "dead_letters": counts.get((LETTERS, row.id), {}).get("open", 0),
    }


def _counts(session: Session) -> Counts:
    """Of all connections at once. What waits for a better time (quiet hours, a cap) stands apart: nothing is wrong with it. It is
    counted by itself, as why a message waits stands in no index that counts them all."""
    put_off = (Message.state == WAITING) & Message.why.in_(PUT_OFF)
    parts: Sequence[Any] = (
        select(literal(INBOX), Delivery.connection_id, Delivery.state, func.count()).group_by(Delivery.connection_id, Delivery.state),
        select(literal(OUTBOX), Message.connection_id, Message.state, func.count()).group_by(Message.connection_id, Message.state),
        select(literal(OUTBOX), Message.connection_id, literal(LATER), func.count())
        .where(put_off).group_by(Message.connection_id),
        select(literal(LETTERS), DeadLetter.connection_id, literal("open"), func.count())
        .where(DeadLetter.closed_at.is_(None)).group_by(DeadLetter.connection_id),
    )  # fmt: skip
    found: Counts = {}
    for what, connection_id, state, count in session.execute(union_all(*parts)).all():
        found.setdefault((what, connection_id), {})[state] = count
    for states in found.values():
        if later := states.get(LATER):
            states["waiting"] -= later
            if not states["waiting"]:
                del states["waiting"]
    return found


def incidents_of(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Per segment: memberships that were not what the rule gives, mended ones for a week, and how many are not mended."""
    count, unmended = func.count(), func.sum(case((Incident.mended_at.is_(None), 1), else_=0))
    rows = (
        select(Incident.segment, count, unmended, func.max(Incident.found_at))
        .where(or_(Incident.mended_at.is_(None), Incident.found_at > now - TOLD_FOR))
        .group_by(Incident.segment)
        .order_by(Incident.segment)
    )
    return [
        {"segment": segment, "found": found, "unmended": int(open_), "last_at": last.isoformat()}
        for segment, found, open_, last in session.execute(rows)
    ]


def _oldest(session: Session) -> dict[int, datetime]:
    """By connection: since when the oldest delivery or message waits that is due; nothing where none does."""
    due = Message.state.in_([WAITING, CLAIMED]) & Message.why.not_in(PUT_OFF)
    parts: Sequence[Any] = (
        select(Delivery.connection_id, func.min(Delivery.received_at)).where(Delivery.state == WAITING).group_by(Delivery.connection_id),
        select(Message.connection_id, func.min(Message.made_at)).where(due).group_by(Message.connection_id),
    )  # fmt: skip
    found: dict[int, datetime] = {}
    for connection_id, at in session.execute(union_all(*parts)).all():
        found[connection_id] = min(at, found.get(connection_id, at))
    return found


def _hears(hub: Hub) -> bool:
    try:
        return bool(hub.bell.redis.ping())
    except RedisError:
        return False

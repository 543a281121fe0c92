"""How a region stands: per connection what waits, since when, what died, and how its partner does."""

from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import Connection, Customer, DeadLetter, Delivery, Incident, Lease, Membership, Message, SegmentVersion
from hub.models.campaigns import used
from hub.models.traffic import PUT_OFF

TOLD_FOR = timedelta(days=7)  # an incident that was mended is told of for so long


def status_of(hub: Hub) -> dict[str, Any]:
    """Counts and seconds only. lag: the age of the oldest delivery or message that is due, in seconds."""
    now = hub.clock()
    with hub.look() as session:
        deliveries = _by_state(session, Delivery)
        messages = _by_state(session, Message)
        letters = _open_letters(session)
        rows = session.scalars(select(Connection).order_by(Connection.name)).all()
        connections = [
            _connection(
                row,
                deliveries.get(row.id, {}),
                messages.get(row.id, {}),
                letters.get(row.id, 0),
                _lag(session, row.id, now),
                now,
            )
            for row in rows
        ]
        incidents = incidents_of(session, now)
        clock = session.get(Lease, "clock")
        customers = session.scalar(select(func.count()).select_from(Customer)) or 0
        memberships = session.execute(
            select(Membership.segment, func.count()).where(used()).group_by(Membership.segment)
        )
        members = {segment: count for segment, count in memberships}
        filled = set(session.scalars(select(SegmentVersion.segment).where(SegmentVersion.refreshed_on.is_not(None))))
    stand = hub.book.now()
    return {
        "region": hub.region_code,
        "customers": customers,
        "memberships": members,
        "segments_due": [name for name in stand.book.segments if name not in filled],
        "incidents": incidents,
        "clock": bool(clock and clock.until > now),
        "valkey": _hears(hub),
        "configuration": {"in_force": True, "wrong": stand.wrong},
        "connections": connections,
    }


def _connection(
    row: Connection, deliveries: dict[str, int], messages: dict[str, int], letters: int, lag: float, now: datetime
) -> dict[str, Any]:
    resting = row.rest_until is not None and row.rest_until > now
    return {
        "name": row.name,
        "connector": row.connector,
        "health": row.state if row.state != "active" else ("resting" if resting else "well"),
        "reason": row.reason,
        "inbox": deliveries,
        "outbox": messages,
        "lag": round(lag, 1),
        "dead_letters": letters,
    }


def _by_state(session: Session, model: type[Delivery] | type[Message]) -> dict[int, dict[str, int]]:
    """What waits for a better time (quiet hours, a cap) stands apart: nothing is wrong with it."""
    found: dict[int, dict[str, int]] = {}
    stands: Any = model.state
    if model is Message:
        stands = case(((Message.state == "waiting") & Message.why.in_(PUT_OFF), "put off"), else_=Message.state)
    for connection_id, state, count in session.execute(
        select(model.connection_id, stands, func.count()).group_by(model.connection_id, stands)
    ):
        found.setdefault(connection_id, {})[state] = count
    return found


def _open_letters(session: Session) -> dict[int, int]:
    rows = (
        select(DeadLetter.connection_id, func.count())
        .where(DeadLetter.closed_at.is_(None))
        .group_by(DeadLetter.connection_id)
    )
    return {connection_id: count for connection_id, count in session.execute(rows)}


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


def _lag(session: Session, connection_id: int, now: datetime) -> float:
    oldest_in = select(func.min(Delivery.received_at)).where(
        Delivery.connection_id == connection_id, Delivery.state == "waiting"
    )
    open_states = Message.state.in_(["waiting", "claimed"]) & Message.why.not_in(PUT_OFF)
    oldest_out = select(func.min(Message.made_at)).where(Message.connection_id == connection_id, open_states)
    ages = [
        (now - at).total_seconds() for at in (session.scalar(oldest_in), session.scalar(oldest_out)) if at is not None
    ]
    return max(ages, default=0.0)


def _hears(hub: Hub) -> bool:
    try:
        return bool(hub.bell.redis.ping())
    except RedisError:
        return False

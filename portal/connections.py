"""How each connection of the region stands, for the desk of connectors: state, lag, limits, the last error, what it did today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from redis.exceptions import RedisError
from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from hub.core import Hub, Partner
from hub.models import AuditEntry, Connection, Cursor, DeadLetter, Delivery, Message, SyncState
from hub.own import OWN
from hub.sdk.budget import Used
from portal.standing import GOAL
from rules.calendar import local_day, start_of

State = Literal["well", "behind", "resting", "paused", "parked", "off"]
WORST = ("parked", "off", "paused", "resting", "behind", "well")
IN_STATES = ("waiting", "done", "quarantined", "dead")
OUT_STATES = ("waiting", "claimed", "sent", "unknown", "refused", "dead")
LAST = 12
ACTIONS = ("paused", "resumed", "parked", "off")
DEEDS = 40  # entries of the audit that are looked at for all connections together


@dataclass(frozen=True)
class Failure:
    """The last thing that went wrong: at that time, or (an outage that goes on) at some time after the last success, `since`."""

    reason: str
    at: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Deed:
    """What was done to it last: paused, resumed, parked."""

    action: str
    at: datetime


@dataclass(frozen=True)
class Line:
    """unsent, unread: since when the oldest that is due waits. asked_at: last read what they had to say; cursor_at: the place
    from which to go on was moved. today: in, out, dead, quarantined. letters: open dead letters."""

    id: int
    name: str
    connector: str
    state: State
    reason: str
    paused_until: datetime | None
    rest_until: datetime | None
    unsent: datetime | None
    unread: datetime | None
    asked_at: datetime | None
    cursor_at: datetime | None
    resync: bool
    failure: Failure | None
    today: Mapping[str, int]
    letters: int
    budget: Sequence[Used] | None
    deed: Deed | None

    def lag(self, now: datetime) -> float:
        """Seconds."""
        return max(((now - at).total_seconds() for at in (self.unsent, self.unread) if at), default=0.0)


@dataclass(frozen=True)
class Motion:
    """One of the last deliveries or messages."""

    id: int
    incoming: bool
    state: str
    topic: str
    reason: str
    at: datetime


@dataclass
class Seen:
    """What was read of all connections at once, by connection id."""

    today: dict[int, dict[str, int]] = field(default_factory=dict)
    letters: dict[int, int] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    due: dict[tuple[int, bool], datetime] = field(default_factory=dict)
    deeds: dict[int, Deed] = field(default_factory=dict)


def partners_of(hub: Hub) -> list[Partner]:
    """Those outside: our own door is no partner."""
    return [one for one in hub.partners.values() if one.name != OWN]


def lines(hub: Hub, session: Session, partners: Sequence[Partner]) -> list[Line]:
    """The worst first. Seven statements, however many partners and rows there are; and Valkey is asked per partner."""
    if not partners:
        return []
    by_id, now = {one.id: one for one in partners}, hub.clock()
    seen = _seen(hub, session, list(by_id), now)
    columns = (Connection, SyncState, Cursor.moved_at)
    rows = session.execute(
        select(*columns).outerjoin(SyncState, SyncState.connection_id == Connection.id)
        .outerjoin(Cursor, (Cursor.connection_id == Connection.id) & (Cursor.stream == "changes"))
        .where(Connection.id.in_(by_id))
    )  # fmt: skip
    found = [_line(by_id[row.id], row, sync, moved_at, seen, now) for row, sync, moved_at in rows]
    return sorted(found, key=lambda one: (WORST.index(one.state), one.name))


def _line(
    partner: Partner, row: Connection, sync: SyncState | None, moved: datetime | None, seen: Seen, now: datetime
) -> Line:
    unsent, unread = (seen.due.get((row.id, incoming)) for incoming in (False, True))
    resting = row.rest_until is not None and row.rest_until > now
    late = any(at is not None and (now - at).total_seconds() > GOAL for at in (unsent, unread))
    state: State = row.state if row.state != "active" else "resting" if resting else "behind" if late else "well"  # type: ignore[assignment]
    failure = seen.failures.get(row.id)
    if resting and row.reason:
        failure = Failure(row.reason, since=row.pushed_at)
    elif sync is not None and sync.failures:
        failure = Failure(sync.reason, since=sync.pulled_at)
    elif row.state == "parked":
        failure = Failure(row.reason, seen.deeds[row.id].at if row.id in seen.deeds else None)
    return Line(
        id=row.id, name=row.name, connector=row.connector, state=state, reason=row.reason,
        paused_until=sync.paused_until if sync else None, rest_until=row.rest_until if resting else None,
        unsent=unsent, unread=unread, asked_at=sync.pulled_at if sync else None, cursor_at=moved, resync=bool(sync and sync.resync),
        failure=failure, today=seen.today.get(row.id, {}), letters=seen.letters.get(row.id, 0), budget=budget_of(partner),
        deed=seen.deeds.get(row.id),
    )  # fmt: skip


def budget_of(partner: Partner) -> Sequence[Used] | None:
    """Windows of its limits as they are used; empty for a partner without any, None when Valkey does not say."""
    budget = getattr(partner.api, "budget", None)
    try:
        return budget.used() if budget is not None else ()
    except RedisError:
        return None


def _seen(hub: Hub, session: Session, ids: Sequence[int], now: datetime) -> Seen:
    seen = Seen()
    midnight = start_of(local_day(now, hub.here.zone), hub.here.zone)
    _count_today(session, seen, ids, midnight)
    rows = select(DeadLetter.connection_id, func.count()).where(DeadLetter.closed_at.is_(None))
    seen.letters = {one: count for one, count in session.execute(rows.group_by(DeadLetter.connection_id))}
    for connection_id, incoming, at in session.execute(oldest_due(ids, now)):
        seen.due[connection_id, bool(incoming)] = at
    for connection_id, reason, at in session.execute(_failures(ids)):
        known = seen.failures.get(connection_id)
        if known is None or at > (known.at or at):
            seen.failures[connection_id] = Failure(reason, at)
    about = (AuditEntry.about == "connection", AuditEntry.about_id.in_(ids))
    latest = select(AuditEntry.about_id, AuditEntry.action, AuditEntry.at).where(*about, AuditEntry.action.in_(ACTIONS))
    for connection_id, action, at in session.execute(latest.order_by(AuditEntry.id.desc()).limit(DEEDS)):
        seen.deeds.setdefault(connection_id or 0, Deed(action, at))
    return seen


def _count_today(session: Session, seen: Seen, ids: Sequence[int], midnight: datetime) -> None:
    """By what became of them since midnight, along the index of when they were settled."""
    names = {"done": "in", "sent": "out", "dead": "dead", "quarantined": "quarantined"}
    for model in (Delivery, Message):
        mine = (model.settled_at >= midnight, model.connection_id.in_(ids), model.state.in_(names))
        counted = select(model.connection_id, model.state, func.count()).where(*mine)
        for connection_id, state, count in session.execute(counted.group_by(model.connection_id, model.state)):
            today = seen.today.setdefault(connection_id, {})
            today[names[state]] = today.get(names[state], 0) + count


def oldest_due(ids: Sequence[int], now: datetime) -> Select[Any]:
    """Of each connection and side the one that has been due the longest: (connection, incoming, since when it is here)."""
    lanes: list[Any] = []
    for model, came in ((Delivery, Delivery.received_at), (Message, Message.made_at)):
        for one in ids:
            due = (model.connection_id == one, model.state == "waiting", model.not_before <= now)
            first = (
                select(literal(one), literal(model is Delivery), came).where(*due).order_by(model.not_before).limit(1)
            )
            lanes.append(select(first.subquery()))
    return select(union_all(*lanes).subquery())


def _failures(ids: Sequence[int]) -> Select[Any]:
    """The latest that died of each connection and side: (connection, reason, when)."""
    lanes: list[Any] = []
    for model in (Delivery, Message):
        for one in ids:
            dead = (model.connection_id == one, model.state == "dead")
            when = func.coalesce(model.settled_at, model.not_before)
            last = select(literal(one), model.reason, when).where(*dead).order_by(model.not_before.desc()).limit(1)
            lanes.append(select(last.subquery()))
    return select(union_all(*lanes).subquery())


def last_of(session: Session, partner: Partner) -> list[Motion]:
    """What moved last, by each state's own index: no quiet connection is looked for among everybody's rows. One statement."""
    lanes: list[Any] = []
    for model, states, topic, came in (
        (Delivery, IN_STATES, literal(""), Delivery.received_at), (Message, OUT_STATES, Message.topic, Message.made_at),
    ):  # fmt: skip
        for state in states:
            at = func.coalesce(model.settled_at, came)
            columns = (model.id, literal(model is Delivery), model.state, topic, model.reason, at.label("at"))
            mine = (model.connection_id == partner.id, model.state == state)
            lanes.append(select(select(*columns).where(*mine).order_by(model.not_before.desc()).limit(LAST).subquery()))
    every = union_all(*lanes).subquery()
    rows = session.execute(select(every).order_by(every.c.at.desc()).limit(LAST))
    return [Motion(row[0], bool(row[1]), *row[2:]) for row in rows]

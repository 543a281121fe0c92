"""The inbox, the outbox, and what stands around them: all that must survive a kill lies here, not in the queue."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, TextClause, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, aside, points_at
from hub.models.classify import ACCESS, KEY, PAYLOAD, PLAIN, TRAFFIC, TRAFFIC_REF

# What waits has indexes of its own, whose words statements repeat, as the planner must see that one serves. It takes those that
# wait for few, as in quiet times they are, and then to read all of them seems as cheap as to look one up: a hub that fell
# behind would read all of them for each, and never catch up. So where one is looked up no other index may serve: the one
# that gives the order wants more said (`in_order`), which is true of every id.
WAITING: ColumnElement[str] = literal_column("'waiting'")
CLAIMED: ColumnElement[str] = literal_column("'claimed'")
_IN_ORDER = text("state = 'waiting' AND id > 0")
_WAITING = text("state = 'waiting'")
_OPEN = text("state IN ('waiting', 'claimed')")
_CLAIMED = text("state = 'claimed'")
_UNMET = text("state = 'waiting' AND reason = 'unmet'")
_QUARANTINED = text("state = 'quarantined'")
_SETTLED = text("settled_at IS NOT NULL")


def in_order(of: type["Delivery"] | type["Message"]) -> ColumnElement[bool]:
    """Those that wait, to be read in the order in which they are due."""
    return (of.state == WAITING) & (of.id > literal_column("0"))


def waiting_of(entity: object) -> ColumnElement[bool]:
    """Messages about this entity that wait, of whichever connection."""
    return (Message.entity == entity) & _waits()


def waiting_among(entities: Collection[str], connections: Collection[int]) -> ColumnElement[bool]:
    """The same about any of them, of these connections."""
    return Message.entity.in_(entities) & _waits() & aside(Message.connection_id).in_(connections)


def _waits() -> ColumnElement[bool]:
    return Message.state.in_([WAITING, CLAIMED]) & (Message.state == WAITING)


def _of(part: TextClause, *columns: str) -> Index:
    return Index(None, *columns, postgresql_where=part, sqlite_where=part)


class Connection(Regional, Base):
    """One partner account in this region. state: active, parked (our key is refused) or off (gone, or left the config)."""

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    name: Mapped[str] = mapped_column(String(40), unique=True, info=PLAIN)
    connector: Mapped[str] = mapped_column(String(40), info=PLAIN)
    state: Mapped[str] = mapped_column(String(16), info=PLAIN)
    reason: Mapped[str] = mapped_column(String(400), default="", info=PLAIN)
    rest_until: Mapped[datetime | None] = mapped_column(info=PLAIN)
    failures: Mapped[int] = mapped_column(default=0, info=PLAIN)
    opened_at: Mapped[datetime] = mapped_column(info=PLAIN)
    pushed_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Delivery(Regional, Base):
    """Inbox row. state: waiting, done, quarantined or dead. payload: the partner's bytes under the delivery's own key.
    result: how many records were new, repeats, or about somebody erased."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        _of(_IN_ORDER, "connection_id", "not_before", "id"),
        _of(_WAITING, "entity", "id"),
        _of(_UNMET, "connection_id", "reason", "id"),
        _of(_QUARANTINED, "connection_id", "state", "not_before", "id"),
        _of(_SETTLED, "settled_at"),
        Index(None, "connection_id", "state", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    key_hash: Mapped[bytes] = mapped_column(info=TRAFFIC)
    entity: Mapped[bytes] = mapped_column(info=TRAFFIC_REF)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    reason: Mapped[str] = mapped_column(String(400), default="", info=TRAFFIC)
    attempts: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    not_before: Mapped[datetime] = mapped_column(info=TRAFFIC)
    received_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    settled_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)
    result: Mapped[dict[str, Any] | None] = mapped_column(info=TRAFFIC)
    data_key_id: Mapped[int | None] = mapped_column(points_at("data_keys.id"), index=True, info=KEY)
    payload: Mapped[bytes | None] = mapped_column(info=PAYLOAD)


PUT_OFF = ("quiet_hours", "cap", "outranked")  # a message that waits for one of these will go by itself


class Message(Regional, Base):
    """Outbox row. state: waiting, claimed, sent, unknown, refused (by policy), dead or cancelled.

    entity: whom it is about; within (connection, entity), and to people within the topic, `seq` is the order and nothing
    overtakes. fence: raised at every claim, checked at settle, so that a worker that slept through its lease cannot settle
    another's claim. refs: ids only. why: one of hub.flow.outbox.WHY where it did not go, or not yet; reason: the same in words."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("connection_id", "effect_key"),
        UniqueConstraint("connection_id", "entity", "seq"),
        _of(_IN_ORDER, "connection_id", "not_before", "id"),
        _of(_WAITING, "connection_id", "topic", "not_before", "id"),
        _of(_OPEN, "entity", "id"),
        _of(_CLAIMED, "lease_until"),
        _of(_SETTLED, "settled_at"),
        Index(None, "connection_id", "state", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    entity: Mapped[str] = mapped_column(String(32), info=TRAFFIC_REF)
    seq: Mapped[int] = mapped_column(info=TRAFFIC)
    topic: Mapped[str] = mapped_column(String(40), info=TRAFFIC)
    effect_key: Mapped[str] = mapped_column(String(80), info=TRAFFIC)
    refs: Mapped[dict[str, Any]] = mapped_column(info=TRAFFIC_REF)
    template: Mapped[str | None] = mapped_column(String(80), info=TRAFFIC)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    reason: Mapped[str] = mapped_column(String(400), default="", info=TRAFFIC)
    why: Mapped[str] = mapped_column(String(16), default="", info=TRAFFIC)
    attempts: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    doubtful: Mapped[bool] = mapped_column(default=False, info=TRAFFIC)
    not_before: Mapped[datetime] = mapped_column(info=TRAFFIC)
    lease_until: Mapped[datetime | None] = mapped_column(info=TRAFFIC)
    fence: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    made_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    settled_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)


class DeadLetter(Regional, Base):
    """A delivery or message that was given up, until somebody replays or discards it."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index(None, "closed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    delivery_id: Mapped[int | None] = mapped_column(points_at("deliveries.id"), index=True, info=TRAFFIC)
    message_id: Mapped[int | None] = mapped_column(points_at("messages.id"), index=True, info=TRAFFIC)
    code: Mapped[str] = mapped_column(String(40), info=TRAFFIC)
    reason: Mapped[str] = mapped_column(String(400), info=TRAFFIC)
    died_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    closed_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)
    closed_by: Mapped[str | None] = mapped_column(String(80), info=TRAFFIC)


class Cursor(Base):
    """Where the next fetch of a connection goes on; committed with the page it belongs to."""

    __tablename__ = "cursors"

    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), primary_key=True, info=PLAIN)
    stream: Mapped[str] = mapped_column(String(40), primary_key=True, info=PLAIN)
    position: Mapped[str | None] = mapped_column(String(400), info=TRAFFIC)
    moved_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Lease(Base):
    """A job that one process does at a time (`clock`); fence as in Message."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=PLAIN)
    holder: Mapped[str] = mapped_column(String(80), info=PLAIN)
    until: Mapped[datetime] = mapped_column(info=PLAIN)
    fence: Mapped[int] = mapped_column(info=PLAIN)


class IdempotencyKey(Regional, Base):
    """The first answer to a POST with this key, committed together with its effect."""

    __tablename__ = "idempotency_keys"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True, info=ACCESS)
    fingerprint: Mapped[bytes] = mapped_column(info=TRAFFIC)
    status: Mapped[int] = mapped_column(info=TRAFFIC)
    answer: Mapped[dict[str, Any]] = mapped_column(info=TRAFFIC_REF)
    made_at: Mapped[datetime] = mapped_column(index=True, info=TRAFFIC)

"""Conversations with customers: what was said in which order, who has it, who waits, and the promises that run.

Advisors are named by their principal's id without a foreign key: one who is forgotten leaves the thread as it was."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, PLAIN, SEALED, SERVICE, SERVICE_REF

OPEN = text("state <> 'closed'")
RUNNING = text("ended_at IS NULL")
# What people have to do with, and what is settled, is read in an order of its own. A plan goes by an index of some rows only where
# it can see that these are the ones, so the state is spelled out and no parameter.
_FOR_PEOPLE = text("closed_at IS NULL AND state <> 'bot'")
_CLOSED = text("closed_at IS NOT NULL")


def for_people() -> ColumnElement[bool]:
    """Those that wait for a person, or have one."""
    return Conversation.closed_at.is_(None) & (Conversation.state != literal_column("'bot'"))


class Conversation(Regional, Base):
    """One open thread per customer. state: bot, waiting (for a person), assigned or closed; exactly the assigned ones have
    an owner, and the database says so. seq: the last post's, taken under this row's lock.

    seen_by_customer, seen_by_staff: seq up to which each side has read. pause: whom it waits for while its timers rest, until
    pause_ends_at at the latest. due_at: when the clock has to look at it next."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("(state = 'assigned') = (owner_id IS NOT NULL)", name="one_owner"),
        Index("ix_conversations_open", "customer_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index(None, "state", "desk"),
        Index(None, "owner_id", "state"),
        Index(None, "due_at"),
        Index(None, "due_at", "id", sqlite_where=_FOR_PEOPLE, postgresql_where=_FOR_PEOPLE),
        Index(None, "closed_at", "id", sqlite_where=_CLOSED, postgresql_where=_CLOSED),
        Index(None, "branch", "closed_at", "id", sqlite_where=_CLOSED, postgresql_where=_CLOSED),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), index=True, info=SERVICE_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    language: Mapped[str] = mapped_column(String(8), info=SERVICE)
    desk: Mapped[str] = mapped_column(String(40), info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    owner_id: Mapped[int | None] = mapped_column(info=ACCESS)
    seq: Mapped[int] = mapped_column(default=0, info=PLAIN)
    seen_by_customer: Mapped[int] = mapped_column(default=0, info=SERVICE)
    seen_by_staff: Mapped[int] = mapped_column(default=0, info=SERVICE)
    pause: Mapped[str | None] = mapped_column(String(16), info=SERVICE)
    pause_ends_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    opened_at: Mapped[datetime] = mapped_column(info=SERVICE)
    changed_at: Mapped[datetime] = mapped_column(info=SERVICE)
    closed_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    due_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Post(Regional, Base):
    """kind: said, note (staff only) or event, a change of state in the same sequence. author: customer, bot, staff or desk.

    event: what changed, with codes and refs in `attributes`. client_id: the sender's own name of it, so that what is sent
    twice is one post. Words are sealed under the person's key."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"), UniqueConstraint("conversation_id", "client_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    conversation_id: Mapped[int] = mapped_column(points_at("conversations.id"), info=SERVICE_REF)
    seq: Mapped[int] = mapped_column(info=SERVICE)
    kind: Mapped[str] = mapped_column(String(8), info=SERVICE)
    author: Mapped[str] = mapped_column(String(8), info=SERVICE)
    author_id: Mapped[int | None] = mapped_column(info=ACCESS)
    event: Mapped[str | None] = mapped_column(String(24), info=SERVICE)
    attributes: Mapped[dict[str, Any] | None] = mapped_column(info=SERVICE)
    client_id: Mapped[str | None] = mapped_column(String(36), info=PLAIN)
    sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
    at: Mapped[datetime] = mapped_column(info=SERVICE)


class Handoff(Regional, Base):
    """A conversation passed to people, until it is closed or passed on; at most one is open. cause: asked, not_understood,
    answered_a_text, answered_a_mail, passed_on, vanished or written_again. tried: intents that the bot answered before.
    taken_by: whose it became.

    explained: how the advisor was chosen, candidate by candidate."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index("ix_handoffs_open", "conversation_id", unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    conversation_id: Mapped[int] = mapped_column(points_at("conversations.id"), index=True, info=SERVICE_REF)
    desk: Mapped[str] = mapped_column(String(40), info=SERVICE)
    cause: Mapped[str] = mapped_column(String(16), info=SERVICE)
    tried: Mapped[list[str]] = mapped_column(info=SERVICE)
    summary: Mapped[bytes | None] = mapped_column(info=SEALED)
    asked_at: Mapped[datetime] = mapped_column(info=SERVICE)
    taken_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    taken_by: Mapped[int | None] = mapped_column(info=ACCESS)
    explained: Mapped[dict[str, Any] | None] = mapped_column(info=SERVICE)
    ended_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class Seat(Regional, Base):
    """An advisor at the inbox. state: here (takes what waits) or away. seen_at: the last sign of life of their page.

    branch: whose conversations they take, None: all. languages: those they write in."""

    __tablename__ = "seats"

    principal_id: Mapped[int] = mapped_column(
        points_at("principals.id"), primary_key=True, autoincrement=False, info=ACCESS
    )
    state: Mapped[str] = mapped_column(String(8), info=ACCESS)
    branch: Mapped[str | None] = mapped_column(String(32), info=ACCESS)
    languages: Mapped[list[str]] = mapped_column(info=ACCESS)
    seen_at: Mapped[datetime] = mapped_column(info=ACCESS)


class ReplyTimer(Regional, Base):
    """A promise of a desk on one conversation. measure: first, next or resolution; round: which one of its sort.

    minutes of open time of `calendar` were promised when it began, and stay. spent_seconds: open time used up to the last
    change. reached: the highest mark in percent; broken_at: the moment the promise was broken, whenever we looked."""

    __tablename__ = "reply_timers"
    __table_args__ = (
        UniqueConstraint("conversation_id", "measure", "round"),
        Index(None, "branch", "measure", "stopped_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    conversation_id: Mapped[int] = mapped_column(points_at("conversations.id"), info=SERVICE_REF)
    measure: Mapped[str] = mapped_column(String(16), info=SERVICE)
    round: Mapped[int] = mapped_column(info=SERVICE)
    desk: Mapped[str] = mapped_column(String(40), info=SERVICE)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    minutes: Mapped[int] = mapped_column(info=SERVICE)
    calendar: Mapped[str] = mapped_column(String(40), info=SERVICE)
    state: Mapped[str] = mapped_column(String(8), info=SERVICE)
    started_at: Mapped[datetime] = mapped_column(info=SERVICE)
    stopped_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    spent_seconds: Mapped[int] = mapped_column(info=SERVICE)
    reached: Mapped[int] = mapped_column(info=SERVICE)
    broken_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    due_at: Mapped[datetime | None] = mapped_column(info=PLAIN)

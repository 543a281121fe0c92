"""Segments and who was in them, from when to when and why."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import CAMPAIGN, CAMPAIGN_REF, CAMPAIGN_SEALED, PLAIN
from hub.models.people import Customer, Person


class SegmentVersion(Base):
    """A segment's document as it was applied, known by its content hash. refreshed_on: the last local day whose turn
    was counted in; None until the first full refresh. refreshed_at: up to when time was. written: the file as it was
    written, comments and all. verified_at: when every membership was last computed anew."""

    __tablename__ = "segment_versions"
    __table_args__ = (
        UniqueConstraint("segment", "hash"),
        Index("uq_segment_versions_current", "segment", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    segment: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    hash: Mapped[str] = mapped_column(String(64), info=CAMPAIGN)
    document: Mapped[dict[str, Any]] = mapped_column(info=CAMPAIGN)
    applied_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    ended_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    refreshed_on: Mapped[date | None] = mapped_column(info=CAMPAIGN)
    refreshed_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    written: Mapped[str | None] = mapped_column(Text, info=CAMPAIGN)
    verified_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)


class Membership(Regional, Base):
    """cause: `event`, `change`, `clock`, `rule` or `pin`. At most one open row per segment and customer."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("uq_memberships_open", "segment", "customer_id", unique=True,
              sqlite_where=text("left_at IS NULL"), postgresql_where=text("left_at IS NULL")),
        Index(None, "customer_id"),
        Index(None, "segment", "entered_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    segment: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    rule_hash: Mapped[str] = mapped_column(String(64), info=CAMPAIGN)
    entered_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    cause: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    left_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    left_cause: Mapped[str | None] = mapped_column(String(16), info=CAMPAIGN)


def used() -> ColumnElement[bool]:
    """Open memberships of people whose data may be used: whoever had theirs restricted stays inside (GDPR Art. 18: stored, and
    no more) and is counted and listed nowhere."""
    restricted = (
        select(Customer.id).join(Person, Person.id == Customer.person_id).where(Person.restricted_at.is_not(None))
    )
    return Membership.left_at.is_(None) & Membership.customer_id.not_in(restricted)


class Pin(Regional, Base):
    """Somebody put in or left out by hand, whatever the rule says: up to and with the local day `last_on`, or until it is
    taken off (ended_at). author: who did it; reason: in their words, under the person's key."""

    __tablename__ = "pins"
    __table_args__ = (
        Index("uq_pins_open", "segment", "customer_id", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
        Index(None, "customer_id"),
        Index(None, "segment", "last_on"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    segment: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    inside: Mapped[bool] = mapped_column(info=CAMPAIGN)
    author: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    reason: Mapped[bytes] = mapped_column(info=CAMPAIGN_SEALED)
    set_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    last_on: Mapped[date | None] = mapped_column(info=CAMPAIGN)
    ended_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    ended_by: Mapped[str | None] = mapped_column(String(80), info=CAMPAIGN)


class Incident(Regional, Base):
    """A membership that was not what its rule gives. inside: what the membership said; trace: the rule's verdict in words,
    under the person's key; mended_at: when the membership was set right."""

    __tablename__ = "incidents"
    __table_args__ = (Index(None, "segment", "found_at"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    segment: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    rule_hash: Mapped[str] = mapped_column(String(64), info=CAMPAIGN)
    inside: Mapped[bool] = mapped_column(info=CAMPAIGN)
    trace: Mapped[bytes | None] = mapped_column(info=CAMPAIGN_SEALED)
    found_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    mended_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)

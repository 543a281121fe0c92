"""Two-way sync: what both sides last agreed on, where they disagreed, what a partner's fields are, and who may be one."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SEALED, SERVICE, SERVICE_REF, TRAFFIC


class Agreement(Regional, Base):
    """A customer's object of this kind at a partner. sealed: per field what the partner last had, and when, under the
    person's key: erasing the person erases it.

    state: live, archived, merged or erased, as it stands there. whole: all mapped fields have been seen, so that none is
    overwritten unseen."""

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "customer_id"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    kind: Mapped[str] = mapped_column(String(40), info=PLAIN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), index=True, info=SERVICE_REF)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    whole: Mapped[bool] = mapped_column(info=PLAIN)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)
    agreed_at: Mapped[datetime] = mapped_column(info=SERVICE)


class Counterpart(Regional, Base):
    """What a partner has of a thing of ours: about (vehicle, visit or fleet) and about_id say which. ref: our random name of it
    there. person_id: whose thing it is: its owner, its customer, or the keeper of the fleet.

    told: keyed hash of each field as the partner last had it. refused: of values that it does not take. links: its kind ->
    ids of ours that stand beside it there. state: new, live, archived or merged."""

    __tablename__ = "counterparts"
    __table_args__ = (UniqueConstraint("connection_id", "about", "about_id"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    about: Mapped[str] = mapped_column(String(16), info=PLAIN)
    about_id: Mapped[int] = mapped_column(info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    told: Mapped[dict[str, Any]] = mapped_column(info=SERVICE_REF)
    refused: Mapped[dict[str, Any]] = mapped_column(info=SERVICE_REF)
    links: Mapped[dict[str, Any]] = mapped_column(info=SERVICE_REF)
    told_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class Conflict(Regional, Base):
    """Both sides changed a field: which rule decided, who won, and what was lost (sealed). won: ours, theirs or open."""

    __tablename__ = "conflicts"
    __table_args__ = (Index(None, "connection_id", "won", "id"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    kind: Mapped[str] = mapped_column(String(40), info=PLAIN)
    field: Mapped[str] = mapped_column(String(80), info=PLAIN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), index=True, info=SERVICE_REF)
    rule: Mapped[str] = mapped_column(String(24), info=PLAIN)
    won: Mapped[str] = mapped_column(String(8), info=SERVICE)
    ours_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    theirs_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=SERVICE)
    settled_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    settled_by: Mapped[str | None] = mapped_column(String(80), info=SERVICE)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)


class Duplicate(Regional, Base):
    """Two customers that may be one person, for a person to say. why: email, phone, merged_there, or desk where somebody at a desk
    saw it. state: open, proposed (by asked_by, who would keep the customer of this ref), kept apart or merged."""

    __tablename__ = "duplicates"
    __table_args__ = (
        UniqueConstraint("customer_id", "other_id"),
        Index(None, "state"),
        Index(None, "connection_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=SERVICE)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    other_id: Mapped[int] = mapped_column(points_at("customers.id"), index=True, info=SERVICE_REF)
    why: Mapped[str] = mapped_column(String(16), info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    found_at: Mapped[datetime] = mapped_column(info=SERVICE)
    settled_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    keep: Mapped[str | None] = mapped_column(String(32), info=SERVICE_REF)
    asked_by: Mapped[str | None] = mapped_column(String(80), info=SERVICE)
    settled_by: Mapped[str | None] = mapped_column(String(80), info=SERVICE)


class PartnerField(Base):
    """A field of a partner's kind as it was last described. state: known, new (nobody has mapped it), gone or unfit (its
    values do not fit the mapping). A mapped field that is gone is quarantined: the rest goes on."""

    __tablename__ = "partner_fields"

    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), primary_key=True, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True, info=PLAIN)
    name: Mapped[str] = mapped_column(String(80), primary_key=True, info=PLAIN)
    type: Mapped[str] = mapped_column(String(24), info=PLAIN)
    state: Mapped[str] = mapped_column(String(16), info=PLAIN)
    since: Mapped[datetime] = mapped_column(info=PLAIN)
    count: Mapped[int] = mapped_column(default=0, info=PLAIN)


class SyncState(Base):
    """How a connection's sync stands. resync: its log no longer reached back, so both sides must be compared.
    report: counts of the last comparison. due_at: the next pull."""

    __tablename__ = "sync_states"

    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), primary_key=True, info=PLAIN)
    due_at: Mapped[datetime] = mapped_column(info=PLAIN)
    pulled_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    told_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    failures: Mapped[int] = mapped_column(default=0, info=PLAIN)
    reason: Mapped[str] = mapped_column(String(400), default="", info=PLAIN)
    resync: Mapped[bool] = mapped_column(default=False, info=PLAIN)
    paused_until: Mapped[datetime | None] = mapped_column(info=PLAIN)
    compared_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    report: Mapped[dict[str, Any] | None] = mapped_column(info=PLAIN)

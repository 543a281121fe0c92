"""What the garage did, advised and agreed for a customer's car, as its own system tells it."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, String, UniqueConstraint, case, func
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import SEALED, SERVICE, SERVICE_REF, TRAFFIC, TRAFFIC_REF


class Told(Regional):
    """A thing that a connection tells us of, again and again as it changes; the latest (version, told_at) stands.

    key_hash: keyed hash of the partner's own key. Free text (`note`, `title`) is sealed under the person's key."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    key_hash: Mapped[bytes] = mapped_column(info=TRAFFIC_REF)
    version: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    told_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)


class Visit(Told, Base):
    """status: open (the car is here), closed or cancelled. amount_minor: the sum of its lines. local_day: of closing, or of
    opening while it is open, in the zone of the branch. reason: service, repair, inspection, breakdown, recall, warranty."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "local_day"),
        Index(None, "vehicle_id", "local_day"),
        Index(None, "branch", "local_day"),
    )

    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    reason: Mapped[str] = mapped_column(String(16), info=SERVICE)
    status: Mapped[str] = mapped_column(String(16), info=SERVICE)
    opened_at: Mapped[datetime] = mapped_column(info=SERVICE)
    closed_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    local_day: Mapped[date] = mapped_column(info=SERVICE)
    zone: Mapped[str] = mapped_column(String(40), info=SERVICE)
    odometer_km: Mapped[int | None] = mapped_column(info=SERVICE)
    amount_minor: Mapped[int] = mapped_column(default=0, info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)


class Line(Regional, Base):
    """Work done, a part used, or a credit (negative). price_minor, cost_minor: of the whole line, without tax, in `currency`.

    A correction withdraws the lines of the version before; those without withdrawn_at stand. kind: labour, part, fee, credit."""

    __tablename__ = "lines"
    __table_args__ = (Index(None, "visit_id"), Index(None, "code"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    visit_id: Mapped[int] = mapped_column(points_at("visits.id"), info=SERVICE_REF)
    number: Mapped[int] = mapped_column(info=SERVICE)
    kind: Mapped[str] = mapped_column(String(16), info=SERVICE)
    code: Mapped[str] = mapped_column(String(40), info=SERVICE)
    title: Mapped[bytes | None] = mapped_column(info=SEALED)
    quantity_milli: Mapped[int] = mapped_column(info=SERVICE)
    price_minor: Mapped[int] = mapped_column(info=SERVICE)
    cost_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str] = mapped_column(String(3), info=SERVICE)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)


CREDIT = "credit"


def known_cost() -> ColumnElement[int | None]:
    """What a line cost; a credit costs nothing where nothing is told, as it is a price and no work. NULL: nobody knows."""
    return case((Line.kind == CREDIT, func.coalesce(Line.cost_minor, 0)), else_=Line.cost_minor)


class Invoice(Told, Base):
    """net + tax = total, minor units. visit_hash: the visit it is for, in the partner's words; visit_id once we know it."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "issued_on"),
        Index(None, "branch", "issued_on"),
        Index(None, "visit_id"),
        Index(None, "visit_hash"),
    )

    visit_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    number: Mapped[bytes | None] = mapped_column(info=SEALED)
    issued_at: Mapped[datetime] = mapped_column(info=SERVICE)
    issued_on: Mapped[date] = mapped_column(info=SERVICE)
    net_minor: Mapped[int] = mapped_column(info=SERVICE)
    tax_minor: Mapped[int] = mapped_column(info=SERVICE)
    total_minor: Mapped[int] = mapped_column(info=SERVICE)
    currency: Mapped[str] = mapped_column(String(3), info=SERVICE)
    due_on: Mapped[date | None] = mapped_column(info=SERVICE)
    paid_on: Mapped[date | None] = mapped_column(info=SERVICE)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class Inspection(Told, Base):
    """A look at the whole car, with its findings."""

    __tablename__ = "inspections"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "done_on"),
        Index(None, "vehicle_id", "done_on"),
        Index(None, "visit_id"),
        Index(None, "visit_hash"),
    )

    visit_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=SERVICE_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    done_at: Mapped[datetime] = mapped_column(info=SERVICE)
    done_on: Mapped[date] = mapped_column(info=SERVICE)
    odometer_km: Mapped[int | None] = mapped_column(info=SERVICE)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class Finding(Regional, Base):
    """One part as it was found. safety: ok, advisory, important or critical. measured in `unit` (mm, V, bar ...)."""

    __tablename__ = "findings"
    __table_args__ = (Index(None, "inspection_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    inspection_id: Mapped[int] = mapped_column(points_at("inspections.id"), info=SERVICE_REF)
    number: Mapped[int] = mapped_column(info=SERVICE)
    part: Mapped[str] = mapped_column(String(40), info=SERVICE)
    safety: Mapped[str] = mapped_column(String(16), info=SERVICE)
    measured: Mapped[float | None] = mapped_column(info=SERVICE)
    unit: Mapped[str | None] = mapped_column(String(8), info=SERVICE)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)


class Recommendation(Told, Base):
    """Work advised. state: open, sold, declined or withdrawn (no longer advised). due_on, due_km: by when it should be done."""

    __tablename__ = "recommendations"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "state"),
        Index(None, "vehicle_id", "state"),
        Index(None, "visit_id"),
        Index(None, "visit_hash"),
        Index(None, "state", "due_on"),
    )

    visit_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=SERVICE_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    code: Mapped[str] = mapped_column(String(40), info=SERVICE)
    part: Mapped[str | None] = mapped_column(String(40), info=SERVICE)
    safety: Mapped[str] = mapped_column(String(16), info=SERVICE)
    amount_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=SERVICE)
    decided_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    declined_on: Mapped[date | None] = mapped_column(info=SERVICE)
    due_on: Mapped[date | None] = mapped_column(info=SERVICE)
    due_km: Mapped[int | None] = mapped_column(info=SERVICE)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)


class Appointment(Told, Base):
    """state: booked, arrived, cancelled or no_show. slot_id: the slot it holds, which is its own while it stands; one that
    was told for a slot that is taken holds none, and a person has to find it a place."""

    __tablename__ = "appointments"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        UniqueConstraint("slot_id"),
        Index(None, "customer_id", "starts_at"),
        Index(None, "bay_id", "starts_at"),
        Index(None, "branch", "starts_at"),
    )

    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str] = mapped_column(String(32), info=SERVICE)
    bay_id: Mapped[int | None] = mapped_column(points_at("bays.id"), info=SERVICE)
    slot_id: Mapped[int | None] = mapped_column(points_at("slots.id"), info=SERVICE_REF)
    starts_at: Mapped[datetime] = mapped_column(info=SERVICE)
    ends_at: Mapped[datetime] = mapped_column(info=SERVICE)
    local_day: Mapped[date] = mapped_column(info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    booked_at: Mapped[datetime] = mapped_column(info=SERVICE)
    ended_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    services: Mapped[list[str]] = mapped_column(info=SERVICE)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)

"""Estimates: work the garage would do and its price, line by line, and what the customer said to each."""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, SEALED, SERVICE, SERVICE_REF, TRAFFIC, TRAFFIC_REF
from hub.models.service import Told


class Estimate(Told, Base):
    """state: open, answered or withdrawn. key: the connection's own, so that the answer can name it. content_hash: keyed hash
    of all a customer sees of it; answered_hash: of the version they answered, at answered_at. valid_until: the last day."""

    __tablename__ = "estimates"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "state"),
        Index(None, "vehicle_id"),
        Index(None, "visit_id"),
        Index(None, "visit_hash"),
    )

    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    key: Mapped[bytes | None] = mapped_column(info=SEALED)
    visit_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=SERVICE_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=SERVICE)
    currency: Mapped[str] = mapped_column(String(3), info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=SERVICE)
    valid_until: Mapped[date | None] = mapped_column(info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    content_hash: Mapped[bytes] = mapped_column(info=SERVICE_REF)
    answered_hash: Mapped[bytes | None] = mapped_column(info=SERVICE_REF)
    answered_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)


class EstimateLine(Regional, Base):
    """A piece of work at its whole price, parts and labour included. safety: advisory, important or critical.
    advice_hash: the recommendation it would settle. answer: approved or declined; NULL while nobody has said.

    Another version withdraws the lines of the one before, with what was said to them; those without withdrawn_at stand."""

    __tablename__ = "estimate_lines"
    __table_args__ = (Index(None, "estimate_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    estimate_id: Mapped[int] = mapped_column(points_at("estimates.id"), info=SERVICE_REF)
    number: Mapped[int] = mapped_column(info=SERVICE)
    code: Mapped[str] = mapped_column(String(40), info=SERVICE)
    part: Mapped[str | None] = mapped_column(String(40), info=SERVICE)
    safety: Mapped[str] = mapped_column(String(16), info=SERVICE)
    title: Mapped[bytes | None] = mapped_column(info=SEALED)
    note: Mapped[bytes | None] = mapped_column(info=SEALED)
    price_minor: Mapped[int] = mapped_column(info=SERVICE)
    advice_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    answer: Mapped[str | None] = mapped_column(String(16), info=SERVICE)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)


class GuestLink(Regional, Base):
    """One estimate and the order it is for, shown to somebody without an account: opened once, for a short time.

    sees: driver (safety and status) or payer (prices, too). secret_hash: of what the address holds, which is kept nowhere."""

    __tablename__ = "guest_links"
    __table_args__ = (Index(None, "customer_id"), Index(None, "estimate_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=ACCESS)
    estimate_id: Mapped[int] = mapped_column(points_at("estimates.id"), info=ACCESS)
    sees: Mapped[str] = mapped_column(String(8), info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    opens: Mapped[int] = mapped_column(default=0, info=ACCESS)
    opened_at: Mapped[datetime | None] = mapped_column(info=ACCESS)
    revoked_at: Mapped[datetime | None] = mapped_column(info=ACCESS)

"""What happened, append-only: the one history that facts, rules and scores are made of."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SERVICE, SERVICE_REF, TRAFFIC


class Event(Regional, Base):
    """source_hash: hash of what makes it the same event when a connection tells it again. about_id: the Visit, Appointment,
    Recommendation ... it follows from, if any. withdrawn_at is set once, when the source takes the event back; nothing else
    of a row ever changes."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("connection_id", "source_hash"),
        Index(None, "customer_id", "kind", "local_day"),
        Index(None, "kind", "local_day"),
        Index(None, "about_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(40), info=SERVICE)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    about_id: Mapped[int | None] = mapped_column(info=SERVICE_REF)
    at_utc: Mapped[datetime] = mapped_column(info=SERVICE)
    local_day: Mapped[date] = mapped_column(info=SERVICE)
    zone: Mapped[str] = mapped_column(String(40), info=SERVICE)
    amount_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    attributes: Mapped[dict[str, Any]] = mapped_column(info=SERVICE)
    received_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=TRAFFIC)
    source_hash: Mapped[bytes] = mapped_column(info=TRAFFIC)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)

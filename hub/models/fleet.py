"""Fleets and which vehicle belongs to which, from when to when, and since when we believe it."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SERVICE, SERVICE_REF


class Fleet(Regional, Base):
    """A company that has several vehicles with us."""

    __tablename__ = "fleets"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    title: Mapped[str] = mapped_column(String(120), info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Assignment(Regional, Base):
    """Bitemporal: valid [since, until) in days, believed [recorded_at, superseded_at)."""

    __tablename__ = "assignments"
    __table_args__ = (Index(None, "vehicle_id", "since"), Index(None, "fleet_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    fleet_id: Mapped[int] = mapped_column(points_at("fleets.id"), info=SERVICE)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    driver_id: Mapped[int | None] = mapped_column(points_at("drivers.id"), info=SERVICE_REF)
    since: Mapped[date] = mapped_column(info=SERVICE)
    until: Mapped[date | None] = mapped_column(info=SERVICE)
    recorded_at: Mapped[datetime] = mapped_column(info=PLAIN)
    superseded_at: Mapped[datetime | None] = mapped_column(info=PLAIN)

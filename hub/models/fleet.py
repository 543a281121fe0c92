"""Fleets and which vehicle belongs to which, from when to when, and since when we believe it."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, PLAIN, SERVICE, SERVICE_REF, TRAFFIC


class Fleet(Regional, Base):
    """A company that has several vehicles with us. code: its name in URLs. principal_id: the partner who speaks for it.

    keeper_id: a Person that is nobody, whose key seals the VINs and plates of the fleet's vehicles: erase it, and they go."""

    __tablename__ = "fleets"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    code: Mapped[str] = mapped_column(String(40), unique=True, info=PLAIN)
    title: Mapped[str] = mapped_column(String(120), info=SERVICE)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), index=True, info=ACCESS)
    keeper_id: Mapped[int] = mapped_column(points_at("persons.id"), index=True, info=SERVICE_REF)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Assignment(Regional, Base):
    """Bitemporal: valid [since, until) in days, believed [recorded_at, superseded_at).

    number_hash: keyed hash of the fleet's own number of the assignment. open_ended: the fleet named no end; `until` is then
    where its next assignment of this vehicle begins, if there is one. job_id: the upload that said so."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(None, "vehicle_id", "superseded_at"),
        Index(None, "fleet_id", "number_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    fleet_id: Mapped[int] = mapped_column(points_at("fleets.id"), info=SERVICE)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    driver_id: Mapped[int | None] = mapped_column(points_at("drivers.id"), info=SERVICE_REF)
    number_hash: Mapped[bytes] = mapped_column(info=SERVICE)
    since: Mapped[date] = mapped_column(info=SERVICE)
    until: Mapped[date | None] = mapped_column(info=SERVICE)
    open_ended: Mapped[bool] = mapped_column(info=SERVICE)
    recorded_at: Mapped[datetime] = mapped_column(info=PLAIN)
    superseded_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    job_id: Mapped[int | None] = mapped_column(points_at("jobs.id"), index=True, info=TRAFFIC)

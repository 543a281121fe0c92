"""Vehicles and who had which one from when to when."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, PLAIN, SEALED, SERVICE, SERVICE_REF


class Vehicle(Regional, Base):
    """VIN and plate are personal values of its owner; here are the facts that name nobody."""

    __tablename__ = "vehicles"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=SERVICE_REF)
    make: Mapped[str | None] = mapped_column(String(40), info=SERVICE)
    model: Mapped[str | None] = mapped_column(String(80), info=SERVICE)
    vehicle_class: Mapped[str | None] = mapped_column(String(40), info=SERVICE)
    fuel: Mapped[str | None] = mapped_column(String(16), info=SERVICE)
    first_registered: Mapped[date | None] = mapped_column(info=SERVICE)
    odometer_km: Mapped[int | None] = mapped_column(info=SERVICE)
    odometer_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Ownership(Regional, Base):
    """role: owner, driver or payer. Half-open days [since, until); a change closes the row and opens another."""

    __tablename__ = "ownerships"
    __table_args__ = (Index(None, "vehicle_id", "since"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    role: Mapped[str] = mapped_column(String(16), info=SERVICE)
    since: Mapped[date] = mapped_column(info=SERVICE)
    until: Mapped[date | None] = mapped_column(info=SERVICE)


class CarInvitation(Regional, Base):
    """What an owner (customer_id) gives somebody of their car: to drive it or to pay for it. called: what the owner calls them.

    ownership_id: whose it became, once it was accepted; from ended_at on it gives nothing any more."""

    __tablename__ = "car_invitations"
    __table_args__ = (Index(None, "customer_id"), Index(None, "vehicle_id"), Index(None, "ownership_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=ACCESS)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=ACCESS)
    secret_hash: Mapped[bytes] = mapped_column(unique=True, info=ACCESS)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=ACCESS)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=ACCESS)
    role: Mapped[str] = mapped_column(String(16), info=ACCESS)
    called: Mapped[bytes | None] = mapped_column(info=SEALED)
    made_at: Mapped[datetime] = mapped_column(info=ACCESS)
    expires_at: Mapped[datetime] = mapped_column(info=ACCESS)
    ownership_id: Mapped[int | None] = mapped_column(points_at("ownerships.id"), info=ACCESS)
    ended_at: Mapped[datetime | None] = mapped_column(info=ACCESS)

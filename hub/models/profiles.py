"""One row per customer with one typed, indexed column per stored fact; kept in the transaction that changes it."""

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SERVICE, SERVICE_REF


class Profile(Regional, Base):
    """hub.flow.facts says what each column means; a fact without a value is NULL."""

    __tablename__ = "profiles"

    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), primary_key=True, info=SERVICE_REF)
    branch: Mapped[str | None] = mapped_column(String(32), index=True, info=SERVICE)
    language: Mapped[str | None] = mapped_column(String(8), index=True, info=SERVICE)
    jurisdiction: Mapped[str | None] = mapped_column(String(8), index=True, info=SERVICE)
    joined_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    visits_count: Mapped[int] = mapped_column(default=0, index=True, info=SERVICE)
    visits_first_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    visits_last_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    spend_total_minor: Mapped[int | None] = mapped_column(index=True, info=SERVICE)
    spend_currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    complaints_count: Mapped[int] = mapped_column(default=0, index=True, info=SERVICE)
    nps_last: Mapped[int | None] = mapped_column(index=True, info=SERVICE)
    nps_last_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    vehicles_count: Mapped[int] = mapped_column(default=0, index=True, info=SERVICE)
    loyalty_tier: Mapped[str | None] = mapped_column(String(32), index=True, info=SERVICE)
    loyalty_points: Mapped[int | None] = mapped_column(index=True, info=SERVICE)
    visits_last_odometer: Mapped[int | None] = mapped_column(index=True, info=SERVICE)
    recommendations_open: Mapped[int] = mapped_column(default=0, server_default="0", index=True, info=SERVICE)
    recommendations_declined: Mapped[int] = mapped_column(default=0, server_default="0", index=True, info=SERVICE)
    recommendations_due_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    appointments_next_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    appointments_missed: Mapped[int] = mapped_column(default=0, server_default="0", index=True, info=SERVICE)
    vehicles_oldest_on: Mapped[date | None] = mapped_column(index=True, info=SERVICE)
    changed_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Score(Regional, Base):
    """What a scorer said of a customer, dated: the row with the latest `as_of` stands, earlier ones are its history."""

    __tablename__ = "scores"
    __table_args__ = (Index(None, "customer_id", "name", "as_of"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    name: Mapped[str] = mapped_column(String(40), info=SERVICE)
    as_of: Mapped[date] = mapped_column(info=SERVICE)
    value: Mapped[float] = mapped_column(info=SERVICE)
    low: Mapped[float] = mapped_column(info=SERVICE)
    high: Mapped[float] = mapped_column(info=SERVICE)
    support: Mapped[int] = mapped_column(info=SERVICE)
    reasons: Mapped[list[str]] = mapped_column(info=SERVICE)
    model: Mapped[str] = mapped_column(String(80), info=PLAIN)

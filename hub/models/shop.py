"""The garage itself: branches in their zones, bays, and the slots that appointments take."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SERVICE, SERVICE_REF


class Branch(Regional, Base):
    """zone: IANA name; every local day of the branch follows from it."""

    __tablename__ = "branches"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    code: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    title: Mapped[str] = mapped_column(String(120), info=PLAIN)
    zone: Mapped[str] = mapped_column(String(40), info=PLAIN)


class Bay(Regional, Base):
    """A place in the workshop where one car stands."""

    __tablename__ = "bays"
    __table_args__ = (UniqueConstraint("branch_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    branch_id: Mapped[int] = mapped_column(points_at("branches.id"), info=PLAIN)
    title: Mapped[str] = mapped_column(String(40), info=PLAIN)
    equipment: Mapped[list[str] | None] = mapped_column(info=PLAIN)


class Slot(Regional, Base):
    """A bay for a while. One row per bay and start, so that two bookings of the same one cannot both commit."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("bay_id", "starts_at"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    bay_id: Mapped[int] = mapped_column(points_at("bays.id"), info=PLAIN)
    starts_at: Mapped[datetime] = mapped_column(info=SERVICE)
    ends_at: Mapped[datetime] = mapped_column(info=SERVICE)
    customer_id: Mapped[int | None] = mapped_column(points_at("customers.id"), info=SERVICE_REF)

"""The garage itself: branches in their zones, bays and slots; what it offers, what things cost it, who brought whom."""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import CAMPAIGN, CAMPAIGN_REF, PLAIN, SERVICE, SERVICE_REF, TRAFFIC_REF
from hub.models.service import Told


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
    """A bay for a while. One row per bay and start; at most one appointment can hold it, and `customer_id` is whose that is.

    closed_at: the garage no longer offers it."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("bay_id", "starts_at"), Index(None, "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    bay_id: Mapped[int] = mapped_column(points_at("bays.id"), info=PLAIN)
    starts_at: Mapped[datetime] = mapped_column(info=SERVICE)
    ends_at: Mapped[datetime] = mapped_column(info=SERVICE)
    customer_id: Mapped[int | None] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    closed_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class Offer(Told, Base):
    """What a customer was offered, good on [valid_from, valid_until]: a share of the price, or an amount off it.

    code: of the offer or campaign. channel: by which it went. held_back: they were left alone, for comparison with those who
    got it. visit_hash: the visit at which it was redeemed, whose id follows when that is told."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "valid_until"),
        Index(None, "code", "made_at"),
        Index(None, "visit_hash"),
    )

    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    branch: Mapped[str | None] = mapped_column(String(32), info=CAMPAIGN)
    code: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    channel: Mapped[str | None] = mapped_column(String(16), info=CAMPAIGN)
    held_back: Mapped[bool] = mapped_column(info=CAMPAIGN)
    percent: Mapped[float | None] = mapped_column(info=CAMPAIGN)
    amount_minor: Mapped[int | None] = mapped_column(info=CAMPAIGN)
    currency: Mapped[str | None] = mapped_column(String(3), info=CAMPAIGN)
    valid_from: Mapped[date] = mapped_column(info=CAMPAIGN)
    valid_until: Mapped[date] = mapped_column(info=CAMPAIGN)
    made_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    redeemed_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    visit_hash: Mapped[bytes | None] = mapped_column(info=TRAFFIC_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=CAMPAIGN_REF)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)


class Cost(Regional, Base):
    """What something cost the garage beside the lines of visits: a campaign's messages, a courtesy car, an agency. key: of whoever
    told it, by which it is known again. until_on: the last day that it is for, where that is not the one it begins with."""

    __tablename__ = "costs"
    __table_args__ = (
        Index(None, "campaign", "incurred_on"),
        Index(None, "visit_id"),
        Index("uq_costs_key", "key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(24), info=CAMPAIGN)
    campaign: Mapped[str | None] = mapped_column(String(80), info=CAMPAIGN)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=CAMPAIGN_REF)
    amount_minor: Mapped[int] = mapped_column(info=CAMPAIGN)
    currency: Mapped[str] = mapped_column(String(3), info=CAMPAIGN)
    incurred_on: Mapped[date] = mapped_column(info=CAMPAIGN)
    key: Mapped[str | None] = mapped_column(String(80), info=CAMPAIGN)
    until_on: Mapped[date | None] = mapped_column(info=CAMPAIGN)


class Referral(Told, Base):
    """customer_id told somebody of us, who came as referred_id; rewarded_at: once they had been thanked. Where several are said
    to have brought the same one, the first of them did. Nobody brings themselves."""

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id"),
        Index(None, "referred_id", "made_at"),
    )

    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    referred_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    made_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    rewarded_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)

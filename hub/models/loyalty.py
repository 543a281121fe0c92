"""Loyalty as dated rows: the card, its tiers, its points, each with the partner's version that said so."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import LOYALTY, PLAIN, SERVICE_REF


class MembershipCard(Regional, Base):
    """version: the partner's latest that we heard. tier_version, points_version: which one said the tier and the points; an
    event with a lower one changes nothing, and one about points never hides a tier that is told late."""

    __tablename__ = "membership_cards"
    __table_args__ = (UniqueConstraint("customer_id", "connection_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=PLAIN)
    version: Mapped[int] = mapped_column(info=LOYALTY)
    tier_version: Mapped[int | None] = mapped_column(info=LOYALTY)
    points_version: Mapped[int | None] = mapped_column(info=LOYALTY)
    points: Mapped[int] = mapped_column(info=LOYALTY)
    benefits: Mapped[list[str] | None] = mapped_column(info=LOYALTY)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Tier(Regional, Base):
    """A card's tier from one moment to the next, half open."""

    __tablename__ = "tiers"
    __table_args__ = (Index(None, "card_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    card_id: Mapped[int] = mapped_column(points_at("membership_cards.id"), info=SERVICE_REF)
    name: Mapped[str] = mapped_column(String(32), info=LOYALTY)
    since: Mapped[datetime] = mapped_column(info=LOYALTY)
    until: Mapped[datetime | None] = mapped_column(info=LOYALTY)
    version: Mapped[int] = mapped_column(info=LOYALTY)


class LedgerEntry(Regional, Base):
    """Points gained or spent; the balance is their sum."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("card_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    card_id: Mapped[int] = mapped_column(points_at("membership_cards.id"), info=SERVICE_REF)
    version: Mapped[int] = mapped_column(info=LOYALTY)
    points: Mapped[int] = mapped_column(info=LOYALTY)
    at: Mapped[datetime] = mapped_column(info=LOYALTY)

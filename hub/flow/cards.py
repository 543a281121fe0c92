"""Loyalty records into cards: the partner's latest version wins, so replays and late events change nothing."""

from dataclasses import dataclass

from sqlalchemy import select

from hub.core import Partner
from hub.models import LedgerEntry, MembershipCard, Tier
from hub.sdk import LoyaltyRecord
from hub.work import Work


@dataclass(frozen=True)
class Turn:
    """A card moved on. tier: the one that began with it, or None when only points or benefits moved."""

    tier: Tier | None


def fold_loyalty(work: Work, partner: Partner, customer_id: int, record: LoyaltyRecord) -> Turn | None:
    """None: an old or known version."""
    wanted = select(MembershipCard).where(
        MembershipCard.customer_id == customer_id, MembershipCard.connection_id == partner.id
    )
    card = work.session.scalars(wanted).first()
    if card is not None and record.version <= card.version:
        return None
    if card is None:
        card = work.add(
            MembershipCard(
                customer_id=customer_id, connection_id=partner.id, version=record.version, points=0, made_at=work.now
            )
        )
    card.version = record.version
    if record.benefits is not None:
        card.benefits = list(record.benefits)
    work.session.flush()
    _count_points(work, card, record)
    return Turn(_turn_tier(work, card, record))


def _count_points(work: Work, card: MembershipCard, record: LoyaltyRecord) -> None:
    if record.points is not None and record.points != card.points:
        gained = record.points - card.points
        work.add(LedgerEntry(card_id=card.id, version=record.version, points=gained, at=record.at))
        card.points = record.points


def _turn_tier(work: Work, card: MembershipCard, record: LoyaltyRecord) -> Tier | None:
    current = work.session.scalars(select(Tier).where(Tier.card_id == card.id, Tier.until.is_(None))).first()
    if record.tier is None or (current is not None and current.name == record.tier):
        return None
    if current is not None:
        current.until = record.at
    return work.add(Tier(card_id=card.id, name=record.tier, since=record.at, version=record.version))

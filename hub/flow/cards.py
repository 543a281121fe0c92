"""Loyalty records into cards: the partner's latest version wins, field by field, so replays and late events change nothing."""

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
    """None: an old or known version. A lawful downgrade is a newer version with a lower tier, and counts like any other."""
    card = card_of(work, partner, customer_id)
    fresh = card is None
    if card is None:
        card = work.add(
            MembershipCard(
                customer_id=customer_id, connection_id=partner.id, version=record.version, points=0, made_at=work.now
            )
        )
        work.session.flush()
    moved = _count_points(work, card, record)
    turned, tier = _turn_tier(work, card, record)
    gained = _set_benefits(card, record, fresh)
    card.version = max(card.version, record.version)
    return Turn(tier) if fresh or moved or turned or gained else None


def card_of(work: Work, partner: Partner, customer_id: int) -> MembershipCard | None:
    mine = (MembershipCard.customer_id == customer_id, MembershipCard.connection_id == partner.id)
    return work.session.scalars(select(MembershipCard).where(*mine)).first()


def current_tier(work: Work, card: MembershipCard) -> Tier | None:
    return work.session.scalars(select(Tier).where(Tier.card_id == card.id, Tier.until.is_(None))).first()


def _is_news(record: LoyaltyRecord, known: int | None) -> bool:
    return known is None or record.version > known or (record.whole and record.version == known)


def _count_points(work: Work, card: MembershipCard, record: LoyaltyRecord) -> bool:
    """The ledger's sum is the balance: a new balance is an entry of the difference, one of a known version sets it right."""
    if record.points is None or not _is_news(record, card.points_version):
        return False
    gained, known = record.points - card.points, card.points_version
    card.points, card.points_version = record.points, record.version
    if gained:
        same = (LedgerEntry.card_id == card.id, LedgerEntry.version == record.version)
        entry = work.session.scalars(select(LedgerEntry).where(*same)).first()
        if entry is None:
            work.add(LedgerEntry(card_id=card.id, version=record.version, points=gained, at=record.at))
        else:
            entry.points += gained
    return bool(gained) or record.version != known


def _turn_tier(work: Work, card: MembershipCard, record: LoyaltyRecord) -> tuple[bool, Tier | None]:
    """(whether it was news, the tier that began)."""
    if record.tier is None or not _is_news(record, card.tier_version):
        return False, None
    known, card.tier_version = card.tier_version, record.version
    current = current_tier(work, card)
    if (current.name if current else "") == record.tier:
        return record.version != known, None
    if current is not None:
        current.until = max(record.at, current.since)
    if not record.tier:
        return True, None
    return True, work.add(Tier(card_id=card.id, name=record.tier, since=record.at, version=record.version))


def _set_benefits(card: MembershipCard, record: LoyaltyRecord, fresh: bool) -> bool:
    if (
        record.benefits is None
        or list(record.benefits) == card.benefits
        or not (fresh or record.version >= card.version)
    ):
        return False
    card.benefits = list(record.benefits)
    return True

"""Loyalty records into cards: the partner's latest version wins, field by field, so replays and late events change nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from hub.core import Partner
from hub.flow.batches import batches, these
from hub.models import LedgerEntry, MembershipCard, Tier
from hub.sdk import LoyaltyRecord
from hub.work import Work

HELD = (
    select(MembershipCard, Tier)
    .outerjoin(Tier, (Tier.card_id == MembershipCard.id) & Tier.until.is_(None))
    .where(MembershipCard.connection_id == bindparam("connection"), these(MembershipCard.customer_id))
)


@dataclass(frozen=True)
class Turn:
    """A card moved on. tier: the one that began with it, or None when only points or benefits moved."""

    tier: Tier | None


@dataclass
class Held:
    """A card and the tier it has now, as the records of a batch find and leave them."""

    card: MembershipCard
    tier: Tier | None


class Cards:
    """One partner's cards of many customers, read at once; whose locks are held."""

    def __init__(self, work: Work, partner: Partner, customer_ids: Iterable[int]) -> None:
        self.work, self.partner = work, partner
        self.asked: set[int] = set()
        self.held: dict[int, Held] = {}
        self._load(sorted(set(customer_ids)))

    def of(self, customer_id: int) -> Held | None:
        # Whoever was not asked for was made just now, and has no card that would have to be written first.
        with self.work.session.no_autoflush:
            self._load([customer_id])
        return self.held.get(customer_id)

    def fold(self, customer_id: int, record: LoyaltyRecord) -> Turn | None:
        """None: an old or known version. A lawful downgrade is a newer version with a lower tier, and counts like any other."""
        work, held = self.work, self.of(customer_id)
        fresh = held is None
        if held is None:
            card = MembershipCard(
                customer_id=customer_id,
                connection_id=self.partner.id,
                version=record.version,
                points=0,
                made_at=work.now,
            )
            held = self.held[customer_id] = Held(work.add(card), None)
        moved = _count_points(work, held.card, record, fresh)
        turned, tier = _turn_tier(work, held, record)
        gained = _set_benefits(held.card, record, fresh)
        held.card.version = max(held.card.version, record.version)
        return Turn(tier) if fresh or moved or turned or gained else None

    def _load(self, customer_ids: Sequence[int]) -> None:
        for batch in batches([one for one in customer_ids if one not in self.asked]):
            for card, tier in self.work.session.execute(HELD, {"connection": self.partner.id, "ids": batch}):
                self.held[card.customer_id] = Held(card, tier)
            self.asked.update(batch)


def _is_news(record: LoyaltyRecord, known: int | None) -> bool:
    return known is None or record.version > known or (record.whole and record.version == known)


def _count_points(work: Work, card: MembershipCard, record: LoyaltyRecord, fresh: bool) -> bool:
    """The ledger's sum is the balance: a new balance is an entry of the difference, one of a known version sets it right."""
    if record.points is None or not _is_news(record, card.points_version):
        return False
    gained, known = record.points - card.points, card.points_version
    card.points, card.points_version = record.points, record.version
    if gained:
        may_have = not fresh and known in (None, record.version)  # a later one has none yet
        entry = _entry_of(work, card, record.version) if may_have else None
        if entry is None:
            work.add(LedgerEntry(card_id=card.id, version=record.version, points=gained, at=record.at))
        else:
            entry.points += gained
    return bool(gained) or record.version != known


def _entry_of(work: Work, card: MembershipCard, version: int) -> LedgerEntry | None:
    same = (LedgerEntry.card_id == card.id, LedgerEntry.version == version)
    return work.session.scalars(select(LedgerEntry).where(*same)).first()


def _turn_tier(work: Work, held: Held, record: LoyaltyRecord) -> tuple[bool, Tier | None]:
    """(whether it was news, the tier that began)."""
    card, current = held.card, held.tier
    if record.tier is None or not _is_news(record, card.tier_version):
        return False, None
    known, card.tier_version = card.tier_version, record.version
    if (current.name if current else "") == record.tier:
        return record.version != known, None
    if current is not None:
        current.until = max(record.at, current.since)
    held.tier = None
    if record.tier:
        held.tier = work.add(Tier(card_id=card.id, name=record.tier, since=record.at, version=record.version))
    return True, held.tier


def _set_benefits(card: MembershipCard, record: LoyaltyRecord, fresh: bool) -> bool:
    if (
        record.benefits is None
        or list(record.benefits) == card.benefits
        or not (fresh or record.version >= card.version)
    ):
        return False
    card.benefits = list(record.benefits)
    return True

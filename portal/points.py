"""A customer's points: the card, its tier and why, each entry, and what will end when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.models import LedgerEntry, MembershipCard, Tier
from portal.chain import Points
from portal.me import Me
from rules.calendar import Span


@dataclass(frozen=True)
class Card:
    """earned: points gained since `earning_since`, which are what tiers ask for. tier: as the programme says it; empty for
    none. next_tier, next_at: the tier above and what it takes; empty and None where there is none."""

    id: int
    points: int
    tier: str
    tier_since: datetime | None
    earned: int
    earning_since: datetime
    next_tier: str
    next_at: int | None


def card_of(session: Session, me: Me, rules: Points, now: datetime) -> Card | None:
    """The card that moved last, if they have one."""
    mine = select(MembershipCard).where(MembershipCard.customer_id == me.customer_id)
    row = session.scalars(mine.order_by(MembershipCard.version.desc(), MembershipCard.id)).first()
    if row is None:
        return None
    tier = session.scalars(select(Tier).where(Tier.card_id == row.id, Tier.until.is_(None))).first()
    since = _months_before(now, rules.months)
    gained = select(func.coalesce(func.sum(LedgerEntry.points), 0)).where(
        LedgerEntry.card_id == row.id, LedgerEntry.points > 0, LedgerEntry.at > since
    )
    earned = int(session.scalar(gained) or 0)
    above = _above(rules, tier.name if tier else "")
    return Card(
        id=row.id,
        points=row.points,
        tier=tier.name if tier else "",
        tier_since=tier.since if tier else None,
        earned=earned,
        earning_since=since,
        next_tier=above[0] if above else "",
        next_at=above[1] if above else None,
    )


def _above(rules: Points, tier: str) -> tuple[str, int] | None:
    steps = sorted(rules.tiers.items(), key=lambda step: step[1])
    at = rules.tiers.get(tier, -1)
    return next((step for step in steps if step[1] > at), None)


def _months_before(now: datetime, months: int) -> datetime:
    day = Span(months, "m").before(now.date())
    return now.replace(year=day.year, month=day.month, day=day.day)

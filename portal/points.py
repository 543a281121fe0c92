"""A customer's points: the card, its tier and why, each entry, and what will end when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.models import LedgerEntry, MembershipCard, Tier, Visit
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


# --- each point, and when it ends ------------------------------------------------------------------------------------

NEAR = timedelta(days=3)  # a programme counts a visit within days


@dataclass(frozen=True)
class Entry:
    """points gained or (negative) spent. balance: after it. visited_on: the visit that they were given for, if one is near."""

    at: datetime
    points: int
    balance: int
    visited_on: date | None


@dataclass(frozen=True)
class Ending:
    """Points that end on a day, if they are not spent before."""

    on: date
    points: int


def entries_of(session: Session, me: Me, card: Card) -> list[Entry]:
    """The earliest first; their sum is the balance."""
    rows = session.execute(
        select(LedgerEntry.at, LedgerEntry.points)
        .where(LedgerEntry.card_id == card.id)
        .order_by(LedgerEntry.at, LedgerEntry.id)
    ).all()
    visits = select(Visit.closed_at).where(Visit.customer_id == me.customer_id, Visit.closed_at.is_not(None))
    closed = [at for at in session.scalars(visits) if at is not None]
    found, balance = [], 0
    for at, points in rows:
        balance += points
        found.append(Entry(at, points, balance, _visit_before(at, closed) if points > 0 else None))
    return found


def _visit_before(at: datetime, closed: Iterable[datetime]) -> date | None:
    near = [visit for visit in closed if abs(at - visit) <= NEAR]
    return max(near).date() if near else None


def ending(entries: Sequence[Entry], rules: Points, now: datetime) -> list[Ending]:
    """What of the balance will end, by day, the soonest first: the oldest points are spent first. Nothing where points last."""
    if rules.expire_months is None:
        return []
    left: list[list[Any]] = []
    for entry in entries:
        if entry.points > 0:
            left.append([Span(rules.expire_months, "m").after(entry.at.date()), entry.points])
        spent = max(0, -entry.points)
        while spent and left:
            taken = min(spent, left[0][1])
            spent, left[0][1] = spent - taken, left[0][1] - taken
            if not left[0][1]:
                left.pop(0)
    days: dict[date, int] = {}
    for on, points in left:
        days[on] = days.get(on, 0) + points
    return [Ending(on, points) for on, points in sorted(days.items()) if on > now.date()]

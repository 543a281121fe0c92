"""Whom customers brought and what those spent, and which tellings count for nothing: nobody is paid for bringing themselves."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from hub.flow.ledger import midnight
from hub.models import Alias, Customer, Line, Ownership, Referral, Visit
from hub.models.service import known_cost

CONTACTS = ("email", "phone")
NEW = timedelta(days=30)  # a first visit may lie so long before anybody told who brought them
# In this order: the first that holds is told.
REASONS = ("themselves", "same_contact", "same_car", "known_before", "told_twice")


@dataclass
class Brought:
    """told: referrals. refused: reason -> how many count for nothing. came: newcomers who have paid for work since.
    margin: currency -> minor units of theirs. rewarded: referrals that were thanked for."""

    told: int = 0
    rewarded: int = 0
    came: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    margin: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Brought") -> None:
        self.told, self.rewarded, self.came = (
            self.told + other.told, self.rewarded + other.rewarded, self.came + other.came,
        )  # fmt: skip
        self.refused.update(other.refused)
        self.margin.update(other.margin)

    def as_json(self) -> dict[str, Any]:
        counted = self.told - sum(self.refused.values())
        refused = {reason: self.refused[reason] for reason in REASONS if self.refused[reason]}
        return {"told": self.told, "counted": counted, "came": self.came, "rewarded": self.rewarded,
                "refused": refused, "margin": dict(sorted(self.margin.items()))}  # fmt: skip


def brought(session: Session, since: date, until: date) -> dict[str | None, Brought]:
    """home branch of whoever told somebody of us -> what came of it, of referrals told on [since, until]."""
    span = (Referral.cancelled_at.is_(None), Referral.made_at >= midnight(since),
            Referral.made_at < midnight(until + timedelta(days=1)))  # fmt: skip
    rows = session.execute(
        select(Referral.id, Referral.customer_id, Referral.referred_id, Referral.rewarded_at, Customer.branch)
        .join(Customer, Customer.id == Referral.customer_id)
        .where(*span)
        .order_by(Referral.id)
    ).all()
    refused, spent = _refused(session, span), _spent(session, span, until)
    found: dict[str | None, Brought] = defaultdict(Brought)
    for referral_id, customer_id, referred_id, rewarded_at, branch in rows:
        mine = found[branch]
        mine.told += 1
        mine.rewarded += rewarded_at is not None
        reason = "themselves" if customer_id == referred_id else refused.get(referral_id)
        if reason:
            mine.refused[reason] += 1
        elif referral_id in spent:
            mine.came += 1
            mine.margin.update(spent[referral_id])
    return dict(found)


def _refused(session: Session, span: tuple[Any, ...]) -> dict[int, str]:
    """referral id -> why it counts for nothing."""
    told, friend = aliased(Customer), aliased(Customer)
    ours, theirs = aliased(Alias), aliased(Alias)
    kept, driven = aliased(Ownership), aliased(Ownership)
    earlier = aliased(Referral)
    asked = {
        "same_contact": select(Referral.id)
        .join(told, told.id == Referral.customer_id)
        .join(friend, friend.id == Referral.referred_id)
        .join(ours, ours.person_id == told.person_id)
        .join(theirs, theirs.person_id == friend.person_id)
        .where(ours.kind.in_(CONTACTS), theirs.kind == ours.kind, theirs.hash == ours.hash),
        "same_car": select(Referral.id)
        .join(kept, kept.customer_id == Referral.customer_id)
        .join(driven, driven.customer_id == Referral.referred_id)
        .where(kept.vehicle_id == driven.vehicle_id),
        "told_twice": select(Referral.id)
        .join(earlier, earlier.referred_id == Referral.referred_id)
        .where(earlier.cancelled_at.is_(None))
        .where((earlier.made_at < Referral.made_at) | ((earlier.made_at == Referral.made_at) & (earlier.id < Referral.id))),
    }  # fmt: skip
    found: dict[int, str] = {}
    known = _known_before(session, span)
    for reason in REASONS[1:]:
        for referral_id in known if reason == "known_before" else session.scalars(asked[reason].where(*span)):
            found.setdefault(referral_id, reason)
    return found


def _known_before(session: Session, span: tuple[Any, ...]) -> list[int]:
    """Referrals of somebody whose first visit lies well before: who was brought is often asked at the counter, afterwards."""
    rows = session.execute(
        select(Referral.id, Referral.made_at, func.min(Visit.local_day))
        .join(Visit, Visit.customer_id == Referral.referred_id)
        .where(*span, Visit.status == "closed")
        .group_by(Referral.id, Referral.made_at)
    )
    return [referral_id for referral_id, made_at, first in rows if first < made_at.date() - NEW]


def _spent(session: Session, span: tuple[Any, ...], until: date) -> Mapping[int, dict[str, int]]:
    """referral id -> currency -> margin of the newcomer's visits; nothing for those who have not paid yet."""
    cost = known_cost()
    margin = func.sum(Line.price_minor - cost).filter(cost.is_not(None))
    rows = session.execute(
        select(Referral.id, Line.currency, func.coalesce(margin, 0))
        .join(Visit, Visit.customer_id == Referral.referred_id)
        .join(Line, Line.visit_id == Visit.id)
        .where(*span, Visit.status == "closed")
        .where(Visit.local_day <= until, Line.withdrawn_at.is_(None))
        .group_by(Referral.id, Line.currency)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for referral_id, currency, amount in rows:
        found[referral_id][currency] = int(amount)
    return found

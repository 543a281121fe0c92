"""The garage's money over a span of days, read for reports: invoices, the margin of visits, what campaigns cost, whom they reached."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.models import Cost, Customer, Invoice, Line, Message, Visit
from hub.sdk import Sale, Touch

REACHED = ("sent", "unknown")


@dataclass(frozen=True)
class Billed:
    customer_id: int
    at: datetime
    net_minor: int
    currency: str


@dataclass(frozen=True)
class Earned:
    """The margin of one visit: price less cost of the lines whose cost is known; known_minor: the price of those lines."""

    customer_id: int
    day: date
    margin_minor: int
    known_minor: int
    price_minor: int
    currency: str


def invoices(session: Session, since: date, until: date) -> list[Billed]:
    """Those that stand, without their tax, issued on [since, until]; a credit note is a negative one."""
    columns = (Invoice.customer_id, Invoice.issued_at, Invoice.net_minor, Invoice.currency)
    span = (Invoice.issued_on >= since, Invoice.issued_on <= until, Invoice.cancelled_at.is_(None))
    return [Billed(*row) for row in session.execute(select(*columns).where(*span).order_by(Invoice.id))]


def margins(session: Session, since: date, until: date) -> list[Earned]:
    """Of visits that were closed on [since, until]."""
    margin, known = Line.price_minor - Line.cost_minor, Line.cost_minor.is_not(None)
    sums = (
        func.coalesce(func.sum(margin).filter(known), 0),
        func.coalesce(func.sum(Line.price_minor).filter(known), 0),
        func.sum(Line.price_minor),
    )
    rows = session.execute(
        select(Visit.customer_id, Visit.local_day, *sums, Line.currency)
        .join(Line, Line.visit_id == Visit.id)
        .where(Visit.status == "closed", Visit.local_day >= since, Visit.local_day <= until)
        .where(Line.withdrawn_at.is_(None))
        .group_by(Visit.id, Visit.customer_id, Visit.local_day, Line.currency)
    )
    return [Earned(customer, day, int(m), int(k), int(p), currency) for customer, day, m, k, p, currency in rows]


def costs(session: Session, since: date, until: date) -> dict[str, dict[str, int]]:
    """campaign -> currency -> minor units."""
    rows = session.execute(
        select(Cost.campaign, Cost.currency, func.sum(Cost.amount_minor))
        .where(Cost.campaign.is_not(None), Cost.incurred_on >= since, Cost.incurred_on <= until)
        .group_by(Cost.campaign, Cost.currency)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for campaign, currency, amount in rows:
        found[str(campaign)][currency] = int(amount)  # the statement leaves out those of no campaign
    return found


def touches(session: Session, channels: Collection[int], since: datetime) -> dict[int, list[Touch]]:
    """customer id -> messages of journeys that went out by these connections, in the order in which they did."""
    rows = session.execute(
        select(Customer.id, Message.refs, Message.settled_at)
        .join(Customer, Customer.ref == Message.entity)
        .where(Message.connection_id.in_(list(channels)), Message.state.in_(REACHED), Message.settled_at >= since)
        .order_by(Message.settled_at, Message.id)
    )
    found: dict[int, list[Touch]] = defaultdict(list)
    for customer_id, refs, at in rows:
        if at is not None and (journey := refs.get("journey")):
            found[customer_id].append(Touch(str(journey), at))
    return found


def sales(billed: Collection[Billed], touched: Mapping[int, list[Touch]], reach_days: int) -> list[Sale]:
    """Each invoice with the touches of its customer in the days before it."""
    return [
        Sale(
            one.net_minor,
            one.currency,
            one.at,
            tuple(
                t
                for t in touched.get(one.customer_id, ())
                if 0 <= (one.at - t.at).total_seconds() <= reach_days * 86_400
            ),
        )
        for one in billed
    ]

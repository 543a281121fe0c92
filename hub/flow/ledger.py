"""The garage's money over a span of days, read for reports: invoices, the margin of visits, what campaigns cost, whom they
reached and whom they left alone. `who`: only of customers with ids in (first, last], so that many are read in slices."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.models import Cost, Customer, Exposure, Invoice, JourneyVersion, Line, Message, Offer, Person, Visit
from hub.models.service import CREDIT, known_cost
from hub.sdk import Sale, Touch

REACHED = ("sent", "unknown")
SLICE = 5_000
HOLDOUT, CONTROL_OF_ALL = "holdout:", "global_control:"
SPLIT = "experiment:"  # a journey's own split, by its name
OFFER = "offer:"  # a campaign of the garage's own system, by its code
Who = tuple[int, int]
ALL: Who = (0, 2**63 - 1)


@dataclass(frozen=True)
class Billed:
    customer_id: int
    at: datetime
    net_minor: int
    currency: str
    branch: str | None = None


@dataclass(frozen=True)
class Dealt:
    """Somebody met a campaign and was held back or treated, or met a split and was given an arm. entry: the door by which
    they came. ends: the first day that is not watched any more, where that does not follow from the day they came. unit: what
    was drawn, such as `fleet:3`."""

    campaign: str
    arm: str
    entry: str
    customer_id: int
    at: datetime
    ends: date | None = None
    unit: str = ""


@dataclass(frozen=True)
class Earned:
    """The margin of one visit: price less cost of the lines whose cost is known; known_minor: the price of those lines."""

    customer_id: int
    day: date
    margin_minor: int
    known_minor: int
    price_minor: int
    currency: str
    vehicle_id: int | None = None


def slices(session: Session) -> Iterator[tuple[Who, dict[int, str | None]]]:
    """Everybody in the order of their ids, a slice at a time: (who, customer id -> home branch)."""
    last = 0
    while True:
        rows = session.execute(
            select(Customer.id, Customer.branch).where(Customer.id > last).order_by(Customer.id).limit(SLICE)
        ).all()
        if not rows:
            return
        yield (last, rows[-1][0]), {customer: branch for customer, branch in rows}
        last = rows[-1][0]


def invoices(session: Session, since: date, until: date, who: Who = ALL) -> list[Billed]:
    """Those that stand, without their tax, issued on [since, until]; a credit note is a negative one."""
    columns = (Invoice.customer_id, Invoice.issued_at, Invoice.net_minor, Invoice.currency, Invoice.branch)
    mine = (*standing(since, until), *of_customers(Invoice.customer_id, who))
    return [Billed(*row) for row in session.execute(select(*columns).where(*mine).order_by(Invoice.id))]


def invoiced(session: Session, since: date, until: date) -> dict[str | None, dict[str, int]]:
    """branch -> currency -> the same invoices as the database adds them up."""
    sums = select(Invoice.branch, Invoice.currency, func.sum(Invoice.net_minor)).where(*standing(since, until))
    found: dict[str | None, dict[str, int]] = defaultdict(dict)
    for branch, currency, amount in session.execute(sums.group_by(Invoice.branch, Invoice.currency)):
        found[branch][currency] = int(amount)
    return found


def margins(session: Session, since: date, until: date, who: Who = ALL) -> list[Earned]:
    """Of visits that were closed on [since, until], day by day."""
    cost = known_cost()
    margin, known = Line.price_minor - cost, cost.is_not(None)
    sums = (
        func.coalesce(func.sum(margin).filter(known), 0),
        func.coalesce(func.sum(Line.price_minor).filter(known), 0),
        func.sum(Line.price_minor),
    )
    rows = session.execute(
        select(Visit.customer_id, Visit.local_day, *sums, Line.currency, Visit.vehicle_id)
        .join(Line, Line.visit_id == Visit.id)
        .where(Visit.status == "closed", Visit.local_day >= since, Visit.local_day <= until)
        .where(Line.withdrawn_at.is_(None), *of_customers(Visit.customer_id, who))
        .group_by(Visit.id, Visit.customer_id, Visit.local_day, Line.currency, Visit.vehicle_id)
        .order_by(Visit.local_day)
    )
    return [
        Earned(customer, day, int(m), int(k), int(p), currency, car) for customer, day, m, k, p, currency, car in rows
    ]


def dealt(session: Session, since: date, until: date, who: Who = ALL) -> list[Dealt]:
    """Whoever met a journey's holdout, one of its splits, the global control of a quarter, or an offer of the garage's own
    system, on [since, until] (UTC days)."""
    first, last = midnight(since), datetime.combine(until, time.max, UTC)
    met = select(Exposure.experiment, Exposure.arm, Exposure.entry, Exposure.customer_id, Exposure.at, Exposure.unit).where(
        Exposure.at >= first, Exposure.at <= last,
        *of_customers(Exposure.customer_id, who), may_be_used(Exposure.customer_id)
    )  # fmt: skip
    rows = [_met(*row) for row in session.execute(met.order_by(Exposure.id))]
    made = select(Offer.code, Offer.held_back, Offer.customer_id, Offer.made_at).where(
        Offer.cancelled_at.is_(None), Offer.made_at >= first, Offer.made_at <= last,
        *of_customers(Offer.customer_id, who), may_be_used(Offer.customer_id)
    )  # fmt: skip
    rows += [
        Dealt(OFFER + code, "held" if held_back else "treated", "offer", customer, at)
        for code, held_back, customer, at in session.execute(made.order_by(Offer.id))
    ]
    return rows


def _met(name: str, arm: str, entry: str, customer: int, at: datetime, unit: str) -> Dealt:
    """The control of a quarter is left alone until the quarter ends: then another twentieth is."""
    if name.startswith(CONTROL_OF_ALL):
        return Dealt(name, "held" if arm == "control" else "treated", entry, customer, at, end_of(name))
    whose = name.removeprefix(HOLDOUT) if name.startswith(HOLDOUT) else SPLIT + name
    return Dealt(whose, arm, entry, customer, at, unit=unit)


def end_of(control: str) -> date:
    """global_control:2026q4 -> 2027-01-01."""
    year, _, quarter = control.removeprefix(CONTROL_OF_ALL).partition("q")
    month = 3 * int(quarter) + 1
    return date(int(year) + month // 13, (month - 1) % 12 + 1, 1)


def costs(session: Session, since: date, until: date) -> dict[str, dict[str, dict[str, int]]]:
    """campaign -> currency -> kind -> minor units, as the garage's books tell them; of a cost of several days those that lie in
    [since, until]."""
    last = func.coalesce(Cost.until_on, Cost.incurred_on)
    rows = session.execute(
        select(Cost.campaign, Cost.currency, Cost.kind, Cost.amount_minor, Cost.incurred_on, last).where(
            Cost.campaign.is_not(None), Cost.incurred_on <= until, last >= since, Cost.amount_minor != 0
        )
    )
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for campaign, currency, kind, amount, first, end in rows:
        kinds = found[str(campaign)][currency]  # the statement leaves out those of no campaign
        kinds[kind] = kinds.get(kind, 0) + _part(amount, first, end, since, until)
    return found


def _part(amount: int, first: date, end: date, since: date, until: date) -> int:
    """Of an amount that is spread over [first, end], what falls on [since, until]: up to each day it has come to a whole number of
    minor units, so that months add up to their year."""
    days = (end - first).days + 1
    before, through = (max(0, (min(until, end) - first).days + 1), max(0, (max(since, first) - first).days))[::-1]
    return amount * through // days - amount * before // days


def discounts(session: Session, since: date, until: date) -> list[tuple[str, str | None, str, int]]:
    """(campaign, home branch, currency, minor units) of what was let off on bills: credits under the code of an offer, or the
    name of a journey, of visits that were closed on [since, until]."""
    rows = session.execute(
        select(Line.code, Customer.branch, Line.currency, -func.sum(Line.price_minor))
        .join(Visit, Visit.id == Line.visit_id)
        .join(Customer, Customer.id == Visit.customer_id)
        .where(Line.kind == CREDIT, Line.withdrawn_at.is_(None), Visit.status == "closed")
        .where(Visit.local_day >= since, Visit.local_day <= until)
        .group_by(Line.code, Customer.branch, Line.currency)
        .order_by(Line.code)
    ).all()
    offers = set(session.scalars(select(Offer.code).distinct())) if rows else set()
    journeys = set(session.scalars(select(JourneyVersion.journey).distinct())) if rows else set()
    names = {code: OFFER + code if code in offers else code for code in {row[0] for row in rows} & (offers | journeys)}
    return [(names[code], branch, currency, int(amount)) for code, branch, currency, amount in rows if code in names]


def touches(session: Session, channels: Collection[int], since: datetime, who: Who = ALL) -> dict[int, list[Touch]]:
    """customer id -> messages of journeys that went out by these connections, and offers, in the order in which they did."""
    rows = session.execute(
        select(Customer.id, Message.refs, Message.settled_at)
        .join(Customer, Customer.ref == Message.entity)
        .where(Message.connection_id.in_(list(channels)), Message.state.in_(REACHED), Message.settled_at >= since)
        .where(*of_customers(Customer.id, who))
    )
    made = select(Offer.customer_id, Offer.code, Offer.made_at).where(
        Offer.cancelled_at.is_(None),
        Offer.held_back.is_(False),
        Offer.made_at >= since,
        *of_customers(Offer.customer_id, who),
    )
    found: dict[int, list[Touch]] = defaultdict(list)
    for customer_id, refs, at in rows:
        if at is not None and (journey := refs.get("journey")):
            found[customer_id].append(Touch(str(journey), at))
    for customer_id, code, at in session.execute(made):
        found[customer_id].append(Touch(OFFER + code, at))
    for some in found.values():
        some.sort(key=lambda touch: (touch.at, touch.campaign))
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


def may_be_used(column: Any) -> Any:
    """Of a column of customers: not of those who had their data restricted (GDPR Art. 18: stored, and used for nothing)."""
    restricted = (
        select(Customer.id).join(Person, Person.id == Customer.person_id).where(Person.restricted_at.is_not(None))
    )
    return column.not_in(restricted)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def standing(since: date, until: date) -> tuple[Any, ...]:
    return (Invoice.issued_on >= since, Invoice.issued_on <= until, Invoice.cancelled_at.is_(None))


def of_customers(column: Any, who: Who) -> tuple[Any, ...]:
    return () if who == ALL else (column > who[0], column <= who[1])

"""What guardrails watch, read for a slice of customers: opt-outs, complaints, answers to surveys, credit notes, hours of bays."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.ledger import Who, midnight, of_customers, standing
from hub.models import Appointment, Consent, Customer, Event, Invoice
from rules.journeys.measures import MEASURES

PROMOTER, PASSIVE = 9, 7  # answers from these on


@dataclass(frozen=True)
class Watched:
    """One time that it happened. value: 1, hours, or of a survey 100, 0 or -100 points."""

    day: date
    value: float = 1.0


Seen = Mapping[str, Mapping[int, list[Watched]]]  # measure -> customer id -> each time


def watched(session: Session, measures: Collection[str], since: date, until: date, who: Who) -> Seen:
    """Nothing is read for a measure that nobody asks for; a statement each for those that somebody does."""
    found: dict[str, dict[int, list[Watched]]] = {}
    for name in sorted(measures):
        rows = _ROWS[name](session, since, until, who) if name in _ROWS else _happened(session, name, since, until, who)
        mine: dict[int, list[Watched]] = defaultdict(list)
        for customer, one in rows:
            mine[customer].append(one)
        found[name] = mine
    return found


Rows = Iterator[tuple[int, Watched]]


def _events(name: str, since: date, until: date, who: Who, *columns: Any) -> Any:
    mine = (Event.kind.in_(MEASURES[name].events), Event.local_day >= since, Event.local_day <= until)
    return select(Event.customer_id, Event.local_day, *columns).where(
        *mine, Event.withdrawn_at.is_(None), *of_customers(Event.customer_id, who)
    )


def _happened(session: Session, name: str, since: date, until: date, who: Who) -> Rows:
    for customer, day in session.execute(_events(name, since, until, who)):
        yield customer, Watched(day)


def _points(session: Session, since: date, until: date, who: Who) -> Rows:
    """Reichheld 2003, Harvard Business Review 81(12):46-54: 9 and 10 promote, 0 to 6 detract."""
    for customer, day, told in session.execute(_events("nps", since, until, who, Event.attributes)):
        score = told.get("score")
        if isinstance(score, int | float):
            yield customer, Watched(day, 100.0 if score >= PROMOTER else 0.0 if score >= PASSIVE else -100.0)


def _opt_outs(session: Session, since: date, until: date, who: Who) -> Rows:
    rows = (
        select(Customer.id, Consent.at)
        .join(Customer, Customer.person_id == Consent.person_id)
        .where(Consent.state == "withdrawn", Consent.at >= midnight(since), *of_customers(Customer.id, who))
    )
    for customer, at in session.execute(rows):
        if at.date() <= until:
            yield customer, Watched(at.date())


def _credit_notes(session: Session, since: date, until: date, who: Who) -> Rows:
    rows = select(Invoice.customer_id, Invoice.issued_on).where(
        *standing(since, until), Invoice.net_minor < 0, *of_customers(Invoice.customer_id, who)
    )
    for customer, day in session.execute(rows):
        yield customer, Watched(day)


def _hours(session: Session, since: date, until: date, who: Who) -> Rows:
    mine = (Appointment.local_day >= since, Appointment.local_day <= until, Appointment.state != "cancelled")
    rows = select(Appointment.customer_id, Appointment.local_day, Appointment.starts_at, Appointment.ends_at)
    for customer, day, starts, ends in session.execute(rows.where(*mine, *of_customers(Appointment.customer_id, who))):
        yield customer, Watched(day, (ends - starts).total_seconds() / 3600)


_ROWS = {"opt_outs": _opt_outs, "refunds": _credit_notes, "nps": _points, "workshop_hours": _hours}

"""The region's rows as streams: one statement per kind, by event time, nothing of people who were erased or are restricted."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Date, Text, all_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from hub.models import (
    Consent,
    Customer,
    Event,
    LedgerEntry,
    Line,
    MembershipCard,
    Ownership,
    Person,
    Profile,
    Vehicle,
    Visit,
)
from hub.models.service import known_cost
from hub.past.fetching import Wanted, fetch
from hub.past.streams import EPOCH, STEP, Stream

DECIDED = {"recommendation_declined": "declined", "recommendation_sold": "sold"}
LATE = ("answer_late", "level_missed")  # what we promised and did not keep: an answer, and a fleet's car handed back
Used: TypeAlias = Callable[[Any], ColumnElement[bool]]


def read_kind(session: Session, kind: str, until: int, services: Mapping[str, str], unused: Collection[int]) -> Stream:
    """Rows of a kind up to and including the day `until` (days since 1970). services: code of a line or of advice -> service.
    unused: customers of whom nothing is read."""
    return fetch(session, KINDS[kind](session, _used(session, unused)), until, services)


def unused(session: Session) -> list[int]:
    """Customers without a profile, and who was erased, asked to be left alone, or not to be predicted. They are few: to name them
    once spares each statement to look everybody else up."""
    gone = or_(
        Profile.customer_id.is_(None),
        Person.restricted_at.is_not(None),
        Person.erased_at.is_not(None),
        Person.unprofiled_at.is_not(None),
    )
    rows = select(Customer.id).join(Person, Person.id == Customer.person_id)
    return list(
        session.scalars(rows.outerjoin(Profile, Profile.customer_id == Customer.id).where(gone).order_by(Customer.id))
    )


def _used(session: Session, unused: Collection[int]) -> Used:
    """None of these, however many they are, and nobody's rows that are no customer's."""
    if session.get_bind().dialect.name == "postgresql":
        return lambda column: column != all_(literal(list(unused), ARRAY(BigInteger)))
    listed = func.json_each(json.dumps(list(unused))).table_valued("value")
    return lambda column: column.not_in(select(listed.c.value)) & column.is_not(None)


def number_of(session: Session, day: Any) -> ColumnElement[int]:
    """Days since 1970, counted by the database: a million dates are slow to make in Python."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.julianday(cast(day, Text)) - 2440587.5, Event.id.type)
    return cast(day, Date).op("-", return_type=Event.id.type)(literal(EPOCH, Date))


def _visits(session: Session, used: Used) -> Wanted:
    statement = (
        select(
            Event.customer_id,
            number_of(session, Event.local_day),
            Event.vehicle_id,
            Event.amount_minor,
            Visit.odometer_km,
            Event.currency,
            Visit.reason,
            Visit.branch,
        )
        .outerjoin(Visit, Visit.id == Event.about_id)
        .where(Event.kind == "visit", Event.withdrawn_at.is_(None), used(Event.customer_id))
    )
    names = ("customer_id", "day", "vehicle_id", "amount", "odometer", "currency", "reason", "branch")
    return Wanted(statement, Event.local_day, names, ("currency", "reason", "branch"))


def _works(session: Session, used: Used) -> Wanted:
    """Lines of visits that are closed. margin: NaN where the cost is not known."""
    columns = (
        Visit.customer_id,
        number_of(session, Visit.local_day),
        Visit.vehicle_id,
        Line.visit_id,
        Visit.odometer_km,
        Line.price_minor,
        Line.price_minor - known_cost(),
        Line.currency,
        Line.code,
        Line.kind,
    )
    statement = (
        select(*columns)
        .join(Visit, Visit.id == Line.visit_id)
        .where(Line.withdrawn_at.is_(None), Visit.status == "closed", used(Visit.customer_id))
    )
    names = (
        "customer_id",
        "day",
        "vehicle_id",
        "visit_id",
        "odometer",
        "price",
        "margin",
        "currency",
        "service",
        "kind",
    )
    return Wanted(statement, Visit.local_day, names, ("currency", "service", "kind"))


def _advice(session: Session, used: Used) -> Wanted:
    """Work that was advised, declined or sold, in the words of that day."""
    told = Event.attributes
    statement = select(
        Event.customer_id,
        number_of(session, Event.local_day),
        Event.vehicle_id,
        Event.about_id,
        Event.amount_minor,
        Event.currency,
        told["service"].as_string(),
        told["safety"].as_string(),
        Event.kind,
        case((Event.kind == "recommendation_made", 0), else_=1),
    ).where(
        Event.kind.in_(["recommendation_made", *DECIDED]),
        Event.withdrawn_at.is_(None),
        used(Event.customer_id),
    )
    names = ("customer_id", "day", "vehicle_id", "about_id", "amount", "currency", "service", "safety", "state", STEP)
    return Wanted(statement, Event.local_day, names, ("currency", "service", "safety", "state"))


def _of_kind(*kinds: str, value: ColumnElement[Any] | None = None) -> Callable[[Session, Used], Wanted]:
    return lambda session, used: _events(session, used, kinds, value)


def _events(session: Session, used: Used, kinds: Collection[str], value: ColumnElement[Any] | None) -> Wanted:
    columns = [Event.customer_id, number_of(session, Event.local_day), *([] if value is None else [value])]
    statement = select(*columns).where(Event.kind.in_(kinds), Event.withdrawn_at.is_(None), used(Event.customer_id))
    return Wanted(statement, Event.local_day, ("customer_id", "day", *([] if value is None else ["value"])))


def _ownerships(session: Session, used: Used, day: Any) -> Wanted:
    """A car that came, or went: each is a dated row of its own, so that a sale to come is not known before its day."""
    statement = (
        select(
            Ownership.customer_id,
            number_of(session, day),
            Ownership.vehicle_id,
            number_of(session, Vehicle.first_registered),
            Vehicle.fuel,
            Vehicle.make,
        )
        .join(Vehicle, Vehicle.id == Ownership.vehicle_id)
        .where(Ownership.role == "owner", day.is_not(None), used(Ownership.customer_id))
    )
    names = ("customer_id", "day", "vehicle_id", "registered", "fuel", "make")
    return Wanted(statement, day, names, ("fuel", "make"))


def _points(session: Session, used: Used) -> Wanted:
    statement = (
        select(MembershipCard.customer_id, number_of(session, func.date(LedgerEntry.at)), LedgerEntry.points)
        .join(MembershipCard, MembershipCard.id == LedgerEntry.card_id)
        .where(used(MembershipCard.customer_id))
    )
    return Wanted(statement, func.date(LedgerEntry.at, type_=Date), ("customer_id", "day", "value"))


def _consents(session: Session, used: Used) -> Wanted:
    statement = (
        select(Customer.id, number_of(session, func.date(Consent.at)), Consent.id, Consent.purpose, Consent.state)
        .join(Customer, Customer.person_id == Consent.person_id)
        .where(used(Customer.id))
    )
    names = ("customer_id", "day", "consent_id", "purpose", "state")
    return Wanted(statement, func.date(Consent.at, type_=Date), names, ("purpose", "state"))


KINDS: Mapping[str, Callable[[Session, Used], Wanted]] = {
    "visits": _visits,
    "works": _works,
    "advice": _advice,
    "surveys": _of_kind("survey", value=Event.attributes["score"].as_float()),
    "complaints": _of_kind("complaint"),
    "lateness": _of_kind(*LATE),
    "missed": _of_kind("no_show"),
    "cancelled": _of_kind("booking_cancelled"),
    "bookings": _of_kind("booking_made"),
    "owned": lambda session, used: _ownerships(session, used, Ownership.since),
    "disowned": lambda session, used: _ownerships(session, used, Ownership.until),
    "points": _points,
    "consents": _consents,
}

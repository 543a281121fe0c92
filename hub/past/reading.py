"""The region's rows as streams: one statement per kind, by event time, nothing of people who were erased or are restricted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, case, cast, func, literal, select
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
from hub.past.streams import EPOCH, PIECE, STEP, Past, Stream, day_of, stream_of

DECIDED = {"recommendation_declined": "declined", "recommendation_sold": "sold"}


def read_past(session: Session, until: int, services: Mapping[str, str]) -> Past:
    """All kinds up to and including the day `until` (days since 1970). services: code of a line or of advice -> service."""
    statements = {
        "visits": _visits(session),
        "works": _works(session),
        "advice": _advice(session),
        "surveys": _of_kind(session, "survey", Event.attributes["score"].as_float()),
        "complaints": _of_kind(session, "complaint"),
        "missed": _of_kind(session, "no_show"),
        "cancelled": _of_kind(session, "booking_cancelled"),
        "bookings": _of_kind(session, "booking_made"),
        "owned": _ownerships(session, Ownership.since),
        "disowned": _ownerships(session, Ownership.until),
        "points": _points(session),
        "consents": _consents(session),
    }
    streams = {name: _read(session, one, until, services) for name, one in statements.items()}
    return Past(streams, until)


@dataclass(frozen=True)
class Wanted:
    """A statement, the day it is cut at, the names of its columns, and which of them are texts."""

    statement: Any
    day: Any
    names: Sequence[str]
    texts: Sequence[str] = ()


def _read(session: Session, wanted: Wanted, until: int, services: Mapping[str, str]) -> Stream:
    table: dict[str, list[Any]] = {name: [] for name in wanted.names}
    for part in session.execute(wanted.statement.where(wanted.day <= day_of(until))).partitions(PIECE):
        for name, values in zip(wanted.names, zip(*part, strict=True), strict=True):
            table[name] += values
    if "service" in table:
        codes = ((one or "").lower() for one in table["service"])
        table["service"] = [services.get(code, code) for code in codes]
    return stream_of(table, wanted.texts)


def number_of(session: Session, day: Any) -> ColumnElement[int]:
    """Days since 1970, counted by the database: a million dates are slow to make in Python."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.julianday(cast(day, Text)) - 2440587.5, Event.id.type)
    return cast(day, Date).op("-", return_type=Event.id.type)(literal(EPOCH, Date))


def _known() -> Any:
    """Customers that are used: they have a profile, and have not asked to be left alone, or not to be predicted."""
    return (
        select(Customer.id)
        .join(Profile, Profile.customer_id == Customer.id)
        .join(Person, Person.id == Customer.person_id)
        .where(Person.restricted_at.is_(None), Person.erased_at.is_(None), Person.unprofiled_at.is_(None))
    )


def _visits(session: Session) -> Wanted:
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
        .where(Event.kind == "visit", Event.withdrawn_at.is_(None), Event.customer_id.in_(_known()))
    )
    names = ("customer_id", "day", "vehicle_id", "amount", "odometer", "currency", "reason", "branch")
    return Wanted(statement, Event.local_day, names, ("currency", "reason", "branch"))


def _works(session: Session) -> Wanted:
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
        .where(Line.withdrawn_at.is_(None), Visit.status == "closed", Visit.customer_id.in_(_known()))
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


def _advice(session: Session) -> Wanted:
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
        Event.customer_id.in_(_known()),
    )
    names = ("customer_id", "day", "vehicle_id", "about_id", "amount", "currency", "service", "safety", "state", STEP)
    return Wanted(statement, Event.local_day, names, ("currency", "service", "safety", "state"))


def _of_kind(session: Session, kind: str, value: ColumnElement[Any] | None = None) -> Wanted:
    columns = [Event.customer_id, number_of(session, Event.local_day), *([] if value is None else [value])]
    statement = select(*columns).where(
        Event.kind == kind, Event.withdrawn_at.is_(None), Event.customer_id.in_(_known())
    )
    return Wanted(statement, Event.local_day, ("customer_id", "day", *([] if value is None else ["value"])))


def _ownerships(session: Session, day: Any) -> Wanted:
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
        .where(Ownership.role == "owner", day.is_not(None), Ownership.customer_id.in_(_known()))
    )
    names = ("customer_id", "day", "vehicle_id", "registered", "fuel", "make")
    return Wanted(statement, day, names, ("fuel", "make"))


def _points(session: Session) -> Wanted:
    statement = (
        select(MembershipCard.customer_id, number_of(session, func.date(LedgerEntry.at)), LedgerEntry.points)
        .join(MembershipCard, MembershipCard.id == LedgerEntry.card_id)
        .where(MembershipCard.customer_id.in_(_known()))
    )
    return Wanted(statement, func.date(LedgerEntry.at, type_=Date), ("customer_id", "day", "value"))


def _consents(session: Session) -> Wanted:
    statement = (
        select(Customer.id, number_of(session, func.date(Consent.at)), Consent.id, Consent.purpose, Consent.state)
        .join(Customer, Customer.person_id == Consent.person_id)
        .where(Customer.id.in_(_known()))
    )
    names = ("customer_id", "day", "consent_id", "purpose", "state")
    return Wanted(statement, func.date(Consent.at, type_=Date), names, ("purpose", "state"))

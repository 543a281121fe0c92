"""Profiles follow their events: the stored facts of touched customers, counted anew in the same transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Date, case, func, select, update
from sqlalchemy.orm import aliased

from hub.flow.batches import batches
from hub.models import (
    Appointment,
    Customer,
    Event,
    MembershipCard,
    Ownership,
    Person,
    Profile,
    Recommendation,
    Tier,
    Vehicle,
    Visit,
    table,
)
from hub.work import Work

PROFILE = table(Profile)
LATER = aliased(Event)


def refresh(work: Work, customer_ids: Iterable[int]) -> dict[int, set[str]]:
    """Set the profile of each of these customers to what its events, vehicles and card say now, and answer what moved, by
    customer: `fact.COLUMN`. Counting anew rather than adding up makes late and withdrawn events right by themselves."""
    work.session.flush()
    moved: dict[int, set[str]] = {}
    for ids in batches(sorted(customer_ids)):
        moved |= _refresh(work, ids)
    return moved


def _refresh(work: Work, ids: list[int]) -> dict[int, set[str]]:
    values: dict[int, dict[str, Any]] = {one: _blank(one) for one in ids}
    for read in (_customers, _events, _odometers, _surveys, _vehicles, _advice, _appointments, _cards):
        for customer_id, found in read(work, ids):
            values[customer_id] |= found
    moved = _differing(work, values)
    rows = [{**values[one], "changed_at": work.now} for one, names in moved.items() if names]
    if rows:
        work.session.execute(update(Profile), rows)
    return {one: {f"fact.{name}" for name in names} for one, names in moved.items()}


def _differing(work: Work, values: Mapping[int, dict[str, Any]]) -> dict[int, list[str]]:
    """Names of the columns that are to change, by customer. Rows, and not objects of the session: the update that follows
    would leave those as they were."""
    rows = work.session.execute(select(PROFILE).where(PROFILE.c.customer_id.in_(values)))
    return {
        row["customer_id"]: [name for name, value in values[row["customer_id"]].items() if row[name] != value]
        for row in rows.mappings()
    }


def _blank(customer_id: int) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "visits_count": 0,
        "visits_first_on": None,
        "visits_last_on": None,
        "spend_total_minor": None,
        "spend_currency": None,
        "complaints_count": 0,
        "visits_last_odometer": None,
        "recommendations_open": 0,
        "recommendations_declined": 0,
        "recommendations_due_on": None,
        "appointments_next_on": None,
        "appointments_missed": 0,
        "nps_last": None,
        "nps_last_on": None,
        "vehicles_count": 0,
        "vehicles_oldest_on": None,
        "loyalty_tier": None,
        "loyalty_points": None,
    }


def _customers(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    columns = (Customer.id, Customer.branch, Customer.language, Customer.joined_on, Person.jurisdiction)
    rows = work.session.execute(
        select(*columns).join(Person, Person.id == Customer.person_id).where(Customer.id.in_(ids))
    )
    for customer_id, branch, language, joined_on, jurisdiction in rows:
        yield (
            customer_id,
            {"branch": branch, "language": language, "joined_on": joined_on, "jurisdiction": jurisdiction},
        )


def _events(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """spend.total has a value only where all visits were paid in one currency: minor units of two are no sum."""
    visit = Event.kind == "visit"
    statement = (
        select(
            Event.customer_id,
            func.count(case((visit, 1))),
            func.min(case((visit, Event.local_day)), type_=Date),
            func.max(case((visit, Event.local_day)), type_=Date),
            func.sum(case((visit, Event.amount_minor))),
            func.min(case((visit, Event.currency))),
            func.max(case((visit, Event.currency))),
            func.count(case((Event.kind == "complaint", 1))),
        )
        .where(Event.customer_id.in_(ids), Event.withdrawn_at.is_(None), Event.kind.in_(["visit", "complaint"]))
        .group_by(Event.customer_id)
    )
    for customer_id, visits, first, last, spend, one, other, complaints in work.session.execute(statement):
        single = one is not None and one == other
        yield (
            customer_id,
            {
                "visits_count": visits,
                "visits_first_on": first,
                "visits_last_on": last,
                "spend_total_minor": int(spend) if single and spend is not None else None,
                "spend_currency": one if single else None,
                "complaints_count": complaints,
            },
        )


def _odometers(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """What stood on the odometer at the last visit that read it, of whichever car."""
    read = (Visit.odometer_km.is_not(None), Visit.status != "cancelled")
    order = (Visit.local_day, Visit.opened_at, Visit.id)
    statement = select(Visit.customer_id, Visit.odometer_km).where(Visit.customer_id.in_(ids), *read).order_by(*order)
    for customer_id, odometer in work.session.execute(statement):
        yield customer_id, {"visits_last_odometer": odometer}


def _advice(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Work that is still to be done on cars the customer still has: a car that was sold took its advice along."""
    ended = (
        select(Ownership.id)
        .where(
            Ownership.vehicle_id == Recommendation.vehicle_id,
            Ownership.customer_id == Recommendation.customer_id,
            Ownership.until.is_not(None),
        )
        .exists()
    )
    again = (
        select(Ownership.id)
        .where(
            Ownership.vehicle_id == Recommendation.vehicle_id,
            Ownership.customer_id == Recommendation.customer_id,
            Ownership.until.is_(None),
        )
        .exists()
    )
    is_open, declined = Recommendation.state == "open", Recommendation.state == "declined"
    columns = (
        Recommendation.customer_id,
        func.count(case((is_open, 1))),
        func.count(case((declined, 1))),
        func.min(case((is_open, Recommendation.due_on)), type_=Date),
    )
    mine = (Recommendation.customer_id.in_(ids), Recommendation.state.in_(["open", "declined"]), ~ended | again)
    for customer_id, still, no, due in work.session.execute(
        select(*columns).where(*mine).group_by(Recommendation.customer_id)
    ):
        counts = {"recommendations_open": still, "recommendations_declined": no, "recommendations_due_on": due}
        yield customer_id, counts


def _appointments(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    booked, missed = Appointment.state == "booked", Appointment.state == "no_show"
    columns = (
        Appointment.customer_id,
        func.min(case((booked, Appointment.local_day)), type_=Date),
        func.count(case((missed, 1))),
    )
    statement = select(*columns).where(Appointment.customer_id.in_(ids)).group_by(Appointment.customer_id)
    for customer_id, day, count in work.session.execute(statement):
        yield customer_id, {"appointments_next_on": day, "appointments_missed": count}


def _surveys(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    has_later = (
        select(LATER.id)
        .where(
            LATER.customer_id == Event.customer_id,
            LATER.kind == "survey",
            LATER.withdrawn_at.is_(None),
            (LATER.at_utc > Event.at_utc) | ((LATER.at_utc == Event.at_utc) & (LATER.id > Event.id)),
        )
        .exists()
    )
    statement = select(Event.customer_id, Event.attributes, Event.local_day).where(
        Event.customer_id.in_(ids), Event.kind == "survey", Event.withdrawn_at.is_(None), ~has_later
    )
    for customer_id, attributes, day in work.session.execute(statement):
        yield customer_id, {"nps_last": attributes.get("score"), "nps_last_on": day}


def _vehicles(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    owned = (Ownership.customer_id.in_(ids), Ownership.role == "owner", Ownership.until.is_(None))
    oldest = func.min(Vehicle.first_registered, type_=Date)
    statement = select(Ownership.customer_id, func.count(), oldest).join(Vehicle, Vehicle.id == Ownership.vehicle_id)
    for customer_id, count, day in work.session.execute(statement.where(*owned).group_by(Ownership.customer_id)):
        yield customer_id, {"vehicles_count": count, "vehicles_oldest_on": day}


def _cards(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    statement = (
        select(MembershipCard.customer_id, Tier.name, MembershipCard.points)
        .outerjoin(Tier, (Tier.card_id == MembershipCard.id) & Tier.until.is_(None))
        .where(MembershipCard.customer_id.in_(ids))
        .order_by(MembershipCard.version)
    )
    for customer_id, tier, points in work.session.execute(statement):
        yield customer_id, {"loyalty_tier": tier, "loyalty_points": points}

"""Profiles follow their events: the stored facts of touched customers, counted anew in the same transaction."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from sqlalchemy import Date, case, func, select, update
from sqlalchemy.orm import aliased

from hub.flow import strangers
from hub.flow.batches import batches, these
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

PROFILES = select(PROFILE).where(these(PROFILE.c.customer_id))
CUSTOMERS = (
    select(Customer.id, Customer.branch, Customer.language, Customer.joined_on, Person.jurisdiction)
    .join(Person, Person.id == Customer.person_id)
    .where(these(Customer.id))
)
A_VISIT = Event.kind == "visit"
EVENTS = (
    select(
        Event.customer_id,
        func.count(case((A_VISIT, 1))),
        func.min(case((A_VISIT, Event.local_day)), type_=Date),
        func.max(case((A_VISIT, Event.local_day)), type_=Date),
        func.sum(case((A_VISIT, Event.amount_minor))),
        func.min(case((A_VISIT, Event.currency))),
        func.max(case((A_VISIT, Event.currency))),
        func.count(case((Event.kind == "complaint", 1))),
    )
    .where(these(Event.customer_id), Event.withdrawn_at.is_(None), Event.kind.in_(["visit", "complaint"]))
    .group_by(Event.customer_id)
)
ODOMETERS = (
    select(Visit.customer_id, Visit.odometer_km)
    .where(these(Visit.customer_id), Visit.odometer_km.is_not(None), Visit.status != "cancelled")
    .order_by(Visit.local_day, Visit.opened_at, Visit.id)
)
OWNED = select(Ownership.id).where(
    Ownership.vehicle_id == Recommendation.vehicle_id, Ownership.customer_id == Recommendation.customer_id
)
ADVICE = (
    select(
        Recommendation.customer_id,
        func.count(case((Recommendation.state == "open", 1))),
        func.count(case((Recommendation.state == "declined", 1))),
        func.min(case((Recommendation.state == "open", Recommendation.due_on)), type_=Date),
    )
    .where(
        these(Recommendation.customer_id),
        Recommendation.state.in_(["open", "declined"]),
        ~OWNED.where(Ownership.until.is_not(None)).exists() | OWNED.where(Ownership.until.is_(None)).exists(),
    )
    .group_by(Recommendation.customer_id)
)
APPOINTMENTS = (
    select(
        Appointment.customer_id,
        func.min(case((Appointment.state == "booked", Appointment.local_day)), type_=Date),
        func.count(case((Appointment.state == "no_show", 1))),
    )
    .where(these(Appointment.customer_id))
    .group_by(Appointment.customer_id)
)
HAS_LATER = (
    select(LATER.id)
    .where(
        LATER.customer_id == Event.customer_id,
        LATER.kind == "survey",
        LATER.withdrawn_at.is_(None),
        (LATER.at_utc > Event.at_utc) | ((LATER.at_utc == Event.at_utc) & (LATER.id > Event.id)),
    )
    .exists()
)
SURVEYS = select(Event.customer_id, Event.attributes, Event.local_day).where(
    these(Event.customer_id), Event.kind == "survey", Event.withdrawn_at.is_(None), ~HAS_LATER
)
VEHICLES = (
    select(Ownership.customer_id, func.count(), func.min(Vehicle.first_registered, type_=Date))
    .join(Vehicle, Vehicle.id == Ownership.vehicle_id)
    .where(these(Ownership.customer_id), Ownership.role == "owner", Ownership.until.is_(None))
    .group_by(Ownership.customer_id)
)
CARDS = (
    select(MembershipCard.customer_id, Tier.name, MembershipCard.points)
    .outerjoin(Tier, (Tier.card_id == MembershipCard.id) & Tier.until.is_(None))
    .where(these(MembershipCard.customer_id))
    .order_by(MembershipCard.version)
)


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
    begun = _begun(work, values, moved.keys()) if len(moved) < len(values) else {}
    rows = [{**values[one], "changed_at": work.now} for one, names in moved.items() if names]
    if rows:
        work.session.execute(update(Profile), rows)
    return {one: {f"fact.{name}" for name in names} for one, names in moved.items()} | begun


def _begun(work: Work, values: Mapping[int, dict[str, Any]], profiled: Set[int]) -> dict[int, set[str]]:
    """Who asked something once and is a customer by now: all about them is news. Whoever was merged or erased stays without a profile."""
    found = strangers.become(work.session, values.keys() - profiled)
    for one in sorted(found):
        work.put(Profile, **values[one], changed_at=work.now)
    return {one: {"customer"} for one in found}


def _differing(work: Work, values: Mapping[int, dict[str, Any]]) -> dict[int, list[str]]:
    """Names of the columns that are to change, by customer. Rows, and not objects of the session: the update that follows
    would leave those as they were."""
    rows = work.session.execute(PROFILES, {"ids": list(values)})
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
    for customer_id, branch, language, joined_on, jurisdiction in work.session.execute(CUSTOMERS, {"ids": ids}):
        yield (
            customer_id,
            {"branch": branch, "language": language, "joined_on": joined_on, "jurisdiction": jurisdiction},
        )


def _events(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """spend.total has a value only where all visits were paid in one currency: minor units of two are no sum."""
    for customer_id, visits, first, last, spend, one, other, complaints in work.session.execute(EVENTS, {"ids": ids}):
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
    for customer_id, odometer in work.session.execute(ODOMETERS, {"ids": ids}):
        yield customer_id, {"visits_last_odometer": odometer}


def _advice(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Work that is still to be done on cars the customer still has: a car that was sold took its advice along."""
    for customer_id, still, no, due in work.session.execute(ADVICE, {"ids": ids}):
        counts = {"recommendations_open": still, "recommendations_declined": no, "recommendations_due_on": due}
        yield customer_id, counts


def _appointments(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    for customer_id, day, count in work.session.execute(APPOINTMENTS, {"ids": ids}):
        yield customer_id, {"appointments_next_on": day, "appointments_missed": count}


def _surveys(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    for customer_id, attributes, day in work.session.execute(SURVEYS, {"ids": ids}):
        yield customer_id, {"nps_last": attributes.get("score"), "nps_last_on": day}


def _vehicles(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    for customer_id, count, day in work.session.execute(VEHICLES, {"ids": ids}):
        yield customer_id, {"vehicles_count": count, "vehicles_oldest_on": day}


def _cards(work: Work, ids: list[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    for customer_id, tier, points in work.session.execute(CARDS, {"ids": ids}):
        yield customer_id, {"loyalty_tier": tier, "loyalty_points": points}

"""Things of ours that partners may be told of: vehicles, visits and fleets as text, whose they are, and what stands beside them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from hub.flow.batches import batches
from hub.flow.effects import Subject, load_subjects, open_keys
from hub.flow.ours import Fields
from hub.flow.values import value_context
from hub.models import Assignment, Fleet, Ownership, Person, PersonalValue, Vehicle, Visit
from hub.work import Work
from rules.calendar import local_day
from rules.values import from_minor

NUMBERS = ("vin", "plate")  # sealed with the owner


@dataclass(frozen=True)
class Thing:
    """subject: whose it is, as policies ask; None where it is nobody's any more. over: it is to be told no longer.
    beside: our kinds -> ids of what it belongs with."""

    about: str
    id: int
    subject: Subject | None
    over: bool
    fields: Fields
    beside: Mapping[str, frozenset[int]]


def of_customers(work: Work, about: str, customer_ids: Collection[int], today: date, days: int | None) -> set[int]:
    """Ids of the things of these customers, what they had before as well. days: of visits, how far back."""
    work.session.flush()
    found: set[int] = set()
    for batch in batches(sorted(customer_ids)):
        vehicles = select(Ownership.vehicle_id).where(Ownership.customer_id.in_(batch))
        if about == "vehicle":
            found |= set(work.session.scalars(vehicles))
        elif about == "visit":
            recent = Visit.local_day >= today - timedelta(days=days) if days is not None else Visit.id > 0
            found |= set(work.session.scalars(select(Visit.id).where(Visit.customer_id.in_(batch), recent)))
        else:
            fleets = select(Assignment.fleet_id).where(Assignment.vehicle_id.in_(vehicles), *_now(Assignment, today))
            found |= set(work.session.scalars(fleets.where(Assignment.superseded_at.is_(None)).distinct()))
    return found


def read(work: Work, about: str, ids: Iterable[int], today: date) -> dict[int, Thing]:
    work.session.flush()
    reader = {"vehicle": _vehicles, "visit": _visits, "fleet": _fleets}[about]
    found: dict[int, Thing] = {}
    for batch in batches(sorted(ids)):
        found |= reader(work, batch, today)
    return found


def _vehicles(work: Work, ids: Collection[int], today: date) -> dict[int, Thing]:
    keepers: dict[int, list[int]] = defaultdict(list)
    owner: dict[int, int] = {}
    columns = (Ownership.vehicle_id, Ownership.customer_id, Ownership.role)
    open_now = select(*columns).where(Ownership.vehicle_id.in_(ids), *_now(Ownership, today))
    for vehicle_id, customer_id, role in work.session.execute(open_now.order_by(Ownership.since, Ownership.id)):
        keepers[vehicle_id].append(customer_id)
        if role == "owner":
            owner[vehicle_id] = customer_id
    subjects = load_subjects(work, owner.values())
    fleets = _fleets_of(work, ids, today)
    numbers = _numbers(work, {one: subjects[customer_id] for one, customer_id in owner.items()})
    found = {}
    for row in work.session.scalars(select(Vehicle).where(Vehicle.id.in_(ids))):
        subject = subjects.get(owner.get(row.id, 0))
        title = " ".join(one for one in (row.make, row.model) if one)
        fields: Fields = {
            "title": title or "Vehicle", "make": row.make, "model": row.model, "class": row.vehicle_class, "fuel": row.fuel,
            "first_registered": row.first_registered.isoformat() if row.first_registered else None,
            "odometer_km": _number(row.odometer_km), **{name: numbers.get((row.id, name)) for name in NUMBERS},
        }  # fmt: skip
        beside = {"customer": frozenset(keepers[row.id]), "fleet": frozenset(fleets.get(row.id, ()))}
        found[row.id] = Thing("vehicle", row.id, subject, _is_over(subject), fields, beside)
    return found


def _visits(work: Work, ids: Collection[int], today: date) -> dict[int, Thing]:
    rows = work.session.scalars(select(Visit).where(Visit.id.in_(ids))).all()
    subjects = load_subjects(work, {row.customer_id for row in rows})
    found = {}
    for row in rows:
        subject, opened = subjects.get(row.customer_id), local_day(row.opened_at, row.zone)
        fields: Fields = {
            "title": f"{row.reason.capitalize()}, {opened.isoformat()}", "reason": row.reason, "status": row.status,
            "branch": row.branch, "opened_on": opened.isoformat(),
            "closed_on": local_day(row.closed_at, row.zone).isoformat() if row.closed_at else None,
            "amount": from_minor(row.amount_minor, row.currency).partition(" ")[0] if row.currency else None, "currency": row.currency,
            "odometer_km": _number(row.odometer_km),
        }  # fmt: skip
        cars = frozenset([row.vehicle_id] if row.vehicle_id else ())
        beside = {"customer": frozenset([row.customer_id]), "vehicle": cars}
        over = row.status == "cancelled" or _is_over(subject)
        found[row.id] = Thing("visit", row.id, subject, over, fields, beside)
    return found


def _fleets(work: Work, ids: Collection[int], today: date) -> dict[int, Thing]:
    """Whose they are: a person that is nobody keeps what is sealed of a fleet."""
    drivers: dict[int, set[int]] = defaultdict(set)
    together = select(Assignment.fleet_id, Ownership.customer_id).join(
        Ownership, Ownership.vehicle_id == Assignment.vehicle_id
    )
    now = (*_now(Assignment, today), *_now(Ownership, today), Assignment.superseded_at.is_(None))
    for fleet_id, customer_id in work.session.execute(together.where(Assignment.fleet_id.in_(ids), *now)):
        drivers[fleet_id].add(customer_id)
    found = {}
    rows = select(Fleet, Person).join(Person, Person.id == Fleet.keeper_id).where(Fleet.id.in_(ids))
    for row, keeper in work.session.execute(rows):
        subject = Subject(0, row.ref, keeper.id, keeper.data_key_id, keeper.jurisdiction, "en", "live")
        fields: Fields = {"title": row.title, "code": row.code}
        beside = {"customer": frozenset(drivers[row.id])}
        found[row.id] = Thing("fleet", row.id, subject, _is_over(subject), fields, beside)
    return found


def _fleets_of(work: Work, vehicle_ids: Collection[int], today: date) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = select(Assignment.vehicle_id, Assignment.fleet_id).where(
        Assignment.vehicle_id.in_(vehicle_ids), Assignment.superseded_at.is_(None), *_now(Assignment, today)
    )
    for vehicle_id, fleet_id in work.session.execute(rows):
        found[vehicle_id].add(fleet_id)
    return found


def _numbers(work: Work, owners: Mapping[int, Subject]) -> dict[tuple[int, str], str]:
    """(vehicle id, vin or plate) -> what its owner calls it."""
    alive = {vehicle_id: one for vehicle_id, one in owners.items() if one.data_key_id is not None}
    open_keys(work, alive.values())
    columns = (PersonalValue.person_id, PersonalValue.field, PersonalValue.about_id, PersonalValue.sealed)
    people = {one.person_id for one in alive.values()}  # their values are found by them, and by nothing else
    mine = (
        PersonalValue.person_id.in_(people),
        PersonalValue.field.in_(NUMBERS),
        PersonalValue.about_id.in_(list(alive)),
    )
    found = {}
    for person_id, name, vehicle_id, sealed in work.session.execute(select(*columns).where(*mine)):
        owner = alive[vehicle_id]
        if person_id == owner.person_id:
            opened = work.vault.unseal(work.key(owner.data_key_id), sealed, value_context(person_id, name, vehicle_id))
            found[vehicle_id, name] = opened.decode()
    return {key: value for key, value in found.items() if value}


def _now(model: Any, today: date) -> tuple[Any, ...]:
    return model.since <= today, or_(model.until.is_(None), model.until > today)


def _is_over(subject: Subject | None) -> bool:
    return subject is None or subject.data_key_id is None


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)

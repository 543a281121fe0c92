"""Vehicle records into vehicles, and who owns which from what day on."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from hub.core import Partner
from hub.flow import identity
from hub.flow.identity import Known
from hub.flow.values import set_value
from hub.models import Link, Ownership, Vehicle, new_ref
from hub.sdk import VehicleRecord
from hub.work import Work

FACTS = ("make", "model", "fuel", "first_registered", "odometer_km")


def find(work: Work, partner: Partner, partner_id: str) -> int | None:
    blinds = work.vault.blinds(work.session, f"link:{partner.id}:vehicle", partner_id)
    statement = select(Link.about_id).where(
        Link.connection_id == partner.id, Link.about == "vehicle", Link.hash.in_(blinds)
    )
    return work.session.scalar(statement)


def fold_vehicle(work: Work, partner: Partner, known: Known, record: VehicleRecord, today: date) -> Iterator[int]:
    """Answers the customers whose vehicles changed: the owner, and whoever owned it before."""
    vehicle_id = find(work, partner, record.partner_id)
    vehicle = (
        work.session.get_one(Vehicle, vehicle_id) if vehicle_id else work.add(Vehicle(ref=new_ref(), made_at=work.now))
    )
    if vehicle_id is None:
        identity.link(work, partner, "vehicle", record.partner_id, vehicle.id, known.person)
    for name in FACTS:
        value = getattr(record, name)
        if value is not None:
            setattr(vehicle, name, value)
    work.session.flush()
    yield from _own(work, known, vehicle.id, record.owned_since or today)
    _name(work, known, vehicle.id, record)


def _own(work: Work, known: Known, vehicle_id: int, since: date) -> Iterator[int]:
    statement = select(Ownership).where(
        Ownership.vehicle_id == vehicle_id, Ownership.role == "owner", Ownership.until.is_(None)
    )
    row = work.session.scalars(statement).first()
    if row is not None and row.customer_id == known.customer.id:
        return
    if row is not None:
        row.until = max(since, row.since)
        yield row.customer_id
    work.add(Ownership(vehicle_id=vehicle_id, customer_id=known.customer.id, role="owner", since=since))
    yield known.customer.id


def _name(work: Work, known: Known, vehicle_id: int, record: VehicleRecord) -> None:
    """VIN and plate name a person: they lie sealed with the owner, and can be found by keyed hash."""
    for name in ("vin", "plate"):
        value = getattr(record, name)
        if not value:
            continue
        set_value(work, known, name, value, vehicle_id)
        identity.set_alias(work, known.person, name, identity.fold_plate(value), several=True)

"""Vehicle records into vehicles, and who owns which from what day on."""

from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy import select

from hub.core import Partner
from hub.flow import identity
from hub.flow.batches import batches
from hub.flow.identity import Known
from hub.flow.values import set_value
from hub.models import Link, Ownership, Vehicle, new_ref
from hub.sdk import VehicleRecord
from hub.work import Work

FACTS = ("make", "model", "fuel", "first_registered", "odometer_km")


class Vehicles:
    """The vehicles of one batch of records, by the partner's ids, looked up together and made where they are new."""

    def __init__(self, work: Work, partner: Partner, partner_ids: Iterable[str]) -> None:
        self.work = work
        self.partner = partner
        self.known: dict[str, int] = {}
        kind = f"link:{partner.id}:vehicle"
        hashes = {blind: one for one in partner_ids for blind in work.vault.blinds(work.session, kind, one)}
        for batch in batches(hashes):
            mine = (Link.connection_id == partner.id, Link.about == "vehicle", Link.hash.in_(batch))
            for blind, vehicle_id in work.session.execute(select(Link.hash, Link.about_id).where(*mine)):
                self.known[hashes[blind]] = vehicle_id

    def of(self, partner_id: str | None, known: Known) -> int | None:
        """The vehicle of this id; one we never heard of is made, and more may be told of it later."""
        if partner_id is None:
            return None
        if partner_id not in self.known:
            vehicle = self.work.add(Vehicle(ref=new_ref(), made_at=self.work.now))
            self.known[partner_id] = vehicle.id
            identity.link(self.work, self.partner, "vehicle", partner_id, vehicle.id, known.person)
        return self.known[partner_id]


def fold_vehicle(vehicles: Vehicles, known: Known, record: VehicleRecord, today: date) -> Iterator[int]:
    """Answers the customers whose vehicles changed: the owner, and whoever owned it before."""
    work = vehicles.work
    vehicle_id = vehicles.of(record.partner_id, known) or 0
    vehicle = work.session.get_one(Vehicle, vehicle_id)
    changed = False
    for name in FACTS:
        value = getattr(record, name)
        if value is not None and getattr(vehicle, name) != value:
            setattr(vehicle, name, value)
            changed = True
    work.session.flush()
    moved = list(_own(work, known, vehicle_id, record, today))
    named = _name(work, known, vehicle_id, record)
    yield from moved
    if (changed or named) and known.customer.id not in moved:
        yield known.customer.id


def _own(work: Work, known: Known, vehicle_id: int, record: VehicleRecord, today: date) -> Iterator[int]:
    """Ownership is dated: a new owner ends the one before, a sale ends it without one. What an earlier owner tells late
    changes nothing of who owns it now."""
    wanted = (Ownership.vehicle_id == vehicle_id, Ownership.role == "owner")
    row = work.session.scalars(
        select(Ownership).where(*wanted).order_by(Ownership.since.desc(), Ownership.id.desc())
    ).first()
    mine = row is not None and row.customer_id == known.customer.id
    since = record.owned_since or today
    if row is not None and mine and row.until is None:
        if record.owned_until is not None:
            row.until = max(record.owned_until, row.since)
            yield row.customer_id
        return
    if row is not None and (since < row.since or (mine and record.owned_since is None)):
        return
    if row is not None and mine and record.owned_until == row.until:
        return
    if row is not None and row.until is None:
        row.until = max(since, row.since)
        yield row.customer_id
    until = max(record.owned_until, since) if record.owned_until else None
    work.add(Ownership(vehicle_id=vehicle_id, customer_id=known.customer.id, role="owner", since=since, until=until))
    yield known.customer.id


def _name(work: Work, known: Known, vehicle_id: int, record: VehicleRecord) -> bool:
    """VIN and plate name a person: they lie sealed with the owner, and can be found by keyed hash."""
    changed = False
    for name in ("vin", "plate"):
        value = getattr(record, name)
        if not value or not set_value(work, known, name, value, vehicle_id):
            continue
        changed = True
        identity.set_alias(work, known.person, name, identity.fold_plate(value), several=True)
    return changed

"""Vehicle records into vehicles, and who owns which from what day on."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from hub.core import Partner
from hub.flow import identity
from hub.flow.batches import batches
from hub.flow.held import Held
from hub.flow.identity import Known
from hub.flow.values import set_value
from hub.models import Link, Ownership, Vehicle, new_ref
from hub.sdk import VehicleRecord
from hub.work import Work

FACTS = ("make", "model", "vehicle_class", "fuel", "first_registered", "odometer_km")


class Vehicles:
    """The vehicles of one batch of records, by the partner's ids, looked up together and made where they are new.

    told: ids of those that are told of, not only named; their rows and owners are read, too."""

    def __init__(self, work: Work, partner: Partner, named: Iterable[str], told: Collection[str] = ()) -> None:
        self.work = work
        self.partner = partner
        self.known: dict[str, int] = {}
        self.rows: dict[int, Vehicle] = {}
        self.owners: dict[int, list[Ownership]] = {}
        kind = f"link:{partner.id}:vehicle"
        hashes = {blind: one for one in {*named, *told} for blind in work.vault.blinds(work.session, kind, one)}
        for batch in batches(hashes):
            mine = (Link.connection_id == partner.id, Link.about == "vehicle", Link.hash.in_(batch))
            for blind, vehicle_id in work.session.execute(select(Link.hash, Link.about_id).where(*mine)):
                self.known[hashes[blind]] = vehicle_id
        self._read([self.known[one] for one in told if one in self.known])

    def _read(self, ids: Sequence[int]) -> None:
        for batch in batches(ids):
            self.rows |= {
                row.id: row for row in self.work.session.scalars(select(Vehicle).where(Vehicle.id.in_(batch)))
            }
            owned = select(Ownership).where(Ownership.vehicle_id.in_(batch), Ownership.role == "owner")
            for row in self.work.session.scalars(owned.order_by(Ownership.since, Ownership.id)):
                self.owners.setdefault(row.vehicle_id, []).append(row)

    def of(self, partner_id: str | None, known: Known) -> int | None:
        """The vehicle of this id; one we never heard of is made, and more may be told of it later."""
        if partner_id is None:
            return None
        if partner_id not in self.known:
            blank: dict[str, Any] = dict.fromkeys(FACTS)
            vehicle = self.work.put(Vehicle, ref=new_ref(), made_at=self.work.now, **blank)
            self.known[partner_id], self.rows[vehicle.id] = vehicle.id, vehicle
            identity.link(self.work, self.partner, "vehicle", partner_id, vehicle.id, known.person)
        return self.known[partner_id]

    def own(self, vehicle_id: int, customer_id: int, since: date, until: date | None) -> None:
        row = self.work.put(
            Ownership, vehicle_id=vehicle_id, customer_id=customer_id, role="owner", since=since, until=until
        )
        self.owners.setdefault(vehicle_id, []).append(row)


def fold_vehicle(vehicles: Vehicles, held: Held, known: Known, record: VehicleRecord, today: date) -> Iterator[int]:
    """Answers the customers whose vehicles changed: the owner, and whoever owned it before."""
    vehicle_id = vehicles.of(record.partner_id, known) or 0
    vehicle = vehicles.rows[vehicle_id]
    changed = False
    for name in FACTS:
        value = getattr(record, name)
        if value is not None and getattr(vehicle, name) != value:
            setattr(vehicle, name, value)
            changed = True
    moved = list(_own(vehicles, known, vehicle_id, record, today))
    named = _name(vehicles.work, held, known, vehicle_id, record)
    yield from moved
    if (changed or named) and known.customer.id not in moved:
        yield known.customer.id


def _own(vehicles: Vehicles, known: Known, vehicle_id: int, record: VehicleRecord, today: date) -> Iterator[int]:
    """Ownership is dated: a new owner ends the one before, a sale ends it without one. What an earlier owner tells late
    changes nothing of who owns it now."""
    rows = vehicles.owners.get(vehicle_id, [])
    row = rows[-1] if rows else None
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
    vehicles.own(vehicle_id, known.customer.id, since, max(record.owned_until, since) if record.owned_until else None)
    yield known.customer.id


def _name(work: Work, held: Held, known: Known, vehicle_id: int, record: VehicleRecord) -> bool:
    """VIN and plate name a person: they lie sealed with the owner, and can be found by keyed hash."""
    changed = False
    for name in ("vin", "plate"):
        value = getattr(record, name)
        if not value or not set_value(work, held, known, name, value, vehicle_id):
            continue
        changed = True
        identity.set_alias(work, held, known.person, name, identity.fold_plate(value), several=True)
    return changed


def lock_owners(work: Work, vehicle_ids: Iterable[int]) -> list[int]:
    """Customers who own one of these vehicles: what is known of it changes what is known of them."""
    work.session.flush()
    found: set[int] = set()
    for batch in batches(sorted(vehicle_ids)):
        owned = (Ownership.vehicle_id.in_(batch), Ownership.role == "owner", Ownership.until.is_(None))
        found |= set(work.session.scalars(select(Ownership.customer_id).where(*owned)))
    identity.lock_customers(work, sorted(found))
    return sorted(found)

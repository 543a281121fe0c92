"""What fleets state becomes bitemporal assignments: what was believed is kept, and no vehicle is in two places at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from hub.core import Hub, Partner
from hub.flow.batches import batches
from hub.flow.bulk import among, write_all
from hub.flow.identity import lock_customers
from hub.flow.statements import Statement
from hub.flow.timeline import MIXED, Stretch, Timeline
from hub.flow.values import value_context
from hub.models import Alias, Assignment, Fleet, Link, Ownership, Person, PersonalValue, Vehicle, new_ref
from hub.own import OWN
from hub.sdk import ReadingRecord
from hub.work import Work
from rules.vin import fold_vin

Verdict = list[Any]  # [line, verdict] or [line, verdict, column, reason, hint]


@dataclass(frozen=True)
class Folded:
    """What became of a stretch of an upload. customers: whose vehicles are believed to be elsewhere than before; fleets: those
    that such vehicles came to or left."""

    verdicts: list[Verdict]
    customers: set[int]
    fleets: set[int]


@dataclass(frozen=True)
class Yard:
    """A fleet in a transaction: its row, the person whose key seals its numbers, and the connection its VINs are linked by."""

    fleet: Fleet
    keeper: Person
    own: Partner
    job_id: int | None = None

    def number(self, work: Work, one: Statement) -> bytes:
        named = (one.number,) if one.number else (one.vin, one.since.isoformat())
        return work.vault.fingerprint("assignment", self.fleet.ref, *named)


def make_fleet(hub: Hub, work: Work, code: str, title: str, principal_id: int) -> Fleet:
    keeper = Person(id=work.ids.next(), ref=new_ref(), jurisdiction=hub.here.jurisdiction, made_at=work.now)
    keeper.data_key_id = work.new_key("fleet").id
    work.add(keeper)
    made = Fleet(
        ref=new_ref(), code=code, title=title, principal_id=principal_id, keeper_id=keeper.id, made_at=work.now
    )
    work.audit("api", "fleet_opened", "fleet", work.add(made).id)
    return made


def yard(hub: Hub, work: Work, fleet: Fleet, job_id: int | None = None) -> Yard:
    return Yard(fleet, work.session.get_one(Person, fleet.keeper_id), hub.partner(OWN), job_id)


def fold_statements(work: Work, yard: Yard, stated: Sequence[Statement]) -> Folded:
    """Fold a stretch of an upload in its order; one verdict per statement. The caller holds the fleet's lock. Customers are
    locked before vehicles, in the order in which a fold of theirs takes them."""
    vehicles = find_vehicles(work, yard.own, {one.vin for one in stated})
    fresh = _make_vehicles(
        work, yard, dict.fromkeys(one.vin for one in stated if not one.withdrawn and one.vin not in vehicles)
    )
    vehicles |= fresh
    numbers = {one.line: yard.number(work, one) for one in stated}
    elsewhere = _vehicles_of(work, yard.fleet, [numbers[one.line] for one in stated if one.number])
    known = {*vehicles.values(), *elsewhere.values()} - set(fresh.values())
    theirs = owners(work, known)
    lock_customers(work, {one for some in theirs.values() for one in some})
    timelines = _believed(work, known)
    timelines |= {vehicle_id: Timeline() for vehicle_id in fresh.values()}
    verdicts = []
    for one in stated:
        number, vehicle_id = numbers[one.line], vehicles.get(one.vin)
        before = elsewhere.get(number)
        moved = before if before != vehicle_id else None
        verdicts.append(_state(yard.fleet.id, number, one, timelines, vehicle_id, moved))
        if one.number and verdicts[-1][1] in {"added", "changed"} and vehicle_id:
            elsewhere[number] = vehicle_id
    moved_fleets = _write(work, yard, timelines)
    good = {verdict[0] for verdict in verdicts if verdict[1] != "rejected"}
    _seal_plates(
        work,
        yard,
        {vehicles[one.vin]: one.plate for one in stated if one.plate and one.line in good and one.vin in vehicles},
    )
    met = [one for one in moved_fleets if one in theirs]
    customers = {one for vehicle_id in met for one in theirs[vehicle_id]}
    return Folded(verdicts, customers, {one for vehicle_id in met for one in moved_fleets[vehicle_id]})


def _state(
    fleet_id: int,
    number: bytes,
    one: Statement,
    believed: dict[int, Timeline],
    vehicle_id: int | None,
    moved: int | None,
) -> Verdict:
    """moved: the vehicle this assignment was believed to be of until now, if it is another one."""
    here = believed.get(vehicle_id or 0, Timeline())
    if one.withdrawn:
        gone = here.withdraw(fleet_id, number) or (moved is not None and believed[moved].withdraw(fleet_id, number))
        return [one.line, "withdrawn" if gone else "unchanged"]
    verdict, reason = here.state(fleet_id, number, one.since, one.until)
    if verdict == "rejected":
        return [one.line, verdict, "since", reason, MIXED]
    if verdict == "added" and moved is not None and believed[moved].withdraw(fleet_id, number):
        verdict = "changed"
    return [one.line, verdict, "vin", one.doubt, ""] if one.doubt else [one.line, verdict]


def find_vehicles(work: Work, own: Partner, vins: Iterable[str]) -> dict[str, int]:
    """VIN -> vehicle, by what fleets told before, and by what customers' VINs say."""
    kind = f"link:{own.id}:vehicle"
    blinds = {blind: vin for vin in vins for blind in work.vault.blinds(work.session, kind, vin)}
    found: dict[str, int] = {}
    for batch in batches(blinds, 2000):
        rows = select(Link.hash, Link.about_id).where(
            Link.connection_id == own.id, Link.about == "vehicle", among(work, Link.hash, batch)
        )
        found |= {blinds[blind]: vehicle_id for blind, vehicle_id in work.session.execute(rows)}
    return found | _of_customers(work, {vin for vin in blinds.values() if vin not in found})


def fold_readings(work: Work, own: Partner, readings: Sequence[ReadingRecord]) -> dict[int, ReadingRecord]:
    """Odometers move on with the latest reading, in whatever order they come; answers of which vehicles, and by what. Of a
    vehicle that nobody told us of, a reading is nothing."""
    latest = {vin: one for one in sorted(readings, key=lambda one: one.at) if (vin := fold_vin(one.vin))}
    vehicles = find_vehicles(work, own, latest) if latest else {}
    moved = {}
    for vin, vehicle_id in sorted(vehicles.items(), key=lambda pair: pair[1]):
        reading, vehicle = latest[vin], work.session.get_one(Vehicle, vehicle_id)
        if vehicle.odometer_at is None or vehicle.odometer_at < reading.at:
            vehicle.odometer_km, vehicle.odometer_at = reading.odometer_km, reading.at
            moved[vehicle_id] = reading
    return moved


def _of_customers(work: Work, vins: set[str]) -> dict[str, int]:
    """An alias names the person; which of their vehicles it is stands in the sealed value."""
    blinds = {blind: vin for vin in vins for blind in work.vault.blinds(work.session, "vin", vin)}
    found: dict[str, int] = {}
    for batch in batches(blinds, 2000):
        owners = set(
            work.session.scalars(select(Alias.person_id).where(Alias.kind == "vin", among(work, Alias.hash, batch)))
        )
        rows = (
            select(PersonalValue, Person.data_key_id)
            .join(Person, Person.id == PersonalValue.person_id)
            .where(PersonalValue.person_id.in_(owners), PersonalValue.field == "vin", Person.data_key_id.is_not(None))
        )
        for value, key_id in work.session.execute(rows) if owners else ():
            context = value_context(value.person_id, "vin", value.about_id)
            vin = work.vault.unseal(work.key(key_id), value.sealed, context).decode().upper()
            if vin in vins:
                found[vin] = value.about_id
    return found


def _make_vehicles(work: Work, yard: Yard, vins: Iterable[str]) -> dict[str, int]:
    made = {vin: work.ids.next() for vin in vins}
    epoch, key = work.vault.epochs(work.session)[0], work.key(yard.keeper.data_key_id)
    work.session.flush()
    write_all(work, Vehicle, [{"id": one, "ref": new_ref(), "made_at": work.now} for one in made.values()])
    write_all(
        work,
        Link,
        [
            {
                "connection_id": yard.own.id,
                "about": "vehicle",
                "about_id": vehicle_id,
                "person_id": yard.keeper.id,
                "hash": work.vault.blind(epoch, f"link:{yard.own.id}:vehicle", vin),
                "epoch": epoch,
                "sealed": work.vault.seal(key, vin.encode(), f"link:vehicle:{yard.keeper.id}"),
            }
            for vin, vehicle_id in made.items()
        ],
    )
    return made


def _vehicles_of(work: Work, fleet: Fleet, numbers: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for batch in batches(numbers, 2000):
        mine = (
            Assignment.fleet_id == fleet.id,
            among(work, Assignment.number_hash, batch),
            Assignment.superseded_at.is_(None),
        )
        rows = work.session.execute(select(Assignment.number_hash, Assignment.vehicle_id).where(*mine))
        found |= {number: vehicle_id for number, vehicle_id in rows}
    return found


def _believed(work: Work, vehicle_ids: Iterable[int]) -> dict[int, Timeline]:
    """The vehicles are locked, in id order: two fleets that claim the same one take turns."""
    columns = (Assignment.vehicle_id, Assignment.fleet_id, Assignment.number_hash, Assignment.since, Assignment.until)
    found: dict[int, list[Stretch]] = {}
    for batch in batches(sorted(vehicle_ids), 2000):
        work.session.execute(
            select(Vehicle.id).where(among(work, Vehicle.id, batch)).order_by(Vehicle.id).with_for_update()
        ).all()
        believed = (among(work, Assignment.vehicle_id, batch), Assignment.superseded_at.is_(None))
        found |= {vehicle_id: [] for vehicle_id in batch}
        for vehicle_id, *row in work.session.execute(
            select(*columns, Assignment.open_ended, Assignment.id).where(*believed)
        ):
            found[vehicle_id].append(_stretch(*row))
    return {vehicle_id: Timeline.of(iter(rows)) for vehicle_id, rows in found.items()}


def _stretch(*row: Any) -> Stretch:
    return Stretch(*row)


def owners(work: Work, vehicle_ids: Collection[int]) -> dict[int, set[int]]:
    """Vehicle -> customers who have it, or had it: what partners were told of it was told of them."""
    found: dict[int, set[int]] = {}
    for batch in batches(vehicle_ids, 2000):
        rows = select(Ownership.vehicle_id, Ownership.customer_id).where(among(work, Ownership.vehicle_id, batch))
        for vehicle_id, customer_id in work.session.execute(rows):
            found.setdefault(vehicle_id, set()).add(customer_id)
    return found


def _write(work: Work, yard: Yard, timelines: dict[int, Timeline]) -> dict[int, set[int]]:
    """Answers for each vehicle that is believed to be elsewhere than before the fleets that it came to or left."""
    gone = [row_id for timeline in timelines.values() for row_id in timeline.superseded()]
    for batch in batches(gone, 2000):
        work.session.execute(update(Assignment).where(among(work, Assignment.id, batch)).values(superseded_at=work.now))
    write_all(
        work,
        Assignment,
        [
            {
                "fleet_id": one.fleet_id,
                "vehicle_id": vehicle_id,
                "number_hash": one.number_hash,
                "since": one.since,
                "until": one.until,
                "open_ended": one.open_ended,
                "recorded_at": work.now,
                "job_id": yard.job_id,
            }
            for vehicle_id, timeline in timelines.items()
            for one in timeline.news()
        ],
    )
    moved = {vehicle_id: timeline.fleets_moved() for vehicle_id, timeline in timelines.items()}
    return {vehicle_id: fleets for vehicle_id, fleets in moved.items() if fleets}


def _seal_plates(work: Work, yard: Yard, plates: dict[int, str]) -> None:
    key, keeper_id = work.key(yard.keeper.data_key_id), yard.keeper.id
    known: dict[int, PersonalValue] = {}
    for batch in batches(plates, 2000):
        mine = (
            PersonalValue.person_id == keeper_id,
            PersonalValue.field == "plate",
            among(work, PersonalValue.about_id, batch),
        )
        known |= {row.about_id: row for row in work.session.scalars(select(PersonalValue).where(*mine))}
    rows = []
    for vehicle_id, plate in plates.items():
        context, row = value_context(keeper_id, "plate", vehicle_id), known.get(vehicle_id)
        if row is None:
            sealed = work.vault.seal(key, plate.encode(), context)
            rows.append({"person_id": keeper_id, "field": "plate", "about_id": vehicle_id, "sealed": sealed})
        elif work.vault.unseal(key, row.sealed, context) != plate.encode():
            row.sealed = work.vault.seal(key, plate.encode(), context)
    work.session.flush()
    write_all(work, PersonalValue, rows)

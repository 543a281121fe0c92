"""Things that a connection tells us of again and again: rows known by their key, the latest telling stands, events follow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from hub.core import Partner
from hub.flow.batches import batches
from hub.flow.cards import Cards
from hub.flow.identity import Identities, Known, lock_customers
from hub.flow.places import Places
from hub.flow.residence import Residences
from hub.flow.vehicles import Vehicles
from hub.models import Base, Event, Visit, table
from hub.sdk import CustomerKey, ServiceRecord
from hub.work import Work
from rules.calendar import local_day

Stamp = tuple[int, datetime]


@dataclass(frozen=True)
class Happened:
    """An event that a row means. It stands as long as the row says so."""

    kind: str
    at: datetime
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """One record on its way into its row. before: whose the row was; None for a new one."""

    record: Any
    known: Known
    key_hash: bytes
    row_id: int
    before: int | None


@dataclass(frozen=True)
class Station:
    """What the folding of one batch stands on. residences: asked what a record declares."""

    work: Work
    partner: Partner
    people: Identities
    places: Places
    vehicles: Vehicles
    cards: Cards
    residences: Residences
    visits: dict[bytes, int] = field(default_factory=dict)

    def hash(self, kind: str, key: str) -> bytes:
        return self.work.vault.fingerprint(kind, self.partner.name, key)

    def visit(self, key: str | None) -> dict[str, Any]:
        """The visit a row belongs to; its id follows when the visit is told later."""
        found = self.hash("visit", key) if key else None
        return {"visit_hash": found, "visit_id": self.visits.get(found) if found else None}

    def vehicle(self, told: Telling) -> int | None:
        return self.vehicles.of(told.record.vehicle_partner_id, told.known)


@dataclass(frozen=True)
class Kind:
    """One kind of row. model: its table, a Told. values: its columns. happened: the events it means, given its values.
    parts: rows that belong to it (model, column that points at it, what they hold). others: who else it is about; a row
    stands only while all of them may be known and nobody stands on both sides of it."""

    name: str
    model: Any
    values: Callable[[Station, Telling], dict[str, Any]]
    happened: Callable[[Any, Mapping[str, Any]], Iterable[Happened]]
    parts: tuple[type[Base], str, Callable[[Station, Telling, Callable[[], int]], list[dict[str, Any]]]] | None = None
    others: Callable[[Any], Sequence[CustomerKey]] = lambda _: ()


@dataclass
class Tally:
    """touched: customers by id with the kinds of events that changed. tellings: what is news, and in force now. gone: records
    about somebody who was erased. clashes: appointments for which there is no place."""

    repeats: int = 0
    clashes: int = 0
    gone: list[Any] = field(default_factory=list)
    touched: dict[int, set[str]] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)

    def touch(self, customer_id: int, change: str) -> None:
        self.touched.setdefault(customer_id, set()).add(change)


def tell(station: Station, kind: Kind, records: Sequence[ServiceRecord]) -> Tally:
    """Fold records of one kind: insert what is new, change what is newer than what we have, leave the rest."""
    tally = Tally()
    tally.tellings = _newest(station, kind, records, tally)
    if not tally.tellings:
        return tally
    rows = [{**_stamped(one), **kind.values(station, one)} for one in tally.tellings]
    fresh = [row for one, row in zip(tally.tellings, rows, strict=True) if one.before is None]
    newer = [row for one, row in zip(tally.tellings, rows, strict=True) if one.before is not None]
    lock_customers(station.work, sorted({one.before for one in tally.tellings if one.before is not None}))
    station.work.session.flush()  # the vehicles that the rows point at
    station.work.insert_all(kind.model, [{**row, "connection_id": station.partner.id} for row in fresh])
    if newer:
        station.work.session.execute(update(kind.model), newer)
    if kind.model is Visit:
        station.visits.update({row["key_hash"]: row["id"] for row in rows})
    _set_parts(station, kind, tally.tellings)
    _set_events(station, kind, list(zip(tally.tellings, rows, strict=True)), tally)
    return tally


def _newest(station: Station, kind: Kind, records: Sequence[ServiceRecord], tally: Tally) -> list[Telling]:
    """Per key the latest telling, if it is later than the one we have."""
    latest: dict[bytes, ServiceRecord] = {}
    for record in records:
        key_hash = station.hash(kind.name, record.key)
        other = latest.get(key_hash)
        if other is None or _stamp(record) > _stamp(other):
            latest[key_hash] = record
    tally.repeats += len(records) - len(latest)
    have = _have(station, kind, latest)
    found = []
    for key_hash, record in latest.items():
        row_id, before, stamp = have.get(key_hash, (0, None, None))
        if stamp is not None and _stamp(record) <= stamp:
            tally.repeats += 1
        elif (known := station.people.of(record.customer)) is None or None in (
            others := _others(station, kind, record)
        ):
            tally.gone.append(record)
        elif known.customer.id in others:
            tally.repeats += 1
            station.work.audit(station.partner.name, f"{kind.name}_of_oneself", "customer", known.customer.id)
        else:
            found.append(Telling(record, known, key_hash, row_id or station.work.ids.next(), before))
    return found


def _others(station: Station, kind: Kind, record: ServiceRecord) -> list[int | None]:
    """Ids; None for somebody who was erased."""
    found = [station.people.of(key) for key in kind.others(record)]
    return [one.customer.id if one else None for one in found]


def _have(station: Station, kind: Kind, hashes: Iterable[bytes]) -> dict[bytes, tuple[int, int, Stamp]]:
    model, found = kind.model, {}
    columns = (model.key_hash, model.id, model.customer_id, model.version, model.told_at)
    for batch in batches(hashes):
        mine = (model.connection_id == station.partner.id, model.key_hash.in_(batch))
        for key_hash, row_id, customer_id, version, at in station.work.session.execute(select(*columns).where(*mine)):
            found[key_hash] = (row_id, customer_id, (version, at))
    return found


def _stamp(record: ServiceRecord) -> Stamp:
    return record.version, record.at


def _stamped(one: Telling) -> dict[str, Any]:
    return {
        "id": one.row_id,
        "key_hash": one.key_hash,
        "version": one.record.version,
        "told_at": one.record.at,
        "customer_id": one.known.customer.id,
    }


def _set_parts(station: Station, kind: Kind, tellings: Sequence[Telling]) -> None:
    """Lines and findings are withdrawn and told anew, never changed."""
    if kind.parts is None:
        return
    model, owner, parts_of = kind.parts
    target = table(model)
    for batch in batches([one.row_id for one in tellings if one.before is not None]):
        standing = (target.c[owner].in_(batch), target.c.withdrawn_at.is_(None))
        station.work.session.execute(update(target).where(*standing).values(withdrawn_at=station.work.now))
    rows: list[dict[str, Any]] = []
    for one in tellings:
        for number, part in enumerate(parts_of(station, one, station.work.ids.next), 1):
            rows.append({**part, owner: one.row_id, "number": number, "withdrawn_at": None})
    station.work.insert_all(model, rows)


def _set_events(station: Station, kind: Kind, told: Sequence[tuple[Telling, Mapping[str, Any]]], tally: Tally) -> None:
    """Events are never changed: those that no longer hold are withdrawn, and what holds now is appended."""
    standing = _standing(station, [one.row_id for one, _ in told if one.before is not None])
    rows, over = [], []
    for one, values in told:
        old = standing.get(one.row_id, {})
        for happened in () if one.record.cancelled else kind.happened(one.record, values):
            row = _event(station, kind, one, values, happened)
            if not old or old.pop(_sign(row), None) is None:
                rows.append(row)
                tally.touch(one.known.customer.id, f"event.{happened.kind}")
        for event in old.values():
            over.append({"id": event.id, "withdrawn_at": station.work.now})
            tally.touch(event.customer_id, f"event.{event.kind}")
        tally.touch(one.known.customer.id, kind.name)
        if one.before is not None:
            tally.touch(one.before, kind.name)
    if over:
        station.work.session.execute(update(Event), over)
    station.work.insert_all(Event, rows)


def _standing(station: Station, row_ids: Sequence[int]) -> dict[int, dict[tuple[Any, ...], Any]]:
    found: dict[int, dict[tuple[Any, ...], Any]] = {}
    for batch in batches(row_ids):
        columns = [Event.id, Event.about_id, *(getattr(Event, name) for name in SIGN)]
        mine = select(*columns).where(Event.about_id.in_(batch), Event.withdrawn_at.is_(None))
        for row in station.work.session.execute(mine):
            found.setdefault(row.about_id, {})[_sign(dict(row._mapping))] = row
    return found


SIGN = ("kind", "customer_id", "vehicle_id", "at_utc", "local_day", "amount_minor", "currency", "attributes")


def _sign(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two events of one row the same."""
    return (*(row[name] for name in SIGN[:-1]), tuple(sorted(row["attributes"].items())))


def _event(
    station: Station, kind: Kind, one: Telling, values: Mapping[str, Any], happened: Happened
) -> dict[str, object]:
    version, at = _stamp(one.record)
    zone = station.places.zone(one.record.branch)
    source = f"{happened.kind}:{kind.name}:{one.record.key}:{version}:{at.isoformat()}"
    return {
        "kind": happened.kind,
        "customer_id": one.known.customer.id,
        "vehicle_id": values.get("vehicle_id"),
        "about_id": one.row_id,
        "at_utc": happened.at.astimezone(UTC),
        "local_day": local_day(happened.at, zone),
        "zone": zone,
        "amount_minor": happened.amount_minor,
        "currency": happened.currency,
        "attributes": {name: value for name, value in happened.attributes.items() if value is not None},
        "received_at": station.work.now,
        "connection_id": station.partner.id,
        "source_hash": station.work.vault.fingerprint("event", station.partner.name, source),
        "withdrawn_at": None,
    }

"""Records into customers: identity, personal values under the person's key, vehicles, events, cards, consents."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import WrongInput
from hub.flow import consents, fleets, identity, replies, service, timers, vehicles
from hub.flow.batches import batches
from hub.flow.cards import Cards
from hub.flow.held import Held
from hub.flow.identity import Identities, Known
from hub.flow.outbox import Intent
from hub.flow.places import Places
from hub.flow.residence import Residences
from hub.flow.told import Station
from hub.flow.values import set_value
from hub.models import Customer, Event
from hub.own import OWN
from hub.sdk import (
    ConsentRecord,
    CustomerKey,
    CustomerRecord,
    ErasedRecord,
    EventRecord,
    LoyaltyRecord,
    PersonRecord,
    ReadingRecord,
    ReceiptRecord,
    Record,
    ReferralRecord,
    ReplyRecord,
    ServiceRecord,
    ShopRecord,
    VehicleRecord,
)
from hub.work import Work
from rules.calendar import local_day

FUTURE_ALLOWED_DAYS = 1
PLAIN = ("branch", "language", "joined_on")
PERSONAL = ("name", "email", "phone", "address")


@dataclass
class Folded:
    """What a batch changed. touched: customers by id, with the kinds of change. intents: what is to be told, in order.
    news, gone: the records that were news, and those about somebody who was erased. repeats: how many told what we had.
    clashes: appointments that found no place. strangers: what was told of nobody we know. said: words for a person."""

    touched: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    intents: list[tuple[int, Intent]] = field(default_factory=list)
    news: list[object] = field(default_factory=list)
    gone: list[object] = field(default_factory=list)
    repeats: int = 0
    clashes: int = 0
    strangers: list[object] = field(default_factory=list)
    said: list[replies.Said] = field(default_factory=list)

    @property
    def new(self) -> int:
        return len(self.news)

    @property
    def erased(self) -> int:
        return len(self.gone)

    def joined(self, other: "Folded") -> "Folded":
        for customer_id, changes in other.touched.items():
            self.touched[customer_id] |= changes
        self.intents += other.intents
        self.news, self.gone = self.news + other.news, self.gone + other.gone
        self.strangers, self.said = self.strangers + other.strangers, self.said + other.said
        self.repeats, self.clashes = self.repeats + other.repeats, self.clashes + other.clashes
        return self


def fold(hub: Hub, work: Work, partner: Partner, records: Sequence[Record]) -> Folded:
    """Fold the records of one delivery, or of several at once, in their order. Raises WrongInput, and Quarantined for declared
    residence elsewhere."""
    folded = Folded()
    residences = Residences(hub, partner.settings.connector)
    for record in records:
        residences.expect(getattr(record, "residence", None))
    places = Places(work, hub.here.zone)
    shop = [record for record in records if isinstance(record, ShopRecord)]
    folded.news += (news := places.fold(shop))
    folded.repeats += len(shop) - len(news)
    readings = [record for record in records if isinstance(record, ReadingRecord)]
    moved = fleets.fold_readings(work, hub.partner(OWN), readings)
    folded.news += moved.values()
    folded.repeats += len(readings) - len(moved)
    for owner in vehicles.lock_owners(work, moved):
        folded.touched[owner].add("vehicles")
    heard = replies.hear(hub, work, partner, records)
    about = [one for one in records if not isinstance(one, ShopRecord | ReadingRecord | ReplyRecord | ReceiptRecord)]
    about += heard.records
    people = Identities(work, partner, hub.here.jurisdiction)
    people.load(_keys(about), _marks(about))
    told = {record.partner_id for record in about if isinstance(record, VehicleRecord)}
    named = {one for record in about if (one := getattr(record, "vehicle_partner_id", None))}
    cars = vehicles.Vehicles(work, partner, named, told)
    members = people.ids_of(record.customer for record in about if isinstance(record, LoyaltyRecord))
    station = Station(work, partner, people, places, cars, Cards(work, partner, members), residences)
    _fold_people(hub, station, [record for record in about if not isinstance(record, ServiceRecord)], folded)
    _fold_service(station, [record for record in about if isinstance(record, ServiceRecord)], folded)
    timers.hear(hub, work, partner, about, cars.known)
    replies.settle(work, heard)
    folded.news += heard.told
    folded.strangers += heard.strangers
    folded.said += heard.said
    for customer_id in people.made:
        folded.touched[customer_id].add("customer")
    for customer_id in folded.touched.keys() - people.made:  # who is new has the first version
        work.session.get_one(Customer, customer_id).version += 1
    return folded


def _keys(records: Sequence[PersonRecord | ServiceRecord]) -> Iterator[CustomerKey]:
    """Whomever they are about."""
    for record in records:
        yield record.customer
        if isinstance(record, ReferralRecord):
            yield record.referred


def _marks(records: Sequence[PersonRecord | ServiceRecord]) -> dict[CustomerKey, list[tuple[str, str]]]:
    """E-mails and phones that came with a key."""
    found: dict[CustomerKey, list[tuple[str, str]]] = defaultdict(list)
    for record in records:
        if isinstance(record, CustomerRecord) and record.email:
            found[record.customer].append(("email", identity.fold_email(record.email)))
        if isinstance(record, CustomerRecord) and record.phone:
            found[record.customer].append(("phone", identity.fold_phone(record.phone, record.residence)))
    return found


def _fold_people(hub: Hub, station: Station, records: Sequence[PersonRecord], folded: Folded) -> None:
    named = [record for record in records if isinstance(record, CustomerRecord | VehicleRecord)]
    station.people.load_held(record.customer for record in named)
    agreed = []
    for record in records:
        known = station.people.of(record.customer)
        if known is None:
            folded.gone.append(record)
        elif isinstance(record, ConsentRecord):
            agreed.append(record)
        elif not isinstance(record, EventRecord):
            if _fold_one(hub, station, known, record, folded):
                folded.news.append(record)
            else:
                folded.repeats += 1
    news = consents.fold(station, agreed)
    consents.take_back(hub, station.work, news)
    for known, one in news:
        folded.touched[known.customer.id].add("consents")
        folded.news.append(one)
        if intent := consents.intent_of(station.work, station.partner, known, one):
            folded.intents.append((known.customer.id, intent))
    folded.repeats += len(agreed) - len(news)
    _fold_events(station, [record for record in records if isinstance(record, EventRecord)], folded)


def _fold_service(station: Station, records: Sequence[ServiceRecord], folded: Folded) -> None:
    for tally in service.fold(station, records):
        folded.news += [one.record for one in tally.tellings]
        folded.gone += tally.gone
        folded.repeats += tally.repeats
        folded.clashes += tally.clashes
        for customer_id, changes in tally.touched.items():
            folded.touched[customer_id] |= changes


def _fold_one(hub: Hub, station: Station, known: Known, record: PersonRecord, folded: Folded) -> bool:
    """Answers whether it was news."""
    work, partner = station.work, station.partner
    customer_id = known.customer.id
    changed: set[str] = set()
    match record:
        case CustomerRecord():
            changed = _fold_person(station, known, record)
        case VehicleRecord():
            today, held = local_day(work.now, hub.here.zone), station.people.held
            for touched in vehicles.fold_vehicle(station.vehicles, held, known, record, today):
                folded.touched[touched].add("vehicles")
                changed = {"vehicles"}
        case LoyaltyRecord():
            changed = _fold_card(station, known, record, folded)
        case ErasedRecord():
            work.audit(partner.name, "erased_at_partner", "customer", customer_id)
            return True
    if changed:
        folded.touched[customer_id] |= changed
    return bool(changed)


def _fold_card(station: Station, known: Known, record: LoyaltyRecord, folded: Folded) -> set[str]:
    turn = station.cards.fold(known.customer.id, record)
    if turn is None:
        return set()
    if turn.tier is not None:
        refs = {"customer_id": known.customer.id, "tier": turn.tier.name, "origin": station.partner.name}
        intent = Intent("tier_changed", known.customer.ref, f"tier:{turn.tier.id}", refs, "tier_changed")
        folded.intents.append((known.customer.id, intent))
    return {"loyalty"}


def _fold_person(station: Station, known: Known, record: CustomerRecord) -> set[str]:
    told = {name: getattr(record, name) for name in (*PLAIN, *PERSONAL)}
    changed = set_fields(
        station.work,
        station.people.held,
        known,
        {name: value for name, value in told.items() if value},
        record.residence,
    )
    law = station.residences.law(record.residence) if record.residence else known.person.jurisdiction
    if known.person.jurisdiction != law:
        known.person.jurisdiction = law
        changed.add("customer.jurisdiction")
    return changed


def set_fields(work: Work, held: Held, known: Known, values: Mapping[str, Any], country: str | None = None) -> set[str]:
    """Set these fields of a customer, an empty one to nothing; answers what changed, in the words of `touched`."""
    changed: set[str] = set()
    for name, value in values.items():
        if name in PLAIN:
            if getattr(known.customer, name) != (value or None):
                setattr(known.customer, name, value or None)
                changed.add(f"customer.{name}")
        elif set_value(work, held, known, name, value or ""):
            _index(work, held, known, name, value or "", country)
            changed.add(name)
    return changed


def _index(work: Work, held: Held, known: Known, name: str, value: str, country: str | None) -> None:
    nobody = f"none:{known.person.ref}"  # a name that finds nobody stands for a value that was cleared
    if name == "email":
        identity.set_alias(work, held, known.person, "email", identity.fold_email(value) or nobody)
    elif name == "phone":
        identity.set_alias(work, held, known.person, "phone", identity.fold_phone(value, country) or nobody)
    elif name == "name":
        for word in identity.name_words(value):
            identity.set_alias(work, held, known.person, "name_word", word, several=True)


def _fold_events(station: Station, records: Sequence[EventRecord], folded: Folded) -> None:
    """Append what is new; the source's key tells repeats, however many years later."""
    if not records:
        return
    work, partner = station.work, station.partner
    keyed = {work.vault.fingerprint("event", partner.name, record.key): record for record in records}
    seen: set[bytes] = set()
    for batch in batches(keyed):
        mine = (Event.connection_id == partner.id, Event.source_hash.in_(batch))
        seen |= set(work.session.scalars(select(Event.source_hash).where(*mine)))
    folded.repeats += len(records) - len(keyed) + len(seen)
    work.session.flush()  # the customers and vehicles that the rows point at
    rows = []
    for source, record in keyed.items():
        known = station.people.of(record.customer)
        if source in seen or known is None:
            continue
        rows.append(_event_row(station, known, record, source))
        folded.touched[known.customer.id].add(f"event.{record.kind}")
        folded.news.append(record)
    work.insert_all(Event, rows)


def _event_row(station: Station, known: Known, record: EventRecord, source: bytes) -> dict[str, object]:
    work = station.work
    if (record.at - work.now).days >= FUTURE_ALLOWED_DAYS:
        raise WrongInput(f"A {record.kind} lies in the future.", "Check the zone and the day of the source.")
    zone = record.zone or station.places.zone(record.branch)
    return {
        "kind": record.kind,
        "customer_id": known.customer.id,
        "vehicle_id": station.vehicles.of(record.vehicle_partner_id, known),
        "about_id": None,
        "at_utc": record.at.astimezone(UTC),
        "local_day": local_day(record.at, zone),
        "zone": zone,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "attributes": dict(record.attributes),
        "received_at": work.now,
        "connection_id": station.partner.id,
        "source_hash": source,
        "withdrawn_at": None,
    }

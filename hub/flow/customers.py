"""Records into customers: identity, personal values under the person's key, vehicles, events, cards, consents."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import Quarantined, WrongInput
from hub.flow import cards, identity, vehicles
from hub.flow.identity import Identities, Known
from hub.flow.outbox import Intent
from hub.flow.values import set_value
from hub.models import Consent, Customer, Event
from hub.sdk import ConsentRecord, CustomerRecord, ErasedRecord, EventRecord, LoyaltyRecord, Record, VehicleRecord
from hub.work import Work
from rules.calendar import local_day

FUTURE_ALLOWED_DAYS = 1


@dataclass
class Folded:
    """What a batch changed. touched: customers by id, with the kinds of change. intents: what is to be told, in order.
    new, repeats: how many records were news, and how many told what we had. erased: about somebody who was erased."""

    touched: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    intents: list[tuple[int, Intent]] = field(default_factory=list)
    new: int = 0
    repeats: int = 0
    erased: int = 0


def fold(hub: Hub, work: Work, partner: Partner, records: Sequence[Record]) -> Folded:
    """Fold one delivery's records, in their order. Raises Quarantined for declared residence elsewhere, WrongInput."""
    folded = Folded()
    for record in records:
        _check_residence(hub, record)
    people = Identities(work, partner, hub.here.jurisdiction)
    people.load(record.customer for record in records)
    for record in records:
        known = people.of(record.customer)
        if known is not None and known.customer.id in people.made:
            folded.touched[known.customer.id].add("customer")
        if known is None:
            folded.erased += 1
        elif not isinstance(record, EventRecord):
            news = _fold_one(hub, work, partner, known, record, folded)
            folded.new, folded.repeats = folded.new + news, folded.repeats + (not news)
    events = [record for record in records if isinstance(record, EventRecord)]
    _fold_events(work, partner, people, events, folded)
    for customer_id in folded.touched:
        work.session.get_one(Customer, customer_id).version += 1
    return folded


def _check_residence(hub: Hub, record: Record) -> None:
    declared = getattr(record, "residence", None)
    if declared and hub.here.residences and declared not in hub.here.residences:
        raise Quarantined(f"A record declares residence in {declared}, which is not in {hub.region_code}.", declared)


def _fold_one(hub: Hub, work: Work, partner: Partner, known: Known, record: Record, folded: Folded) -> bool:
    """Answers whether it was news."""
    customer_id = known.customer.id
    changed: set[str] = set()
    match record:
        case CustomerRecord():
            changed = _fold_person(work, known, record)
        case VehicleRecord():
            for touched in vehicles.fold_vehicle(work, partner, known, record, local_day(work.now, hub.here.zone)):
                folded.touched[touched].add("vehicles")
                changed = {"vehicles"}
        case LoyaltyRecord():
            changed = _fold_card(work, partner, known, record, folded)
        case ConsentRecord():
            return _fold_consent(work, partner, known, record)
        case ErasedRecord():
            work.audit(partner.name, "erased_at_partner", "customer", customer_id)
            return True
    if changed:
        folded.touched[customer_id] |= changed
    return bool(changed)


def _fold_card(work: Work, partner: Partner, known: Known, record: LoyaltyRecord, folded: Folded) -> set[str]:
    turn = cards.fold_loyalty(work, partner, known.customer.id, record)
    if turn is None:
        return set()
    if turn.tier is not None:
        refs = {"customer_id": known.customer.id, "tier": turn.tier.name, "origin": partner.name}
        intent = Intent("tier_changed", known.customer.ref, f"tier:{turn.tier.id}", refs, "tier_changed")
        folded.intents.append((known.customer.id, intent))
    return {"loyalty"}


def _fold_person(work: Work, known: Known, record: CustomerRecord) -> set[str]:
    changed: set[str] = set()
    for name in ("branch", "language", "joined_on"):
        value = getattr(record, name)
        if value is not None and getattr(known.customer, name) != value:
            setattr(known.customer, name, value)
            changed.add(f"customer.{name}")
    if record.residence and known.person.jurisdiction != record.residence:
        known.person.jurisdiction = record.residence
        changed.add("customer.jurisdiction")
    for name in ("name", "email", "phone", "address"):
        value = getattr(record, name)
        if value and set_value(work, known, name, value):
            _index(work, known, name, value, record.residence)
            changed.add(name)
    return changed


def _index(work: Work, known: Known, name: str, value: str, country: str | None) -> None:
    if name == "email":
        identity.set_alias(work, known.person, "email", identity.fold_email(value))
    elif name == "phone":
        identity.set_alias(work, known.person, "phone", identity.fold_phone(value, country))
    elif name == "name":
        for word in identity.name_words(value):
            identity.set_alias(work, known.person, "name_word", word, several=True)


def _fold_consent(work: Work, partner: Partner, known: Known, record: ConsentRecord) -> bool:
    parts = (str(known.person.id), record.purpose, record.channel, record.state, record.at.isoformat())
    source = work.vault.fingerprint("consent", partner.name, *parts)
    exists = select(Consent.id).where(Consent.connection_id == partner.id, Consent.source_hash == source)
    if work.session.scalar(exists) is not None:
        return False
    work.add(
        Consent(
            person_id=known.person.id,
            purpose=record.purpose,
            channel=record.channel,
            state=record.state,
            notice=record.notice,
            at=record.at,
            received_at=work.now,
            connection_id=partner.id,
            source_hash=source,
        )
    )
    work.audit(partner.name, f"consent_{record.state}", "person", known.person.id, purpose=record.purpose)
    return True


def _fold_events(
    work: Work, partner: Partner, people: Identities, records: Sequence[EventRecord], folded: Folded
) -> None:
    """Append what is new; the source's key tells repeats, however many years later."""
    keyed = {work.vault.fingerprint("event", partner.name, record.key): record for record in records}
    known_hashes = select(Event.source_hash).where(
        Event.connection_id == partner.id, Event.source_hash.in_(list(keyed))
    )
    seen = set(work.session.scalars(known_hashes)) if keyed else set()
    folded.repeats += len(records) - len(keyed) + len(seen)
    work.session.flush()  # the customers and vehicles that the rows point at
    rows = []
    for source, record in keyed.items():
        known = people.of(record.customer)
        if source in seen or known is None:
            continue
        rows.append(_event_row(work, partner, known, record, source))
        folded.touched[known.customer.id].add(f"event.{record.kind}")
    folded.new += work.insert_all(Event, rows)


def _event_row(work: Work, partner: Partner, known: Known, record: EventRecord, source: bytes) -> dict[str, object]:
    if (record.at - work.now).days >= FUTURE_ALLOWED_DAYS:
        raise WrongInput(f"A {record.kind} lies in the future.", "Check the zone and the day of the source.")
    vehicle_id = record.vehicle_partner_id and vehicles.find(work, partner, record.vehicle_partner_id)
    return {
        "kind": record.kind,
        "customer_id": known.customer.id,
        "vehicle_id": vehicle_id or None,
        "at_utc": record.at.astimezone(UTC),
        "local_day": local_day(record.at, record.zone),
        "zone": record.zone,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "attributes": dict(record.attributes),
        "received_at": work.now,
        "connection_id": partner.id,
        "source_hash": source,
        "withdrawn_at": None,
    }

"""What is known of customers, as the predicate reads it: a few queries for all of them, none per customer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.batches import among, batches
from hub.models import Consent, Customer, Event, Ownership, Pin, Profile, Score, Vehicle, table
from rules.catalogue import Catalogue
from rules.dependencies import Reads
from rules.sql import Tables
from rules.views import EventSeen, PinSeen, ScoreSeen, VehicleSeen, View

TABLES = Tables(
    profile=table(Profile),
    event=table(Event),
    ownership=table(Ownership),
    vehicle=table(Vehicle),
    score=table(Score),
    customer=table(Customer),
    consent=table(Consent),
    pin=table(Pin),
)
PROFILE = table(Profile)
EVENT = (Event.id, Event.customer_id, Event.kind, Event.at_utc, Event.local_day, Event.amount_minor, Event.currency,
         Event.attributes, Event.vehicle_id, Event.about_id)  # fmt: skip


class Seen(View):
    """One customer. profile: their row by column. columns: where each fact is stored."""

    def __init__(self, ref: str, person_id: int, profile: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        self.customer_ref = ref
        self.person_id = person_id
        self.profile = profile
        self.columns = columns
        self.by_kind: dict[str, list[EventSeen]] = defaultdict(list)
        self.cars: list[VehicleSeen] = []
        self.rated: dict[str, list[ScoreSeen]] = {}
        self.pins: dict[str, PinSeen] = {}
        self.said: dict[tuple[str, str], str] = {}

    def ref(self) -> str:
        return self.customer_ref

    def fact(self, name: str) -> Any:
        return self.profile[self.columns[name]]

    def events(self, kind: str) -> list[EventSeen]:
        return self.by_kind.get(kind, [])

    def vehicles(self) -> list[VehicleSeen]:
        return self.cars

    def scores(self, name: str) -> list[ScoreSeen]:
        return self.rated.get(name, [])

    def pin(self, segment: str) -> PinSeen | None:
        return self.pins.get(segment)

    def consent(self, purpose: str, channel: str) -> Literal["granted", "withdrawn"] | None:
        return cast(Literal["granted", "withdrawn"] | None, self.said.get((purpose, channel)))


def load(
    session: Session, catalogue: Catalogue, customer_ids: Iterable[int], reads: Reads | None = None
) -> dict[int, Seen]:
    """By customer id; whoever has no profile is not there. reads: only this is asked for, None for all that there is."""
    columns = {fact.name: fact.column for fact in catalogue.facts.values() if fact.column}
    found: dict[int, Seen] = {}
    for ids in batches(sorted(customer_ids)):
        rows = select(Customer.ref, Customer.person_id, *PROFILE.c).join(Customer, Customer.id == PROFILE.c.customer_id)
        batch = {
            row["customer_id"]: Seen(row["ref"], row["person_id"], dict(row), columns)
            for row in session.execute(rows.where(among(PROFILE.c.customer_id, ids))).mappings()
        }
        if reads is None or reads.events:
            _events(session, batch, reads.events if reads else None)
        if reads is None or reads.vehicles:
            _cars(session, batch, catalogue)
        if reads is None or reads.scores:
            _scores(session, batch)
        if reads is None or reads.pins:
            _pins(session, batch)
        if reads is None or reads.consents:
            _consents(session, batch)
        found |= batch
    return found


def _events(session: Session, batch: Mapping[int, Seen], kinds: Set[str] | None) -> None:
    wanted = [among(Event.customer_id, batch), Event.withdrawn_at.is_(None)]
    if kinds is not None:
        wanted.append(Event.kind.in_(sorted(kinds)))
    for row in session.execute(select(*EVENT).where(*wanted)):
        seen = EventSeen(
            id=row.id,
            kind=row.kind,
            at=row.at_utc,
            local_day=row.local_day,
            amount_minor=row.amount_minor,
            currency=row.currency,
            attributes=row.attributes,
            vehicle_id=row.vehicle_id,
            about_id=row.about_id,
        )
        batch[row.customer_id].by_kind[row.kind].append(seen)


def _cars(session: Session, batch: Mapping[int, Seen], catalogue: Catalogue) -> None:
    """A fact of a car is a column of the car, or of its ownership."""
    rows = session.execute(
        select(Ownership, Vehicle)
        .join(Vehicle, Vehicle.id == Ownership.vehicle_id)
        .where(among(Ownership.customer_id, batch), Ownership.role == "owner")
        .order_by(Ownership.since, Ownership.id)
    )
    for owned, car in rows:
        facts = {
            name: getattr(car if hasattr(car, column) else owned, column)
            for name, fact in catalogue.vehicle.items()
            for column in [fact.column or name]
        }
        name = " ".join(part for part in (car.make, car.model) if part)
        batch[owned.customer_id].cars.append(VehicleSeen(car.id, owned.since, owned.until, facts, name))


def _scores(session: Session, batch: Mapping[int, Seen]) -> None:
    for row in session.scalars(select(Score).where(among(Score.customer_id, batch))):
        seen = ScoreSeen(row.value, row.low, row.high, row.support, row.as_of, row.id)
        batch[row.customer_id].rated.setdefault(row.name, []).append(seen)


def _pins(session: Session, batch: Mapping[int, Seen]) -> None:
    columns = (Pin.customer_id, Pin.segment, Pin.inside, Pin.last_on)
    for customer_id, segment, inside, last_on in session.execute(
        select(*columns).where(among(Pin.customer_id, batch), Pin.ended_at.is_(None))
    ):
        batch[customer_id].pins[segment] = PinSeen(inside, last_on)


def _consents(session: Session, batch: Mapping[int, Seen]) -> None:
    """The latest row per purpose and channel stands."""
    people: dict[int, list[Seen]] = defaultdict(list)
    for seen in batch.values():
        people[seen.person_id].append(seen)
    rows = select(Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
    for person, purpose, channel, state in session.execute(
        rows.where(among(Consent.person_id, people)).order_by(Consent.at, Consent.id)
    ):
        for seen in people[person]:
            seen.said[purpose, channel] = state

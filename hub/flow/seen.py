"""What is known of customers, as the predicate reads it: a few queries for all of them, none per customer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.batches import batches
from hub.models import Consent, Customer, Event, Ownership, Profile, Score, Vehicle, table
from rules.catalogue import Catalogue
from rules.sql import Tables
from rules.views import EventSeen, ScoreSeen, VehicleSeen, View

TABLES = Tables(
    profile=table(Profile),
    event=table(Event),
    ownership=table(Ownership),
    vehicle=table(Vehicle),
    score=table(Score),
    customer=table(Customer),
    consent=table(Consent),
)
Grouped = Mapping[int, list[Any]]


class Seen(View):
    """One customer. columns: where each fact is stored."""

    def __init__(self, customer: Customer, profile: Profile, columns: Mapping[str, str]) -> None:
        self.customer = customer
        self.profile = profile
        self.columns = columns
        self.all_events: list[EventSeen] = []
        self.cars: list[VehicleSeen] = []
        self.rated: dict[str, list[ScoreSeen]] = {}
        self.said: dict[tuple[str, str], str] = {}

    def ref(self) -> str:
        return self.customer.ref

    def fact(self, name: str) -> Any:
        return getattr(self.profile, self.columns[name])

    def events(self, kind: str) -> list[EventSeen]:
        return [event for event in self.all_events if event.kind == kind]

    def vehicles(self) -> list[VehicleSeen]:
        return self.cars

    def scores(self, name: str) -> list[ScoreSeen]:
        return self.rated.get(name, [])

    def consent(self, purpose: str, channel: str) -> Literal["granted", "withdrawn"] | None:
        return cast(Literal["granted", "withdrawn"] | None, self.said.get((purpose, channel)))


def load(session: Session, catalogue: Catalogue, customer_ids: Iterable[int]) -> dict[int, Seen]:
    """By customer id; whoever has no profile is not there."""
    columns = {fact.name: fact.column for fact in catalogue.facts.values() if fact.column}
    found: dict[int, Seen] = {}
    for ids in batches(sorted(customer_ids)):
        rows = session.execute(
            select(Customer, Profile).join(Profile, Profile.customer_id == Customer.id).where(Customer.id.in_(ids))
        )
        batch = {customer.id: Seen(customer, profile, columns) for customer, profile in rows}
        _events(session, batch)
        _cars(session, batch, catalogue)
        _scores(session, batch)
        _consents(session, batch)
        found |= batch
    return found


def _events(session: Session, batch: Mapping[int, Seen]) -> None:
    rows = session.scalars(select(Event).where(Event.customer_id.in_(batch), Event.withdrawn_at.is_(None)))
    for row in rows:
        seen = EventSeen(
            id=row.id,
            kind=row.kind,
            at=row.at_utc,
            local_day=row.local_day,
            amount_minor=row.amount_minor,
            currency=row.currency,
            attributes=row.attributes,
            vehicle_id=row.vehicle_id,
        )
        batch[row.customer_id].all_events.append(seen)


def _cars(session: Session, batch: Mapping[int, Seen], catalogue: Catalogue) -> None:
    """A fact of a car is a column of the car, or of its ownership."""
    rows = session.execute(
        select(Ownership, Vehicle)
        .join(Vehicle, Vehicle.id == Ownership.vehicle_id)
        .where(Ownership.customer_id.in_(batch), Ownership.role == "owner")
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
    for row in session.scalars(select(Score).where(Score.customer_id.in_(batch))):
        seen = ScoreSeen(row.value, row.low, row.high, row.support, row.as_of, row.id)
        batch[row.customer_id].rated.setdefault(row.name, []).append(seen)


def _consents(session: Session, batch: Mapping[int, Seen]) -> None:
    """The latest row per purpose and channel stands."""
    people: dict[int, list[Seen]] = defaultdict(list)
    for seen in batch.values():
        people[seen.customer.person_id].append(seen)
    rows = select(Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
    for person, purpose, channel, state in session.execute(
        rows.where(Consent.person_id.in_(people)).order_by(Consent.at, Consent.id)
    ):
        for seen in people[person]:
            seen.said[purpose, channel] = state

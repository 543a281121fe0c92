"""What is known of a customer for whoever speaks with them: scores with bands and reasons, what their cars need, what to do next."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.asking import CHANNEL, Asked, Subject
from hub.flow.batches import among
from hub.models import Consent, Customer, Need, Ownership, Person, Recommendation, Score, Vehicle, called, table
from hub.services import Service, Services, read_services

UPLIFT = 0.25  # of the margin is added by a call: an assumption until an experiment of this branch proves another
CALL_COSTS = 0.02  # of a usual margin: five minutes of an advisor
NEED = table(Need).c  # for many rows: past the ORM they cost half
SAFETY = ("important", "critical")
PURPOSE = "service_notice"  # of a call: it is about the customer's own car


@dataclass(frozen=True)
class Reason:
    """A code that the reader's language has a sentence for: fact, the value seen, and whether it speaks for (+) or against (-).

    pull: how far it moves the score, in log-odds; None where the scorer cannot tell."""

    fact: str
    value: float | None
    direction: str
    pull: float | None = None

    @classmethod
    def of(cls, text: str) -> "Reason":
        fact, _, rest = text.partition("=")
        value, _, way = rest.rpartition(":")
        return cls(fact, float(value) if value else None, way[:1], abs(float(way)) if way[1:] else None)

    @property
    def code(self) -> str:
        seen, pull = (f"{one:g}" if one is not None else "" for one in (self.value, self.pull))
        return f"{self.fact}={seen}:{self.direction}{pull}"


@dataclass(frozen=True)
class ScoreSeen:
    """history: (day, value), the earliest first."""

    name: str
    value: float
    low: float
    high: float
    support: int
    as_of: date
    reasons: tuple[Reason, ...]
    model: str
    history: tuple[tuple[date, float], ...]


@dataclass(frozen=True)
class Action:
    """One thing an advisor could propose. value_minor: expected margin of the call. safety: somebody saw a danger.

    denied: the policy that forbids it with its reason, or empty."""

    customer_id: int
    vehicle_id: int
    service: str
    purpose: str
    chance: float
    low: float
    high: float
    value_minor: int
    price_minor: int | None
    currency: str | None
    safety: bool
    reasons: tuple[Reason, ...]
    model: str
    denied: str = ""


class Candidate(NamedTuple):
    """An Action before it is known to be chosen; need_id: the row that tells the rest of it."""

    customer_id: int
    vehicle_id: int
    service: str
    safety: bool
    value_minor: int
    need_id: int


@dataclass(frozen=True)
class Insight:
    """best: the action to propose, or None where none is permitted; runners_up: the others, the best first, with what denies
    them."""

    customer_ref: str
    scores: tuple[ScoreSeen, ...]
    best: Action | None
    runners_up: tuple[Action, ...]


@dataclass(frozen=True)
class Grounds:
    """What actions are judged by, of some customers: who has it read already passes it on.

    subjects: by customer. said: (person, purpose) -> what they said last of calls. fuels: of the cars they own now, as what was
    sold since the scoring is not proposed for. dangers: see dangers_in."""

    subjects: Mapping[int, Subject]
    said: Mapping[tuple[int, str], str]
    fuels: Mapping[int, str | None]
    dangers: Collection[tuple[int, str]]


def of_customer(hub: Hub, customer_ref: str) -> Insight | None:
    """None for a ref that nobody has."""
    with hub.look() as session:
        customer = session.scalar(select(Customer).where(called(customer_ref)))
        if customer is None:
            return None
        services = read_services(hub.settings.config)
        return of(hub, session, customer, _grounds(session, [customer.id], services), services)


def of(hub: Hub, session: Session, customer: Customer, grounds: Grounds, services: Services) -> Insight:
    scores = _scores(session, customer.id)
    found = _judged(hub, grounds, _needs(session, [customer.id]), services).get(customer.id, [])
    best = next((one for one in found if not one.denied), None)
    return Insight(customer.ref, scores, best, tuple(one for one in found if one is not best))


def best(hub: Hub, session: Session, customers: Collection[int], services: Services) -> Iterator[Candidate]:
    """Of each of these customers what would be proposed first and is permitted, in the order of their ids.

    A few statements for all of them, and of a need no more than what ranks it: most are never proposed."""
    grounds = _grounds(session, customers, services)
    asked, service_of = Asked(hub, grounds.subjects, grounds.said), cache(services.of)
    columns = (Need.customer_id, Need.vehicle_id, Need.service, Need.value, Need.margin_minor, Need.id)
    rows = session.execute(
        select(*columns).where(among(Need.customer_id, customers)).order_by(Need.customer_id, Need.id)
    )
    for customer, theirs in groupby(rows, key=itemgetter(0)):
        if asked.denied(customer, PURPOSE):
            continue
        latest = {(car, service): (value, margin, row) for _, car, service, value, margin, row in theirs}
        found = [
            Candidate(customer, car, service, (car, service) in grounds.dangers, _worth(value, margin or 0), row)
            for (car, service), (value, margin, row) in latest.items()
            if _fits(service_of(service), grounds.fuels, car)
        ]
        if found:
            yield min(found, key=_order)


def _judged(hub: Hub, grounds: Grounds, needs: Iterable[Need], services: Services) -> dict[int, list[Action]]:
    found: dict[int, list[Action]] = {}
    asked = Asked(hub, grounds.subjects, grounds.said)
    for row in needs:
        if _fits(services.of(row.service), grounds.fuels, row.vehicle_id):
            danger = (row.vehicle_id, row.service) in grounds.dangers
            found.setdefault(row.customer_id, []).append(_action(row, danger, asked))
    return {one: sorted(several, key=_order) for one, several in found.items()}


def _fits(service: Service, fuels: Mapping[int, str | None], vehicle_id: int) -> bool:
    """Can it be proposed for this car, and is the car still theirs?"""
    return service.offer and vehicle_id in fuels and fuels[vehicle_id] not in service.unless_fuel


def _order(one: Action | Candidate) -> tuple[bool, int, int, str]:
    return (not one.safety, -one.value_minor, one.vehicle_id, one.service)


def _worth(chance: float, margin_minor: int) -> int:
    return round(UPLIFT * chance * margin_minor - CALL_COSTS * margin_minor)


def _action(row: Need, safety: bool, asked: Asked) -> Action:
    return Action(
        row.customer_id, row.vehicle_id, row.service, PURPOSE, row.value, row.low, row.high,
        _worth(row.value, row.margin_minor or 0), row.price_minor, row.currency, safety, tuple(map(Reason.of, row.reasons)),
        row.model, asked.denied(row.customer_id, PURPOSE),
    )  # fmt: skip


def _needs(session: Session, ids: Sequence[int]) -> list[Need]:
    """Of each car and service the row that was written last: while a scoring runs, the one before still stands beside it."""
    rows = session.scalars(select(Need).where(Need.customer_id.in_(ids)).order_by(Need.id))
    return list({(row.vehicle_id, row.service): row for row in rows}.values())


def _grounds(session: Session, customers: Collection[int], services: Services) -> Grounds:
    return Grounds(
        _subjects(session, customers),
        _said(session, customers),
        _fuels(session, customers),
        _dangers(session, customers, services),
    )


def _subjects(session: Session, customers: Collection[int]) -> dict[int, Subject]:
    columns = (Customer.id, Person.id, Person.jurisdiction, Person.restricted_at, Person.erased_at)
    mine = among(Customer.id, customers)
    rows = session.execute(select(*columns).join(Person, Person.id == Customer.person_id).where(mine))
    return {one: Subject(person, law, restricted, erased) for one, person, law, restricted, erased in rows}


def _said(session: Session, customers: Collection[int]) -> dict[tuple[int, str], str]:
    said = select(Consent.person_id, Consent.purpose, Consent.state)
    theirs = said.join(Customer, Customer.person_id == Consent.person_id).where(among(Customer.id, customers))
    rows = session.execute(theirs.where(Consent.channel == CHANNEL).order_by(Consent.at, Consent.id))
    return {(person, purpose): state for person, purpose, state in rows}


def _fuels(session: Session, customers: Collection[int]) -> dict[int, str | None]:
    rows = select(Vehicle.id, Vehicle.fuel).join(Ownership, Ownership.vehicle_id == Vehicle.id)
    mine = (among(Ownership.customer_id, customers), Ownership.role == "owner", Ownership.until.is_(None))
    return {vehicle: fuel for vehicle, fuel in session.execute(rows.where(*mine))}


def _dangers(session: Session, customers: Collection[int], services: Services) -> set[tuple[int, str]]:
    columns = (Recommendation.vehicle_id, Recommendation.code, Recommendation.state, Recommendation.safety)
    mine = (
        among(Recommendation.customer_id, customers),
        Recommendation.state != "withdrawn",
        Recommendation.vehicle_id.is_not(None),
    )
    rows = session.execute(select(*columns).where(*mine).order_by(Recommendation.made_at, Recommendation.id))
    return dangers_in(((car, code, state, safety) for car, code, state, safety in rows), services)


def dangers_in(rows: Iterable[tuple[int | None, str, str, str]], services: Services) -> set[tuple[int, str]]:
    """(car, service) whose latest advice is a safety finding that was not mended. rows: car, code, state, safety of each
    advice that was not withdrawn, the earliest first."""
    latest = {
        (car, services.by_code.get(code.lower(), code.lower())): (state, safety)
        for car, code, state, safety in rows
        if car is not None
    }
    return {key for key, (state, safety) in latest.items() if state in {"open", "declined"} and safety in SAFETY}


def _scores(session: Session, customer_id: int) -> tuple[ScoreSeen, ...]:
    rows: dict[str, list[Score]] = {}
    mine = select(Score).where(Score.customer_id == customer_id).order_by(Score.as_of, Score.id)
    for row in session.scalars(mine):
        rows.setdefault(row.name, []).append(row)
    return tuple(
        ScoreSeen(
            name, last.value, last.low, last.high, last.support, last.as_of, tuple(map(Reason.of, last.reasons)), last.model,
            tuple({one.as_of: one.value for one in several}.items()),
        )
        for name, several in sorted(rows.items())
        for last in several[-1:]
    )  # fmt: skip


def latest(session: Session, customer_ids: Sequence[int], name: str) -> dict[int, tuple[Reason, ...]]:
    """Of each customer the reasons of their last score of this name. Ids are in the order of time."""
    mine = (Score.name == name, Score.customer_id.in_(customer_ids))
    last = select(func.max(Score.id)).where(*mine).group_by(Score.customer_id)
    rows = session.execute(select(Score.customer_id, Score.reasons).where(Score.id.in_(last)))
    return {customer_id: tuple(map(Reason.of, reasons)) for customer_id, reasons in rows}

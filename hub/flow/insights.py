"""What is known of a customer for whoever speaks with them: scores with bands and reasons, what their cars need, what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.batches import batches
from hub.models import Consent, Customer, Need, Ownership, Person, Recommendation, Score, Vehicle
from hub.sdk import Decision, Question
from hub.services import Services, read_services

UPLIFT = 0.25  # of the margin is added by a call: an assumption until an experiment of this branch proves another
CALL_COSTS = 0.02  # of a usual margin: five minutes of an advisor
SAFETY = ("important", "critical")
CHANNEL = "phone"


@dataclass(frozen=True)
class Reason:
    """A code that the reader's language has a sentence for: fact, the value seen, and whether it speaks for (+) or against (-)."""

    fact: str
    value: float | None
    direction: str

    @classmethod
    def of(cls, text: str) -> "Reason":
        fact, _, rest = text.partition("=")
        value, _, direction = rest.rpartition(":")
        return cls(fact, float(value) if value else None, direction)


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


@dataclass(frozen=True)
class Insight:
    """best: the action to propose, or None where none is permitted; runners_up: the others, the best first, with what denies
    them."""

    customer_ref: str
    scores: tuple[ScoreSeen, ...]
    best: Action | None
    runners_up: tuple[Action, ...]


def of_customer(hub: Hub, customer_ref: str) -> Insight | None:
    """None for a ref that nobody has."""
    with hub.look() as session:
        customer = session.scalar(select(Customer).where(Customer.ref == customer_ref))
        return of(hub, session, customer) if customer else None


def of(hub: Hub, session: Session, customer: Customer) -> Insight:
    scores = _scores(session, customer.id)
    found = actions(hub, session, [customer.id], read_services(hub.settings.config)).get(customer.id, [])
    best = next((one for one in found if not one.denied), None)
    return Insight(customer.ref, scores, best, tuple(one for one in found if one is not best))


def actions(hub: Hub, session: Session, customer_ids: Sequence[int], services: Services) -> dict[int, list[Action]]:
    """What could be proposed to each, safety first and then by expected margin; the policy is asked about every one."""
    found: dict[int, list[Action]] = {}
    for ids in batches(customer_ids):
        dangers = _dangers(session, ids, services)
        fuels = _fuels(session, ids)
        asked = _Asked(hub, session, ids)
        for row in _needs(session, ids):
            service = services.of(row.service)
            if service.offer and fuels.get(row.vehicle_id) not in service.unless_fuel and row.vehicle_id in fuels:
                found.setdefault(row.customer_id, []).append(
                    _action(row, (row.vehicle_id, row.service) in dangers, asked)
                )
    return {one: sorted(several, key=_order) for one, several in found.items()}


def _order(one: Action) -> tuple[bool, int, int, str]:
    return (not one.safety, -one.value_minor, one.vehicle_id, one.service)


def _action(row: Need, safety: bool, asked: "_Asked") -> Action:
    margin = row.margin_minor or 0
    value = round(UPLIFT * row.value * margin - CALL_COSTS * margin)
    purpose = "service_notice"  # it is about the customer's own car
    return Action(
        row.customer_id, row.vehicle_id, row.service, purpose, row.value, row.low, row.high, value, row.price_minor,
        row.currency, safety, tuple(map(Reason.of, row.reasons)), row.model, asked.denied(row.customer_id, purpose),
    )  # fmt: skip


def _needs(session: Session, ids: Sequence[int]) -> list[Need]:
    """Of each car and service the row that was written last: while a scoring runs, the one before still stands beside it."""
    rows = session.scalars(select(Need).where(Need.customer_id.in_(ids)).order_by(Need.id))
    return list({(row.vehicle_id, row.service): row for row in rows}.values())


def _fuels(session: Session, ids: Sequence[int]) -> dict[int, str | None]:
    """Cars they own now: what was sold since the scoring is not proposed for."""
    rows = select(Vehicle.id, Vehicle.fuel).join(Ownership, Ownership.vehicle_id == Vehicle.id)
    mine = (Ownership.customer_id.in_(ids), Ownership.role == "owner", Ownership.until.is_(None))
    return {vehicle: fuel for vehicle, fuel in session.execute(rows.where(*mine))}


def _dangers(session: Session, ids: Sequence[int], services: Services) -> set[tuple[int, str]]:
    """(car, service) whose latest advice is a safety finding that was not mended."""
    columns = (Recommendation.vehicle_id, Recommendation.code, Recommendation.state, Recommendation.safety)
    mine = (
        Recommendation.customer_id.in_(ids),
        Recommendation.state != "withdrawn",
        Recommendation.vehicle_id.is_not(None),
    )
    rows = session.execute(select(*columns).where(*mine).order_by(Recommendation.made_at, Recommendation.id))
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


class _Asked:
    """The policy's answers for an advisor's call; equal questions are asked once, as facts name nobody."""

    def __init__(self, hub: Hub, session: Session, ids: Sequence[int]) -> None:
        self.hub = hub
        columns = (Customer.id, Person.id, Person.jurisdiction, Person.restricted_at, Person.erased_at)
        people = session.execute(
            select(*columns).join(Person, Person.id == Customer.person_id).where(Customer.id.in_(ids))
        )
        self.people = {row[0]: row for row in people}
        said = select(Consent.person_id, Consent.purpose, Consent.state).where(
            Consent.person_id.in_([row[1] for row in self.people.values()]), Consent.channel == CHANNEL
        )
        rows = session.execute(said.order_by(Consent.at, Consent.id))
        self.said = {(person, purpose): state for person, purpose, state in rows}
        self.answers: dict[Any, Decision] = {}

    def denied(self, customer_id: int, purpose: str) -> str:
        _, person, jurisdiction, restricted, erased = self.people[customer_id]
        facts: Mapping[str, Any] = {
            "purpose": purpose,
            "channel": CHANNEL,
            "topic": "call",
            "connector": "desk",
            "from_region": self.hub.region_code,
            "from_jurisdiction": jurisdiction,
            "to_jurisdiction": self.hub.here.jurisdiction,
            "standing": "erased" if erased else "restricted" if restricted else "live",
            "consent": self.said.get((person, purpose), "never_asked"),
            "fields": (),
        }
        key = tuple(facts.items())
        if key not in self.answers:
            self.answers[key] = self.hub.permits(Question(facts, self.hub.clock()))
        answer = self.answers[key]
        return f"{answer.policy}: {answer.reason}" if answer.verdict == "deny" else ""

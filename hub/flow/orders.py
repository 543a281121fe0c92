"""What steps want done: messages and webhooks into the outbox, tasks for people, events into the history; and taking back
what has not gone yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from hub.core import Hub
from hub.flow import effects, endpoints
from hub.flow.batches import batches
from hub.flow.outbox import Intent
from hub.models import Appointment, Customer, Event, Message, Principal, Recommendation, Task, new_ref
from hub.models.traffic import waiting_among
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day
from rules.journeys import documents
from rules.journeys.documents import JourneyRule
from rules.journeys.engine import Effect

CAUSE = "journey_message"


@dataclass(frozen=True)
class Order:
    """An effect and the enrollment (by column) whose step wants it."""

    rule: JourneyRule
    enrollment: Mapping[str, Any]
    effect: Effect

    @property
    def key(self) -> str:
        """The same at every attempt: a replay cannot add a second effect."""
        return f"j{self.enrollment['id']}:{self.effect.node}:{self.effect.visit}"

    @property
    def refs(self) -> dict[str, Any]:
        """Refs and names only; `channel` and `purpose` choose who is told."""
        one = self.enrollment
        return {
            "customer_id": one["customer_id"],
            "enrollment_id": one["id"],
            "journey": one["journey"],
            "version_id": one["version_id"],
            "subject_id": one["subject_id"],
            "node": self.effect.node,
        }


def put(hub: Hub, work: Work, orders: Sequence[Order]) -> set[int]:
    """Write what is wanted; answers the customers into whose history something was written."""
    if not orders:
        return set()
    refs = _refs(work, {order.enrollment["customer_id"] for order in orders})
    cars = _cars(work, orders)
    intents, tasks, events = [], [], []
    for order in orders:
        match order.effect.action:
            case documents.Message(channel, template, purpose):
                more = {**order.refs, "channel": channel, "purpose": purpose, **rank(order.rule)}
                if (car := cars.get((order.rule.key, order.enrollment["subject_id"]))) is not None:
                    more["vehicle_id"] = car
                customer_id = order.enrollment["customer_id"]
                intents.append((customer_id, Intent(CAUSE, refs[customer_id], order.key, more, template)))
            case documents.Task() as task:
                tasks.append(_task(work, order, task))
            case documents.Webhook() as webhook:
                _tell(hub, work, order, webhook, refs)
            case documents.Telling(cause, words):
                customer_id = order.enrollment["customer_id"]
                told = {**order.refs, "words": dict(words)}
                intents.append((customer_id, Intent(cause, refs[customer_id], order.key, told)))
            case documents.Update(kind):
                events.append(_event(hub, work, order, kind.name))
    effects.announce(hub, work, intents)
    work.insert_all(Task, tasks)
    work.insert_all(Event, events)
    work.session.flush()
    return {event["customer_id"] for event in events}


def reachable(hub: Hub, message: documents.Message) -> bool:
    """Is there a connection that listens to journeys, and speaks to people by this channel for this purpose?"""
    wanted = (message.channel, message.purpose)
    return any((one.channel, one.purpose) == wanted for all_ in hub.partners.values() for one in all_.topics_for(CAUSE))


def cancel(hub: Hub, work: Work, enrollments: Sequence[Mapping[str, Any]], reason: str) -> int:
    """Messages of these enrollments that have not gone are taken back, in the very transaction that ends them."""
    if not enrollments:
        return 0
    ids = {one["id"] for one in enrollments}
    refs = _refs(work, {one["customer_id"] for one in enrollments})
    partners = [partner.id for partner in hub.partners.values()]
    count = 0
    for batch in batches(sorted(refs.values())):
        found = work.session.execute(select(Message.id, Message.refs).where(waiting_among(batch, partners)))
        mine = [message_id for message_id, about in found if about.get("enrollment_id") in ids]
        gone = {"state": "cancelled", "why": "ended", "reason": reason[:400], "settled_at": work.now}
        work.session.execute(update(Message).where(Message.id.in_(mine), Message.state == "waiting").values(**gone))
        count += len(mine)
    for batch in batches(sorted(ids)):
        still = (Task.enrollment_id.in_(batch), Task.state == "open")
        work.session.execute(update(Task).where(*still).values(state="dropped", done_at=work.now))
    return count


def _refs(work: Work, customer_ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for batch in batches(sorted(customer_ids)):
        rows = work.session.execute(select(Customer.id, Customer.ref).where(Customer.id.in_(batch)))
        found |= {customer_id: ref for customer_id, ref in rows}
    return found


def rank(rule: JourneyRule) -> dict[str, Any]:
    """What decides between journeys that want to speak to the same person: see hub.flow.rivals."""
    found: dict[str, Any] = {"exempt": rule.exempt} if rule.exempt else {}
    return {**found, "worth": asdict(rule.worth)} if rule.worth is not None else found


def _cars(work: Work, orders: Sequence[Order]) -> dict[tuple[str, int], int]:
    """(key of the journey, subject) -> the car it is about."""
    asked: dict[str, set[int]] = defaultdict(set)
    for order in orders:
        if isinstance(order.effect.action, documents.Message):
            asked[order.rule.key].add(order.enrollment["subject_id"])
    found: dict[tuple[str, int], int] = {("vehicle", one): one for one in asked["vehicle"]}
    for key, model in (("recommendation", Recommendation), ("appointment", Appointment)):
        for batch in batches(sorted(asked[key])):
            rows = select(model.id, model.vehicle_id).where(model.id.in_(batch))
            found |= {(key, one): car for one, car in work.session.execute(rows) if car is not None}
    return found


def _task(work: Work, order: Order, task: documents.Task) -> dict[str, Any]:
    one = order.enrollment
    return {
        "ref": new_ref(),
        "enrollment_id": one["id"],
        "journey": one["journey"],
        "node": order.effect.node,
        "visit": order.effect.visit,
        "customer_id": one["customer_id"],
        "role": task.role,
        "title": task.title,
        "state": "open",
        "outcome": "",
        "made_at": work.now,
        "due_at": order.effect.due,
    }


def _tell(hub: Hub, work: Work, order: Order, webhook: documents.Webhook, refs: Mapping[int, str]) -> None:
    """To the endpoints of a principal, by its name; nobody is told where there is none."""
    principal = work.session.scalar(
        select(Principal.id).where(Principal.title == webhook.to, Principal.ended_at.is_(None))
    )
    if principal is not None:
        one = order.enrollment
        words = {"journey": one["journey"], "step": order.effect.node, "customer": refs[one["customer_id"]]}
        endpoints.tell(hub, work, principal, webhook.event, words, order.key)


def _event(hub: Hub, work: Work, order: Order, kind: str) -> dict[str, Any]:
    zone, one = order.rule.zone, order.enrollment
    return {
        "kind": kind, "customer_id": one["customer_id"], "about_id": one["id"], "at_utc": work.now,
        "vehicle_id": one["subject_id"] if order.rule.key == "vehicle" else None, "local_day": local_day(work.now, zone),
        "zone": zone, "attributes": {}, "received_at": work.now, "connection_id": hub.partners[OWN].id,
        "source_hash": work.vault.fingerprint("event", OWN, order.key),
    }  # fmt: skip

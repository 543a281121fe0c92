"""What a customer says to an estimate, line by line: bound to the version they saw, kept in the chain, told to the garage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import pipeline
from hub.flow.outbox import Intent
from hub.flow.values import open_text
from hub.models import Branch, Customer, Estimate, EstimateLine, Event, Person, Recommendation, called
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day

ANSWERS = ("approved", "declined")
ADVICE = {"approved": "sold", "declined": "declined"}  # what a line's answer makes of the advice behind it
ANSWERED = "estimate_answered"  # what the garage's own system is told


class Changed(WrongInput):
    code = "estimate_changed"
    status = 409


class Answered(WrongInput):
    code = "estimate_answered"
    status = 409


@dataclass(frozen=True)
class Said:
    """seen: the content hash of the version that was on the page, in hex. lines: number -> approved or declined."""

    customer_ref: str
    estimate_ref: str
    seen: str
    lines: Mapping[int, str]


def answer(hub: Hub, work: Work, by: str, said: Said) -> None:
    """Keep it, once; the same answer again changes nothing. by: under which name it is audited.

    Raises NotFound; Changed when another version stands by now; Answered when it was answered otherwise before; WrongInput
    for a line without an answer, or an estimate that is over."""
    customer, person = _customer(work, said.customer_ref)
    row = _own(work, customer, said.estimate_ref)
    lines = standing(work.session, row.id)
    if said.seen != row.content_hash.hex():
        raise Changed("The garage has changed this estimate.", "Below is the new one; your answers were not sent.")
    if row.state == "answered":
        if {line.number: line.answer for line in lines} == said.lines:
            return
        raise Answered(
            "This estimate has been answered already.", "Below is what was said. To change it, please call the garage."
        )
    zone = _zone(hub, work, row)
    today = local_day(work.now, zone)
    if row.valid_until is not None and row.valid_until < today:
        raise WrongInput("This estimate is over.", "Please ask the garage for a new one.")
    if {line.number for line in lines} != set(said.lines) or not set(said.lines.values()) <= set(ANSWERS):
        raise WrongInput("One line has no answer yet.", "Say to each line whether we shall do it.")
    row.state, row.answered_at, row.answered_hash = "answered", work.now, row.content_hash
    changes = {"recommendation"}
    times: dict[tuple[str, str | None], int] = {}
    for line in lines:
        line.answer = said.lines[line.number]
        time = times[line.code, line.part] = times.get((line.code, line.part), 0) + 1
        changes |= _advise(hub, work, customer, person, row, line, time, zone)
    work.session.flush()
    customer.version += 1
    told = {one: [line.number for line in lines if line.answer == one] for one in ANSWERS}
    work.audit(by, ANSWERED, "estimate", row.id, customer=customer.ref, version=row.version, seen=said.seen, **told)
    pipeline.follow(hub, work, {customer.id: changes}, [_intent(customer, row, lines)])


def standing(session: Session, *estimate_ids: int) -> Sequence[EstimateLine]:
    """The lines of the versions that stand, of each estimate in the garage's order."""
    mine = (EstimateLine.estimate_id.in_(estimate_ids), EstimateLine.withdrawn_at.is_(None))
    return session.scalars(select(EstimateLine).where(*mine).order_by(EstimateLine.number)).all()


def _customer(work: Work, ref: str) -> tuple[Customer, Person]:
    """Their row is locked, so that two clicks, or a click and a new version, come one after the other."""
    wanted = select(Customer).where(called(ref)).with_for_update()
    customer = work.session.scalars(wanted).first()
    person = work.session.get(Person, customer.person_id) if customer else None
    if customer is None or person is None or person.data_key_id is None:
        raise NotFound("There is no such customer.")
    return customer, person


def _own(work: Work, customer: Customer, ref: str) -> Estimate:
    """Somebody else's and one that is nowhere are the same."""
    mine = (Estimate.ref == ref, Estimate.customer_id == customer.id, Estimate.state != "withdrawn")
    row = work.session.scalars(select(Estimate).where(*mine)).first()
    if row is None:
        raise NotFound("There is no such estimate among yours.", "Those that wait stand under Estimates.")
    return row


def _zone(hub: Hub, work: Work, row: Estimate) -> str:
    return work.session.scalar(select(Branch.zone).where(Branch.code == row.branch)) or hub.here.zone


# --- the advice behind a line


def _advise(
    hub: Hub, work: Work, customer: Customer, person: Person, row: Estimate, line: EstimateLine, time: int, zone: str
) -> set[str]:
    """A line is work that was advised: what is said to it settles the garage's own advice, or one of its own, so that rules
    and journeys see it as they see what was declined at an inspection. Answers the changes.

    time: the how-manieth line of the same work it is."""
    advice, made = _behind(work, row, line), set[str]()
    if advice is None:
        advice, made = _of_our_own(hub, work, customer, person, row, line, time, zone)
    verdict = ADVICE[line.answer or ""]
    advice.state, advice.decided_at, advice.told_at = verdict, work.now, work.now
    advice.declined_on = local_day(work.now, zone) if verdict == "declined" else None
    advice.amount_minor, advice.currency = line.price_minor, row.currency
    work.session.flush()
    decided = tuple(f"recommendation_{one}" for one in ADVICE.values())
    work.session.execute(
        update(Event)
        .where(Event.about_id == advice.id, Event.kind.in_(decided), Event.withdrawn_at.is_(None))
        .values(withdrawn_at=work.now)
    )
    kind = f"recommendation_{verdict}"
    work.add(_event(hub, work, advice, kind, work.now, zone))
    return {*made, *(f"event.{one}" for one in decided)}


def _behind(work: Work, row: Estimate, line: EstimateLine) -> Recommendation | None:
    """The garage's own advice that the line names."""
    if line.advice_hash is None:
        return None
    mine = (Recommendation.connection_id == row.connection_id, Recommendation.key_hash == line.advice_hash)
    wanted = select(Recommendation).where(*mine, Recommendation.customer_id == row.customer_id)
    return work.session.scalars(wanted.where(Recommendation.state != "withdrawn")).first()


def _of_our_own(
    hub: Hub, work: Work, customer: Customer, person: Person, row: Estimate, line: EstimateLine, time: int, zone: str
) -> tuple[Recommendation, set[str]]:
    """The advice that an answer to this work has made before, or a new one."""
    own = hub.partner(OWN).id
    key_hash = work.vault.fingerprint("recommendation", OWN, f"{row.ref}/{line.code}/{line.part or ''}/{time}")
    known = (Recommendation.connection_id == own, Recommendation.key_hash == key_hash)
    found = work.session.scalars(select(Recommendation).where(*known)).first()
    if found is not None:
        return found, set()
    made = work.add(
        Recommendation(
            connection_id=own, key_hash=key_hash, version=0, told_at=work.now, customer_id=customer.id, visit_id=row.visit_id,
            vehicle_id=row.vehicle_id, branch=row.branch, code=line.code, part=line.part, safety=line.safety,
            amount_minor=line.price_minor, currency=row.currency, state="open", made_at=row.made_at,
        )
    )  # fmt: skip
    texts = (
        open_text(work, person.data_key_id, f"estimate_lines.{name}", line.id, sealed)
        for name, sealed in (("title", line.title), ("note", line.note))
    )
    if note := ": ".join(filter(None, texts)):
        made.note = work.vault.seal(work.key(person.data_key_id), note.encode(), f"recommendations.note:{made.id}")
    work.session.flush()
    work.add(_event(hub, work, made, "recommendation_made", row.made_at, zone))
    return made, {"event.recommendation_made"}


def _event(hub: Hub, work: Work, advice: Recommendation, kind: str, at: Any, zone: str) -> Event:
    attributes = {"service": advice.code, "part": advice.part, "safety": advice.safety}
    source = f"{kind}:portal:{advice.id}:{work.now.isoformat()}"
    return Event(
        kind=kind, customer_id=advice.customer_id, vehicle_id=advice.vehicle_id, about_id=advice.id,
        at_utc=at.astimezone(UTC), local_day=local_day(at, zone), zone=zone,
        amount_minor=advice.amount_minor, currency=advice.currency,
        attributes={name: value for name, value in attributes.items() if value is not None}, received_at=work.now,
        connection_id=hub.partner(OWN).id, source_hash=work.vault.fingerprint("event", OWN, source),
    )  # fmt: skip


def _intent(customer: Customer, row: Estimate, lines: Sequence[EstimateLine]) -> tuple[int, Intent]:
    """lines: number -> answer. What the garage calls the estimate is filled in when the message goes."""
    refs = {
        "customer_id": customer.id, "estimate_id": row.id, "version": row.version, "seen": row.content_hash.hex(),
        "lines": {str(line.number): line.answer for line in lines},
    }  # fmt: skip
    return customer.id, Intent(ANSWERED, customer.ref, f"estimate:{row.id}:{row.content_hash.hex()}", refs)

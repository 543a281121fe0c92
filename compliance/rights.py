"""What each request of a person does once it is heeded: one function per kind, all inside the caller's transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from compliance.periods import deadline_of
from hub.core import Hub
from hub.errors import Denied, WrongInput
from hub.flow import alongside, effects, journeys, pins, segments, writing
from hub.flow.identity import lock_customers
from hub.flow.outbox import Intent
from hub.gate import erase_rows
from hub.models import Base, Consent, Customer, LegalHold, Need, Outreach, Person, PersonRequest, Score, called
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord
from hub.work import Work

CORRECTABLE = ("name", "email", "phone", "address", "language")
CHANNELS = ("mail", "sms", "push", "phone")
MARKETING, PROFILING = "marketing", "profiling"
SEGMENT = "segment:"


@dataclass(frozen=True)
class Subject:
    """Whose request it is, under the lock of their row."""

    customer: Customer
    person: Person


def check(hub: Hub, kind: str, scope: str, wish: Mapping[str, Any]) -> None:
    """Is it clear what is asked? Raises WrongInput."""
    if kind == "rectification":
        unknown = sorted(set(wish) - set(CORRECTABLE))
        if not wish or unknown:
            what = f"“{unknown[0]}” cannot be corrected here." if unknown else "It is not said what is wrong."
            raise WrongInput(what, f"Give the right value of: {', '.join(CORRECTABLE)}.")
    elif kind == "objection":
        if scope not in (MARKETING, PROFILING):
            raise WrongInput("It is not said what the person objects to.", f"One of: {MARKETING}, {PROFILING}.")
    elif kind == "review" and scope.startswith(SEGMENT):
        if scope.removeprefix(SEGMENT) not in hub.book.current().segments:
            raise WrongInput(f"There is no segment “{scope.removeprefix(SEGMENT)}”.", "See: hub segments list")
    elif kind == "review":
        if not scope:
            raise WrongInput("It is not said which decision is to be reviewed.", f"Write {SEGMENT}NAME, or its name.")
    elif scope:
        raise WrongInput(f"A request of the kind {kind} has no scope.", "Leave it out.")


def object_to(hub: Hub, work: Work, who: Subject, scope: str) -> str:
    """Stops at once: in rules, in the queue (which asks again before it sends) and at partners who hear of it."""
    if scope == MARKETING:
        return _stop_marketing(hub, work, who)
    who.person.unprofiled_at = who.person.unprofiled_at or work.now
    held = [name for model, name in PREDICTED if not _forget(work, model, name, who)]
    work.session.flush()
    moves = segments.reassess(hub, work, [who.customer.id], "objection")
    alongside.follow(hub, work, moves)
    journeys.advance(hub, work, [who.customer.id], moves)
    return "stopped, held: " + ", ".join(held) if held else "stopped"


PREDICTED: tuple[tuple[type[Base], str], ...] = ((Score, "scores"), (Need, "needs"), (Outreach, "outreach"))


def _forget(work: Work, model: Any, name: str, who: Subject) -> bool:
    """False: a hold protects these rows; nothing new is made of them all the same."""
    mine = model.customer_id == who.customer.id
    try:
        erase_rows(work.session, model, mine, record_set=name, persons=[who.person.id], now=work.now)
    except Denied:
        return False
    return True


def _stop_marketing(hub: Hub, work: Work, who: Subject) -> str:
    known = select(Consent.channel).where(Consent.person_id == who.person.id, Consent.purpose == MARKETING)
    channels = {*CHANNELS, *work.session.scalars(known.distinct())}
    key = CustomerKey(partner_id=who.customer.ref, ref=who.customer.ref)
    writing.write(hub, work, [
        ConsentRecord(customer=key, purpose=MARKETING, channel=channel, state="withdrawn", notice="objection", at=work.now,
                      how="objection")
        for channel in sorted(channels)
    ])  # fmt: skip
    return "stopped"


def restrict(hub: Hub, work: Work, who: Subject) -> str:
    """Kept and not used: journeys are left at once, and every station asks the mark before it acts."""
    who.person.restricted_at = who.person.restricted_at or work.now
    work.session.flush()
    journeys.advance(hub, work, [who.customer.id])
    return "restricted"


def is_bound(work: Work, person_id: int, kind: str, scope: str = "") -> bool:
    """Does an answered restriction or objection still stand?"""
    mine = (PersonRequest.person_id == person_id, PersonRequest.kind == kind, PersonRequest.scope == scope)
    standing = (PersonRequest.state == "answered", PersonRequest.ended_at.is_(None))
    return work.session.scalar(select(PersonRequest.id).where(*mine, *standing).limit(1)) is not None


def _correct(hub: Hub, work: Work, who: Subject, request: PersonRequest, said: Mapping[str, Any]) -> str:
    """The new values go the way of all records, so that partners who are kept in step are told (GDPR Art. 19)."""
    key = CustomerKey(partner_id=who.customer.ref, ref=who.customer.ref)
    wish = said["wish"]
    writing.write(hub, work, [CustomerRecord(customer=key, at=work.now, **wish)])
    return "corrected"


def _review(hub: Hub, work: Work, who: Subject, request: PersonRequest, said: Mapping[str, Any]) -> str:
    """A person has looked (GDPR Art. 22(3)). changed: out of the segment that was decided by rule, until that is taken off."""
    if said.get("verdict") not in ("kept", "changed"):
        raise WrongInput("It is not said what the review came to.", "One of: kept, changed.")
    if said["verdict"] == "changed" and request.scope.startswith(SEGMENT):
        name = request.scope.removeprefix(SEGMENT)
        pins.put(hub, work, name, who.customer.ref, inside=False, author=said["actor"],
                 reason=said.get("text") or "reviewed by a person", last_on=None)  # fmt: skip
    return str(said["verdict"])


Grant = Callable[[Hub, Work, Subject, PersonRequest, Mapping[str, Any]], str]
GRANTS: Mapping[str, Grant] = {
    "rectification": _correct,
    "review": _review,
    "restriction": lambda hub, work, who, _request, _said: restrict(hub, work, who),
    "objection": lambda hub, work, who, request, _said: object_to(hub, work, who, request.scope),
}


def release(work: Work, who: Subject, request: PersonRequest, is_wanted_elsewhere: bool) -> None:
    """A restriction or objection ceases to bind; one of an open erasure stays."""
    if request.kind == "restriction" and not is_wanted_elsewhere:
        who.person.restricted_at = None
    elif request.kind == "objection" and request.scope == PROFILING:
        who.person.unprofiled_at = None


def preserve(hub: Hub, work: Work, row: PersonRequest, actor: str, kinds: Collection[str]) -> None:
    """Where a law wants what was refused to be kept for a while (Singapore PDP Regulations 2021, reg. 8), a hold sees to it."""
    law = deadline_of(hub.settings.config, row.jurisdiction)
    if law.keep_refused_days and row.kind in kinds:
        work.add(LegalHold(
            person_id=row.person_id, record_set="*", purpose="refused request", basis=law.source, owner=actor, placed_at=work.now,
            ends_at=work.now + timedelta(days=law.keep_refused_days),
        ))  # fmt: skip
        work.audit(actor, "hold_placed", "person", row.person_id, record_set="*", request=row.ref)


def subject_of(work: Work, *, ref: str = "", person_id: int = 0) -> Subject | None:
    """By the customer's ref or the person, locked; None for nobody and for somebody who was erased."""
    mine = or_(called(ref), Customer.person_id == person_id)
    customer = work.session.scalars(select(Customer).where(mine)).first()
    if customer is None:
        return None
    lock_customers(work, [customer.id])
    person = work.session.get_one(Person, customer.person_id, with_for_update=True)
    return Subject(customer, person) if person.data_key_id is not None else None


def tell(hub: Hub, work: Work, who: Subject, request: PersonRequest, step: str, **more: str) -> None:
    """A mail of this step, once; the channel asks the policy as ever."""
    values = {"asked": request.asked_at.date().isoformat(), "due": request.due_on.isoformat(), **more}
    refs = {"customer_id": who.customer.id, "values": values}
    intent = Intent(
        "rights", who.customer.ref, f"rights:{request.ref}:{more.get('state', step)}", refs, f"rights_{step}"
    )
    effects.announce(hub, work, [(who.customer.id, intent)])

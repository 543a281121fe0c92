"""Requests of a person beside being forgotten, as one state machine; every step once, audited, in a transaction of its own.

received -> verified -> answered | refused, or withdrawn by the person; the clock may stand, and be put off once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance import rights
from compliance.cases import expect_way
from compliance.coming import Came
from compliance.disclosure import Disclosure, disclose
from compliance.periods import Deadline, deadline_of
from compliance.rights import Subject
from compliance.timekeeping import expect_after
from hub.core import Hub
from hub.errors import Denied, NotFound, WrongInput
from hub.models import ErasureRequest, PersonRequest, new_ref
from hub.work import Work
from rules.calendar import local_day

KINDS = ("access", "portability", "rectification", "restriction", "objection", "review")
HANDED_OVER = ("access", "portability")
OPEN = ("received", "verified")
STANDING = ("restriction", "objection")  # bind from their answer until they are lifted
MACHINES = frozenset({"clock", "portal", "api"})
# why a request may be refused (GDPR Art. 11(2), 12(5), 15(4), 17(3), 21(1)); the person is told which, and may complain
REFUSALS = (
    "not_theirs", "not_identified", "unfounded", "excessive", "rights_of_others", "law_requires", "data_is_right",
)  # fmt: skip
DELAYS = ("complex", "many")  # the two reasons that allow an extension (GDPR Art. 12(3))
LONGEST = 2000  # of a text, in signs


@dataclass(frozen=True)
class Wish:
    """scope: see PersonRequest. wish: of a rectification the right values, else {"text": ...}."""

    customer_ref: str
    kind: str
    came: Came
    scope: str = ""
    wish: Mapping[str, Any] = field(default_factory=dict)


def intake(hub: Hub, wish: Wish, actor: str) -> str:
    with hub.begin() as work:
        return put(hub, work, wish, actor)


def put(hub: Hub, work: Work, wish: Wish, actor: str) -> str:
    """Write it down, or answer the one of its kind that is open already. An objection is heeded before anybody asks whom it
    came from: to stop harms nobody. Raises NotFound, WrongInput."""
    _check(hub, wish)
    who = rights.subject_of(work, ref=wish.customer_ref)
    if who is None:
        raise NotFound(f"There is no customer {wish.customer_ref} in {hub.region_code}.")
    day = wish.came.day(hub, work)
    known = _open_one(work, who, wish)
    if known is not None:
        work.audit(actor, "request_folded", "person", who.person.id, request=known.ref, **wish.came.told(day))
        return known.ref
    row = _written(hub, work, who, wish, actor, day)
    if wish.kind == "objection":
        _settle(hub, work, who, row, actor, rights.object_to(hub, work, who, wish.scope), {})
    else:
        rights.tell(hub, work, who, row, "received")
    return row.ref


def _check(hub: Hub, wish: Wish) -> None:
    if wish.kind not in KINDS:
        raise WrongInput(f"There is no kind of request “{wish.kind}”.", f"One of: erasure, {', '.join(KINDS)}.")
    if any(len(str(text)) > LONGEST for text in wish.wish.values()):
        raise WrongInput("This text is too long.", f"{LONGEST} signs are enough to say what is asked.")
    rights.check(hub, wish.kind, wish.scope, wish.wish)


def verify(hub: Hub, ref: str, actor: str, how: str) -> None:
    """Somebody vouches that it is the person's own. how: one of HOWS. A restriction binds from then on. Raises WrongInput."""
    expect_way(how)
    with hub.begin() as work:
        row, who = _at(work, ref, ("received",))
        row.state, row.verified_by, row.verified_how = "verified", actor[:80], how
        _resume(work, row)
        work.audit(actor, "request_verified", "person", row.person_id, request=ref, how=row.verified_how)
        if row.kind == "restriction":
            _settle(hub, work, who, row, actor, rights.restrict(hub, work, who), {})


def pause(hub: Hub, ref: str, actor: str) -> None:
    """We wait for the person to prove who they are. Raises Denied where the law lets the clock run on."""
    with hub.begin() as work:
        row, _ = _at(work, ref, ("received",))
        if not law_of(hub, row).clock_stops:
            raise Denied(f"In {row.jurisdiction} the clock runs on while we wait.", "Ask the person again, or extend.")
        if row.paused_at is None:
            row.paused_at = work.now
            work.audit(actor, "request_paused", "person", row.person_id, request=ref)


def resume(hub: Hub, ref: str, actor: str) -> None:
    """The clock goes on; the days it stood are added."""
    with hub.begin() as work:
        row, _ = _at(work, ref, OPEN)
        if _resume(work, row):
            work.audit(actor, "request_resumed", "person", row.person_id, request=ref, due_on=row.due_on.isoformat())


def extend(hub: Hub, ref: str, actor: str, reason: str) -> None:
    """Once, with its reason, and told to the person while the first period still runs. Raises Denied, WrongInput."""
    if reason not in DELAYS:
        raise WrongInput(f"“{reason}” is no reason to take longer.", f"One of: {', '.join(DELAYS)}.")
    with hub.begin() as work:
        row, who = _at(work, ref, OPEN)
        later = law_of(hub, row).extended(row.due_on)
        if row.extended_at is not None or later == row.due_on:
            raise Denied("This request cannot be put off again.", f"The person is owed an answer by {row.due_on}.")
        if local_day(work.now, hub.here.zone) > row.due_on:
            raise Denied(f"The time was up on {row.due_on}.", "An extension must be told before. Answer now.")
        row.due_on, row.extended_at, row.extended_for = later, work.now, reason
        rights.tell(hub, work, who, row, "extended", reason=reason)
        work.audit(
            actor, "request_extended", "person", row.person_id, request=ref, reason=reason, due_on=later.isoformat()
        )


def hand_over(hub: Hub, ref: str, actor: str) -> Disclosure:
    """Access and portability: everything that is kept, and the request is answered with it."""
    with hub.look() as session:
        kind = session.scalar(select(PersonRequest.kind).where(PersonRequest.ref == ref))
    if kind not in HANDED_OVER:
        raise WrongInput("Nothing is handed over for this request.", "See: hub privacy list")
    with hub.begin() as work:
        row, who = _at(work, ref, ("verified",))
        _settle(hub, work, who, row, actor, "handed_over", {})
    return disclose(hub, who.customer.ref, actor)


def answer(hub: Hub, ref: str, actor: str, *, verdict: str = "", text: str = "") -> str:
    """Do what was asked; answers what became of it. A review is done by a person. Raises Denied, WrongInput."""
    with hub.begin() as work:
        row, who = _at(work, ref, ("verified",))
        if row.kind in HANDED_OVER:
            raise WrongInput("What was asked for is handed over, not answered.", "See: hub privacy answer --out")
        if row.kind == "review" and actor in MACHINES:
            raise Denied("A decision of a machine is reviewed by a person.")
        said = {
            "verdict": verdict,
            "text": text[:LONGEST],
            "actor": actor,
            "wish": _text(hub, work.session, row, who.person.data_key_id, "wish"),
        }
        outcome = rights.GRANTS[row.kind](hub, work, who, row, said)
        _settle(hub, work, who, row, actor, outcome, {"text": text[:LONGEST]} if text else {})
        return outcome


def refuse(hub: Hub, ref: str, actor: str, reason: str, text: str = "") -> None:
    """The person is told why, and where to complain (GDPR Art. 12(4))."""
    if reason not in REFUSALS:
        raise WrongInput(f"“{reason}” is no reason the law knows.", f"One of: {', '.join(REFUSALS)}.")
    with hub.begin() as work:
        row, who = _at(work, ref, OPEN)
        _close(work, who, row, actor, "refused", reason, {"text": text[:LONGEST]} if text else {})
        rights.preserve(hub, work, row, actor, HANDED_OVER)
        rights.tell(hub, work, who, row, "settled", state="refused")


def withdraw(hub: Hub, ref: str, actor: str) -> None:
    """The person thinks otherwise."""
    with hub.begin() as work:
        row, who = _at(work, ref, OPEN)
        _close(work, who, row, actor, "withdrawn", "withdrawn", {})


def lift(hub: Hub, ref: str, actor: str) -> None:
    """A restriction or objection ceases to bind; the person is told before it is used again (GDPR Art. 18(3))."""
    with hub.begin() as work:
        row, who = _at(work, ref, ("answered",))
        if row.kind not in STANDING or row.ended_at is not None:
            raise WrongInput("This request does not bind any more.", "See: hub privacy list")
        row.ended_at = work.now
        work.session.flush()
        erasing = select(ErasureRequest.id).where(
            ErasureRequest.person_id == row.person_id, ErasureRequest.state.not_in(("certified", "refused"))
        )
        elsewhere = work.session.scalar(erasing.limit(1)) is not None or rights.is_bound(
            work, row.person_id, row.kind, row.scope
        )
        rights.release(work, who, row, elsewhere)
        rights.tell(hub, work, who, row, "settled", state="lifted")
        work.audit(actor, "request_lifted", "person", row.person_id, request=ref, kind=row.kind)


def law_of(hub: Hub, row: PersonRequest) -> Deadline:
    return deadline_of(hub.settings.config, row.jurisdiction)


def answer_of(hub: Hub, session: Session, ref: str, data_key_id: int | None) -> str:
    """What the person was told in words, opened; empty for nothing, and where their key is gone."""
    row = session.scalars(select(PersonRequest).where(PersonRequest.ref == ref)).one()
    return str(_text(hub, session, row, data_key_id, "answer").get("text", ""))


def wish_of(hub: Hub, session: Session, ref: str, data_key_id: int | None) -> dict[str, Any]:
    """What was asked in words or values, opened."""
    row = session.scalars(select(PersonRequest).where(PersonRequest.ref == ref)).one()
    return _text(hub, session, row, data_key_id, "wish")


def _text(hub: Hub, session: Session, row: PersonRequest, data_key_id: int | None, name: str) -> dict[str, Any]:
    sealed: bytes | None = getattr(row, name)
    if sealed is None or data_key_id is None:
        return {}
    key = hub.vault.open_key(session, data_key_id)
    found: dict[str, Any] = json.loads(hub.vault.unseal(key, sealed, f"person_requests.{name}:{row.id}"))
    return found


def _open_one(work: Work, who: Subject, wish: Wish) -> PersonRequest | None:
    """Of this kind and scope; an objection or restriction that binds is not asked for again either."""
    mine = (
        PersonRequest.person_id == who.person.id,
        PersonRequest.kind == wish.kind,
        PersonRequest.scope == wish.scope,
    )
    rows = work.session.scalars(select(PersonRequest).where(*mine).order_by(PersonRequest.id.desc()))
    binding = wish.kind in STANDING
    return next(
        (row for row in rows if row.state in OPEN or (binding and row.state == "answered" and row.ended_at is None)),
        None,
    )


def _written(hub: Hub, work: Work, who: Subject, wish: Wish, actor: str, day: date) -> PersonRequest:
    law = deadline_of(hub.settings.config, who.person.jurisdiction)
    row = PersonRequest(id=work.ids.next(), ref=new_ref(), person_id=who.person.id, kind=wish.kind, scope=wish.scope,
                        jurisdiction=who.person.jurisdiction, state="received", came_by=wish.came.by, asked_by=actor[:80],
                        asked_at=work.now, due_on=law.due(day))  # fmt: skip
    row.wish = _sealed(work, who, row, "wish", wish.wish)
    work.add(row)
    work.audit(
        actor, "request_received", "person", who.person.id, request=row.ref, kind=wish.kind, **wish.came.told(day)
    )
    return row


def _settle(
    hub: Hub, work: Work, who: Subject, row: PersonRequest, actor: str, outcome: str, said: Mapping[str, Any]
) -> None:
    _close(work, who, row, actor, "answered", outcome, said)
    rights.tell(hub, work, who, row, "settled", state="answered")


def _close(
    work: Work, who: Subject, row: PersonRequest, actor: str, state: str, outcome: str, said: Mapping[str, Any]
) -> None:
    _resume(work, row)
    row.state, row.outcome, row.settled_at, row.settled_by = state, outcome[:40], work.now, actor[:80]
    row.answer = _sealed(work, who, row, "answer", said)
    work.audit(actor, f"request_{state}", "person", row.person_id, request=row.ref, kind=row.kind, outcome=row.outcome)


def _resume(work: Work, row: PersonRequest) -> bool:
    if row.paused_at is None:
        return False
    row.due_on += timedelta(days=(work.now - row.paused_at).days)
    row.paused_at = None
    return True


def _sealed(work: Work, who: Subject, row: PersonRequest, name: str, said: Mapping[str, Any]) -> bytes | None:
    if not said:
        return None
    text = json.dumps(dict(said), ensure_ascii=False, sort_keys=True)
    return work.vault.seal(work.key(who.person.data_key_id), text.encode(), f"person_requests.{name}:{row.id}")


def _at(work: Work, ref: str, states: tuple[str, ...]) -> tuple[PersonRequest, Subject]:
    row = work.session.scalar(select(PersonRequest).where(PersonRequest.ref == ref))
    who = rights.subject_of(work, person_id=row.person_id) if row else None
    if row is None:
        raise NotFound(f"There is no request {ref} in {work.region.code}.", "See: hub privacy list")
    if who is None:
        raise WrongInput("The person has been erased since.", "Nothing is left to be asked about.")
    work.session.refresh(row, with_for_update=True)
    if row.state not in states:
        raise WrongInput(f"This request is {row.state}.", f"This step follows {' or '.join(states)}.")
    expect_after(work, row.asked_at)
    return row, who

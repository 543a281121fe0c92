"""The right to be forgotten, from the wish to the certificate: every step once, in its own transaction, resumable after a kill.

received -> verified -> planned (frozen) -> approved -> telling (partners) -> held | certified"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from compliance import archives, certificates, execution, probing, rights
from compliance.cases import HOWS, WISH, expect_way
from compliance.certificates import telling
from compliance.coming import Came
from compliance.counting import counts
from compliance.periods import deadline_of
from compliance.registry import RecordSet, bound_to, by_table, record_sets
from compliance.timekeeping import expect_after
from hub.core import Hub
from hub.errors import HubError, NotFound, WrongInput
from hub.flow import belongings, effects, journeys, merges_told
from hub.flow.identity import lock_customers
from hub.flow.outbox import OPEN, Intent
from hub.gate import holds_on
from hub.models import Customer, ErasureRequest, LegalHold, Message, Person, called, new_ref
from hub.models.traffic import waiting_of
from hub.policy import approval, expect_approval
from hub.regions import empty_log
from hub.work import Work
from rules.calendar import local_day
from rules.documents import content_hash

CLOSED = ("certified", "refused")
BEGUN = ("received", "verified", "planned")  # what waits for a yes
TELLING_DAYS = (
    14  # a partner who does not answer by then is named in the certificate; the person's key does not wait longer
)
CAUSE = "person_erased"

log = logging.getLogger(__name__)


def intake(hub: Hub, customer_ref: str, actor: str, came: Came) -> str:
    """The wish of a person, written down. Raises NotFound, WrongInput."""
    with hub.begin() as work:
        return put(hub, work, customer_ref, actor, came)


def put(hub: Hub, work: Work, customer_ref: str, actor: str, came: Came | None, cause: str = WISH) -> str:
    """Write down that somebody is to be forgotten, or answer the request that is already open: a wish makes one that nobody had asked
    for a wish, with its own deadline. came: of a wish. Raises NotFound, WrongInput."""
    customer, person = _subject(work, customer_ref)
    day = came.day(hub, work) if came else local_day(work.now, hub.here.zone)
    if cause == WISH and person.moved_to:
        raise WrongInput(f"Their home is {person.moved_to} now.", f"Ask there: --region {person.moved_to}")
    open_one = select(ErasureRequest).where(ErasureRequest.person_id == person.id, ErasureRequest.state.not_in(CLOSED))
    known = work.session.scalar(open_one.with_for_update())
    due = deadline_of(hub.settings.config, person.jurisdiction).due(day)
    if known is not None:
        if cause == WISH != known.cause:
            known.cause, known.asked_by, known.asked_at, known.due_on = cause, actor, work.now, due
            known.came_by = came.by if came else ""
            known.state = "received" if known.state in BEGUN else known.state
            work.audit(actor, "erasure_wished", "person", person.id, request=known.ref)
        return known.ref
    if person.erased_at is not None:
        raise WrongInput("This person has been erased already.", "See: hub privacy list")
    told = came.told(day) if came else {}
    request = work.add(
        ErasureRequest(
            ref=new_ref(),
            person_id=person.id,
            jurisdiction=person.jurisdiction,
            came_by=came.by if came else "",
            cause=cause,
            state="received",
            asked_at=work.now,
            due_on=due,
            asked_by=actor,
        )
    )
    work.audit(
        actor,
        "erasure_received",
        "person",
        customer.person_id,
        request=request.ref,
        cause=cause,
        **told,
    )
    return request.ref


def verify(hub: Hub, ref: str, actor: str, how: str) -> None:
    """Somebody vouches that the wish is the person's own. how: one of HOWS (no copy of a passport is kept); what nobody
    asked for has its cause instead. Raises WrongInput."""
    with hub.begin() as work:
        request = _request(work, ref, ("received",))
        expect_way(how, HOWS if request.cause == WISH else (request.cause,))
        request.state, request.verified_by = "verified", actor
        work.audit(actor, "erasure_verified", "person", request.person_id, request=ref, how=how)


def plan(hub: Hub, ref: str, actor: str) -> dict[str, Any]:
    """Freeze the person and say what will become of each record set, under the rules in force now."""
    with hub.begin() as work:
        request = _request(work, ref, ("verified", "planned"))
        person = work.session.get_one(Person, request.person_id, with_for_update=True)
        customer = work.session.scalars(select(Customer).where(Customer.person_id == person.id)).one()
        person.restricted_at = person.restricted_at or work.now
        lock_customers(work, [customer.id])
        journeys.advance(hub, work, [customer.id])  # whoever is frozen leaves every journey at once
        cancelled = _cancel_messages(work, customer.ref)
        sets = by_table(record_sets())
        rows = counts(work.session, sets, person.id, customer.id)
        items = [_item(work, ways[0], rows[name], person.id) for name, ways in sets.items() if rows[name]]
        policies = hub.book.current().policies
        request.policy = content_hash({policy.name: policy.hash for policy in policies})
        archived = archives.expected(hub, work, person, customer.id)
        request.plan = {"items": items, "archived": archived, "messages_cancelled": cancelled}
        request.state = "planned"
        work.audit(actor, "erasure_planned", "person", person.id, request=ref, items=len(items))
        return request.plan


def approve(
    hub: Hub, ref: str, actor: str, roles: Collection[str] = (), *, decided: Mapping[str, str] | None = None
) -> None:
    """Let it happen, if a policy of approval lets this one say so: with the holds that stand now, whatever stood when it was planned.
    decided: what let it pass before, of a move. Raises Denied."""
    with hub.begin() as work:
        request = _request(work, ref, ("planned",))
        sets, planned = by_table(record_sets()), (request.plan or {}).get("items", ())
        held = sum(len(_holds_on(work, sets[item["record_set"]][0], request.person_id)) for item in planned)
        asked = approval(hub, work.session, "erasure", by=actor, asked_by=request.verified_by, roles=roles, now=work.now, holds=held,
                         jurisdiction=request.jurisdiction)  # fmt: skip
        said = dict(decided) if decided else expect_approval(hub, asked)
        request.state, request.approved_by = "approved", actor
        work.audit(actor, "erasure_approved", "person", request.person_id, request=ref, **said)


def refuse(hub: Hub, ref: str, actor: str, reason: str) -> None:
    """The wish is not granted; the person is used again, and the reason is kept for the answer they are owed."""
    if not reason.strip():
        raise WrongInput("A refusal needs its reason.", "The person must be told it (GDPR Art. 12(4)).")
    with hub.begin() as work:
        request = _request(work, ref, ("received", "verified", "planned", "approved"))
        person = work.session.get_one(Person, request.person_id, with_for_update=True)
        request.state, request.finished_at = "refused", work.now
        if not rights.is_bound(work, person.id, "restriction"):
            person.restricted_at = None
        work.audit(actor, "erasure_refused", "person", person.id, request=ref, reason=reason[:200])


def run(hub: Hub, ref: str, actor: str = "clock") -> str:
    """Go on as far as one can; answers the state. Safe to call again after a kill at any point."""
    with hub.begin() as work:
        request = _request(work, ref, ("approved", "telling", "held"))
        if request.state == "approved":
            _tell(hub, work, request)
            request.state = "telling"
            work.audit(actor, "erasure_telling", "person", request.person_id, request=ref)
    with hub.begin() as work:
        request = _request(work, ref, ("telling", "held"))
        state, in_time = request.state, work.now - request.asked_at <= timedelta(days=TELLING_DAYS)
        if state == "telling" and not _told(work, request):
            return "telling"
    if state == "telling" and not probing.probe(hub, ref) and in_time:
        return (
            "telling"  # a partner that still has them is asked again, and named in the certificate if it does not mend
        )
    held = execution.execute(hub, ref)
    if not held and not empty_log(hub.region.engine):
        return state  # the key is in a page of the log that somebody reads: the clock goes on in a minute
    with hub.begin() as work:
        request = _request(work, ref, ("telling", "held"))
        if held:
            request.state = "held"
            work.audit(actor, "erasure_held", "person", request.person_id, request=ref, record_sets=held)
            return "held"
        certificates.certify(hub, work, request)
        work.audit(actor, "erasure_certified", "person", request.person_id, request=ref)
        return "certified"


def run_all(hub: Hub) -> dict[str, str]:
    """Every request that may go on: partners have answered, a hold was released or has ended. Answers ref -> state; one that
    cannot go on keeps no other from it, and says why."""
    with hub.look() as session:
        waiting = select(ErasureRequest.ref).where(ErasureRequest.state.in_(("approved", "telling", "held")))
        refs = list(session.scalars(waiting.order_by(ErasureRequest.id)))
    return {ref: _go_on(hub, ref) for ref in refs}


def _go_on(hub: Hub, ref: str) -> str:
    try:
        return run(hub, ref)
    except HubError as error:
        log.exception("an erasure cannot go on")
        return f"stopped: {error}"


def lift(hub: Hub, kind: str, value: str, actor: str) -> int:
    """Somebody comes back of their own will: their tombstones end, which is logged; answers how many."""
    with hub.begin() as work:
        count = execution.end_tombstones(work, kind, value)
        work.audit(actor, "tombstone_lifted", "tombstone", None, kind=kind, count=count)
        return count


def _tell(hub: Hub, work: Work, request: ErasureRequest) -> None:
    customer = work.session.scalars(select(Customer).where(Customer.person_id == request.person_id)).one()
    belongings.forget(hub, work, effects.load_subjects(work, [customer.id])[customer.id], f"erase:{request.ref}")
    refs = {"customer_id": customer.id, "kind": "contact", "how": "erase"}
    told = Intent(CAUSE, customer.ref, f"erase:{request.ref}", refs)
    effects.announce(hub, work, [(customer.id, told)])
    merges_told.forget(hub, work, told)


def _told(work: Work, request: ErasureRequest) -> bool:
    """Have all partners been told, or had their time?"""
    waiting = select(Message.id).where(telling(request), Message.state.in_(OPEN)).limit(1)
    return work.session.scalar(waiting) is None or work.now - request.asked_at > timedelta(days=TELLING_DAYS)


def _cancel_messages(work: Work, entity: str) -> int:
    waiting = (waiting_of(entity), Message.topic != "rights")  # an answer is owed
    moved: Any = work.session.execute(
        update(Message)
        .where(*waiting)
        .values(state="cancelled", why="erased", reason="the person asked to be forgotten", settled_at=work.now)
    )
    return int(moved.rowcount)


def _item(work: Work, one: RecordSet, rows: int, person_id: int) -> dict[str, Any]:
    return {
        "record_set": one.name,
        "verb": one.verb,
        "rows": rows,
        "hold": [
            {"id": hold.id, "basis": hold.basis, "until": hold.ends_at and hold.ends_at.isoformat()}
            for hold in _holds_on(work, one, person_id)
        ],
    }


def _holds_on(work: Work, one: RecordSet, person_id: int) -> Sequence[LegalHold]:
    """Of what is erased; what is archived is kept anyway."""
    return holds_on(work.session, one.name, [person_id], work.now, bound_to(one.name)) if one.verb != "archive" else []


def _request(work: Work, ref: str, states: tuple[str, ...]) -> ErasureRequest:
    row = work.session.scalar(select(ErasureRequest).where(ErasureRequest.ref == ref).with_for_update())
    if row is None:
        raise NotFound(f"There is no request {ref} in {work.region.code}.", "See: hub privacy list")
    if row.state not in states:
        raise WrongInput(f"This request is {row.state}.", f"This step follows {' or '.join(states)}.")
    expect_after(work, row.asked_at)
    return row


def _subject(work: Work, customer_ref: str) -> tuple[Customer, Person]:
    row = work.session.execute(
        select(Customer, Person).join(Person, Person.id == Customer.person_id).where(called(customer_ref))
    ).first()
    if row is None:
        raise NotFound(f"There is no customer {customer_ref} in {work.region.code}.")
    return row[0], row[1]

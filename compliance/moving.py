"""A person's home moves to another region: planned, copied, compared, switched, forgotten here, and certified by both.

Each step is a transaction and may be repeated after a kill. Until the switch this home counts, and the copy lies frozen at the
other; in the transaction of the switch both are compared under the person's lock, so that nothing told meanwhile is lost."""

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import select

from compliance import carrying, copies, erasure
from compliance.cases import MOVE
from compliance.certificates import canonical
from hub.core import Hub
from hub.errors import Busy, Denied, NotFound, WrongInput
from hub.flow import conversations, journeys, pipeline
from hub.flow.identity import lock_customers
from hub.models import Customer, ErasureRequest, LegalHold, Move, Person, PersonRequest, called, new_ref
from hub.sdk import Question
from hub.work import Work

PURPOSE = "move_home"
TRIES = 3  # copies, while somebody goes on changing the person


def plan(hub: Hub, to: Hub, customer_ref: str, reason: str, actor: str) -> str:
    """Write down what would travel, what would end and what stands in the way; answers the move, or the one that is open.
    Raises NotFound, WrongInput, Denied where no policy allows it."""
    if not reason.strip():
        raise WrongInput("A move needs its reason.", "Give --reason: what the person asked, and where they live now.")
    if to.region_code == hub.region_code:
        raise WrongInput(f"{to.region_code} is their home already.")
    with to.look() as session:
        shell = session.scalars(select(Person.erased_at).join(Customer).where(Customer.ref == customer_ref)).first()
    with hub.begin() as work:
        customer, person = _subject(work, customer_ref)
        mine = (Move.person_id == person.id, Move.to_region == to.region_code, Move.state != "certified")
        known = work.session.scalars(select(Move).where(*mine)).first()
        if known is not None:
            return known.ref
        if person.moved_to or person.data_key_id is None:
            raise WrongInput(
                "This person is not at home here.", f"Home: {hub.directory.home(customer_ref) or 'nowhere'}."
            )
        _check_requests(work, person)
        rows = copies.rows_here(work, customer)
        copies.check_can_travel(rows)
        allowed = _ask(hub, to, work, person, restricted=person.restricted_at is not None)
        if shell is not None:
            raise WrongInput(
                "They were at home there before.", "Their history there is nobody's now and cannot be given back."
            )
        found = {
            "travels": {name: number for name, number in rows.items() if name in copies.TRAVELS},
            "ends": {name: number for name, number in rows.items() if name in copies.ENDS},
            "holds": [hold.basis for hold in _holds(work, person)],
            "policy": allowed,
            "law": [person.jurisdiction, copies.law_there(to, person)],
            "was_restricted": person.restricted_at is not None,
        }
        move = work.add(Move(ref=new_ref(), person_id=person.id, from_region=hub.region_code, to_region=to.region_code,
                             reason=reason[:200], state="planned", asked_by=actor, asked_at=work.now, plan=found))  # fmt: skip
        work.audit(actor, "move_planned", "person", person.id, move=move.ref, to=to.region_code)
        return move.ref


def run(hub: Hub, to: Hub, ref: str, actor: str) -> str:
    """Go on as far as one can; answers the state. `leaving`: partners of the old home are being told; run it again later.
    Raises Denied under a hold or where a policy says no by now, Busy."""
    for _ in range(TRIES):
        if _state(hub, to, ref) == "planned":
            _freeze(hub, to, ref, actor)
            _copy(hub, to, ref, actor)
        if _state(hub, to, ref) != "copied" or _switch(hub, to, ref, actor):
            break
    else:
        raise Busy("Somebody goes on changing this person.", "Try again in a moment.")
    if _state(hub, to, ref) == "switched":
        _arrive(hub, to, ref, actor)
        _leave(hub, to, ref, actor)
    if _state(hub, to, ref) == "leaving" and erasure_of(hub, ref, actor) == "certified":
        _certify(hub, to, ref, actor)
    return _state(hub, to, ref)


def told(hub: Hub, ref: str) -> dict[str, Any]:
    """The move as it stands. Raises NotFound."""
    with hub.begin() as work:
        move = _move(work, ref)
        return {"move": move.ref, "from": move.from_region, "to": move.to_region, "state": move.state, "reason": move.reason,
                "plan": move.plan, "certificate": move.certificate}  # fmt: skip


def erasure_of(hub: Hub, ref: str, actor: str) -> str:
    """How far this home has forgotten: the way of every erasure, with its holds, partners, tombstones and certificate."""
    with hub.look() as session:
        found = select(ErasureRequest.ref, ErasureRequest.state).join(Move, Move.erasure == ErasureRequest.ref)
        request, state = session.execute(found.where(Move.ref == ref)).one()
    return state if state == "certified" else erasure.run(hub, request, actor)


def _freeze(hub: Hub, to: Hub, ref: str, actor: str) -> None:
    """From now on their data are kept here and not used; whoever may not move is not frozen."""
    with hub.begin() as work:
        move, customer, person = _locked(work, ref)
        _check_may_go(hub, to, work, move, person)
        if person.restricted_at is None:
            person.restricted_at = work.now
            work.audit(actor, "move_frozen", "person", person.id, move=ref)
        journeys.advance(hub, work, [customer.id])


def _copy(hub: Hub, to: Hub, ref: str, actor: str) -> None:
    """Files first, as they take their time; then the rows. Whatever an earlier try has left there is taken back."""
    carried = carrying.carry(hub, to, _customer_id(hub, ref))
    with hub.begin() as here:
        move, customer, person = _locked(here, ref)
        _check_may_go(hub, to, here, move, person)
        with to.begin() as there:
            key = here.key(person.data_key_id)
            rows = copies.packed(here, to, there, person, customer)
            carrying.put_in(there, key, rows["documents"], carried)
            copies.take_back(there, person.id, customer.id)
            copies.unpack(there, to, key, rows, person, customer)
            copies.lead(there, to, copies.led_here(here, customer))
            there.audit(actor, "move_copied", "person", person.id, move=ref, of=hub.region_code)
        move.state = "copied"
        here.audit(actor, "move_copied", "person", person.id, move=ref, to=to.region_code)


def _switch(hub: Hub, to: Hub, ref: str, actor: str) -> bool:
    """Under the lock of the person here: is the copy the same? Then it counts from now on. False: it is to be copied anew."""
    customer_id = _customer_id(hub, ref)
    held_here, held_there = (carrying.digests(home, customer_id) for home in (hub, to))
    with hub.begin() as here:
        move, customer, person = _locked(here, ref)
        _check_no_hold(here, person)
        with to.begin() as there:
            ours = copies.hashes_of(copies.packed(here, to, there, person, customer), held_here)
            theirs = copies.hashes_of(copies.written(there, person.id, customer.id), held_there)
            key, copied = here.key(person.data_key_id), there.key(person.data_key_id)
        if ours != theirs or not hmac.compare_digest(key.secret, copied.secret):
            move.state = "planned"
            return False
        for named in (*(lost.ref for _, lost, _ in copies.led_here(here, customer)), customer.ref):
            hub.directory.move(named, to.region_code)
        person.moved_to, move.switched_at, move.state = to.region_code, here.now, "switched"
        move.plan = {**move.plan, "record_sets": ours}
        here.audit(actor, "move_switched", "person", person.id, move=ref, to=to.region_code)
        return True


def _arrive(hub: Hub, to: Hub, ref: str, actor: str) -> None:
    """At the new home the person is used from now on, and what follows from their data follows."""
    with hub.look() as session:
        move = session.scalars(select(Move).where(Move.ref == ref)).one()
    with to.begin() as there:
        person = there.session.get_one(Person, move.person_id, with_for_update=True)
        customer = there.session.scalars(select(Customer).where(Customer.person_id == person.id)).one()
        person.restricted_at = person.restricted_at if move.plan["was_restricted"] else None
        there.session.flush()
        pipeline.follow(to, there, {customer.id: {"customer", "consents", "vehicles", "loyalty"}}, [])
        conversations.arrive(to, there, customer.id)
        there.audit(actor, "move_arrived", "person", person.id, move=ref, of=hub.region_code)


def _leave(hub: Hub, to: Hub, ref: str, actor: str) -> None:
    """Ask this home to forget, as the person would."""
    with hub.begin() as work:
        move, customer, _ = _locked(work, ref)
        move.erasure = erasure.put(hub, work, customer.ref, actor, None, MOVE)
        request = move.erasure
    if _erasure_state(hub, request) == "received":
        erasure.verify(hub, request, actor, MOVE)
    if _erasure_state(hub, request) == "verified":
        erasure.plan(hub, request, actor)
    if _erasure_state(hub, request) == "planned":
        erasure.approve(hub, request, actor, decided={"move": ref})
    with hub.begin() as work:
        _move(work, ref).state = "leaving"


def _certify(hub: Hub, to: Hub, ref: str, actor: str) -> None:
    """Signed by both regions and kept in both; the one at the new home first, so that a kill leaves this step to be repeated."""
    with hub.begin() as here:
        move = _move(here, ref)
        customer = here.session.scalars(select(Customer).where(Customer.person_id == move.person_id)).one()
        request = here.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == move.erasure)).one()
        forgot = (request.certificate or {})["statement"]
        statement = {
            "move": ref, "customer": customer.ref, "from": move.from_region, "to": move.to_region, "reason": move.reason,
            "law": move.plan["law"], "policy": move.plan["policy"], "record_sets": move.plan["record_sets"],
            "switched_at": _text(move.switched_at), "forgotten_at": forgot["erased_at"], "erasure": request.ref,
            "archived": forgot.get("archived", []),
            "key": forgot["key"], "backups_forget_by": forgot["backups_forget_by"],
        }  # fmt: skip
        words = canonical(statement)
        signed = {code: {"signature": vault.sign(words).hex(), "signer": vault.signer().hex()}
                  for code, vault in ((hub.region_code, hub.vault), (to.region_code, to.vault))}  # fmt: skip
        certificate = {"statement": statement, "signed": signed}
        told = {name: getattr(move, name) for name in ("ref", "person_id", "from_region", "to_region", "reason", "asked_by",
                "asked_at", "plan", "erasure", "switched_at")}  # fmt: skip
        with to.begin() as there:
            if there.session.scalars(select(Move.id).where(Move.ref == ref)).first() is None:
                there.add(Move(**told, state="certified", finished_at=there.now, certificate=certificate))
                there.audit(actor, "move_certified", "person", move.person_id, move=ref)
        move.certificate, move.state, move.finished_at = certificate, "certified", here.now
        here.audit(actor, "move_certified", "person", move.person_id, move=ref)


def _ask(hub: Hub, to: Hub, work: Work, person: Person, *, restricted: bool) -> str:
    """The transfer policy: silence is a no. Answers who allowed it. Raises Denied."""
    facts = {"purpose": PURPOSE, "topic": PURPOSE, "channel": "api", "connector": "hub", "fields": (), "consent": "never_asked",
             "from_region": hub.region_code, "from_jurisdiction": person.jurisdiction, "to_jurisdiction": copies.law_there(to, person),
             "standing": "restricted" if restricted else "live"}  # fmt: skip
    decision = hub.permits(Question(facts, work.now))
    if decision.verdict != "allow":
        raise Denied(
            f"{decision.policy or 'The policies'}: {decision.reason}", "A move is a transfer: a policy must allow it."
        )
    return decision.policy


def _check_may_go(hub: Hub, to: Hub, work: Work, move: Move, person: Person) -> None:
    _check_no_hold(work, person)
    _check_requests(work, person)
    _ask(hub, to, work, person, restricted=move.plan["was_restricted"])


def _check_no_hold(work: Work, person: Person) -> None:
    if _holds(work, person):
        raise Denied("A legal hold protects this person's data.", "Release it first: hub holds list")


def _check_requests(work: Work, person: Person) -> None:
    """Whoever waits for an answer of this home gets it first."""
    open_ones = [
        *work.session.scalars(select(ErasureRequest.ref).where(
            ErasureRequest.person_id == person.id, ErasureRequest.state.not_in(erasure.CLOSED))),
        *work.session.scalars(select(PersonRequest.ref).where(
            PersonRequest.person_id == person.id, PersonRequest.state.in_(("received", "verified")))),
    ]  # fmt: skip
    if open_ones:
        raise Denied(
            f"{len(open_ones)} request(s) of this person are open here.", "Settle them first: hub privacy list"
        )


def _holds(work: Work, person: Person) -> list[LegalHold]:
    held = select(LegalHold).where(LegalHold.person_id == person.id, LegalHold.released_at.is_(None))
    return [one for one in work.session.scalars(held) if one.ends_at is None or one.ends_at > work.now]


def _subject(work: Work, customer_ref: str) -> tuple[Customer, Person]:
    customer = work.session.scalars(select(Customer).where(called(customer_ref))).first()
    if customer is None:
        raise NotFound(f"There is no customer {customer_ref} in {work.region.code}.")
    lock_customers(work, [customer.id])
    return customer, work.session.get_one(Person, customer.person_id, with_for_update=True)


def _customer_id(hub: Hub, ref: str) -> int:
    with hub.look() as session:
        mine = select(Customer.id).join(Move, Move.person_id == Customer.person_id).where(Move.ref == ref)
        return session.scalars(mine).one()


def _locked(work: Work, ref: str) -> tuple[Move, Customer, Person]:
    move = _move(work, ref)
    customer = work.session.scalars(select(Customer).where(Customer.person_id == move.person_id)).one()
    lock_customers(work, [customer.id])
    return move, customer, work.session.get_one(Person, move.person_id, with_for_update=True)


def _move(work: Work, ref: str) -> Move:
    row = work.session.scalars(select(Move).where(Move.ref == ref).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no move {ref} in {work.region.code}.")
    return row


def _state(hub: Hub, to: Hub, ref: str) -> str:
    with hub.look() as session:
        state, aim = session.execute(select(Move.state, Move.to_region).where(Move.ref == ref)).one()
    if aim != to.region_code:
        raise WrongInput(f"This move goes to {aim}, not to {to.region_code}.")
    return state


def _erasure_state(hub: Hub, request: str) -> str:
    with hub.look() as session:
        return session.scalars(select(ErasureRequest.state).where(ErasureRequest.ref == request)).one()


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""

"""Legal holds: what must not be deleted, for whom, why, until when; placed and released by name, and audited."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance.registry import record_sets
from compliance.timekeeping import expect_after
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.gate import binding
from hub.models import ArchivedInvoice, Customer, LegalHold, Person, called
from hub.work import Work

EVERYTHING = "*"


@dataclass(frozen=True)
class Wanted:
    """record_set: a table of the registry, or `*`. basis: the paragraph or case that demands it. owner: who answers for it."""

    customer_ref: str
    record_set: str
    purpose: str
    basis: str
    owner: str
    ends_at: datetime | None = None


def place(hub: Hub, wanted: Wanted, actor: str) -> int:
    """Answers the hold's id. Raises NotFound, WrongInput."""
    known = {EVERYTHING, *(one.name for one in record_sets())}
    if wanted.record_set not in known:
        raise WrongInput(f"There is no record set “{wanted.record_set}”.", f"One of: {', '.join(sorted(known))}.")
    for name in ("purpose", "basis", "owner"):
        if not getattr(wanted, name).strip():
            raise WrongInput(f"A hold needs its {name}.", "Nobody can release what nobody can judge.")
    with hub.begin() as work:
        if wanted.ends_at is not None and wanted.ends_at <= work.now:
            raise WrongInput("The hold would have ended already.", "Give a day that is still to come.")
        person_id = _person_of(work, wanted.customer_ref)
        _expect_something(work, person_id)
        hold = work.add(
            LegalHold(
                person_id=person_id,
                record_set=wanted.record_set,
                purpose=wanted.purpose,
                basis=wanted.basis,
                owner=wanted.owner,
                placed_at=work.now,
                ends_at=wanted.ends_at,
            )
        )
        work.audit(actor, "hold_placed", "person", person_id, hold=hold.id, record_set=wanted.record_set)
        return hold.id


def release(hub: Hub, hold_id: int, actor: str) -> None:
    """What waited for it goes on at the next turn of the clock. Raises NotFound."""
    with hub.begin() as work:
        hold = work.session.get(LegalHold, hold_id, with_for_update=True)
        if hold is None or hold.released_at is not None:
            raise NotFound(f"There is no hold {hold_id} in force.", "See: hub holds list")
        expect_after(work, hold.placed_at)
        hold.released_at = work.now
        work.audit(actor, "hold_released", "person", hold.person_id, hold=hold.id, record_set=hold.record_set)


def in_force(hub: Hub) -> list[tuple[LegalHold, str]]:
    """All holds that bind now, each with the customer's ref."""
    with hub.look() as session:
        return listed(session, hub.clock())


def listed(
    session: Session, now: datetime, after: int = 0, most: int | None = None, customer_ref: str = ""
) -> list[tuple[LegalHold, str]]:
    """Those that bind now, in the order in which they were placed, behind the hold `after`; of somebody alone where a ref is given."""
    rows = select(LegalHold, Customer.ref).join(Customer, Customer.person_id == LegalHold.person_id)
    if customer_ref:
        rows = rows.where(called(customer_ref))
    found = session.execute(rows.where(binding(now), LegalHold.id > after).order_by(LegalHold.id).limit(most))
    return [(hold, ref) for hold, ref in found]


def counted(session: Session, now: datetime) -> int:
    return session.scalar(select(func.count()).select_from(LegalHold).where(binding(now))) or 0


def _person_of(work: Work, customer_ref: str) -> int:
    person_id = work.session.scalar(select(Customer.person_id).where(called(customer_ref)))
    if person_id is None:
        raise NotFound(f"There is no customer {customer_ref} in {work.region.code}.")
    return person_id


def _expect_something(work: Work, person_id: int) -> None:
    """Of whoever was erased only the archive is left. Raises WrongInput."""
    erased_at = work.session.scalar(select(Person.erased_at).where(Person.id == person_id))
    archived = select(ArchivedInvoice.id).where(ArchivedInvoice.person_id == person_id).limit(1)
    if erased_at is not None and work.session.scalar(archived) is None:
        raise WrongInput(
            f"This person was erased on {erased_at:%Y-%m-%d}.", "Nothing of theirs is left that could be held."
        )

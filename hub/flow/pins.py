"""Segments by hand: somebody is put in or left out, by whom, why and until when, whatever the rule says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import alongside, segments
from hub.flow.identity import lock_customers
from hub.flow.segments import Move
from hub.flow.values import open_text
from hub.models import Customer, Person, Pin, called
from hub.work import Work
from rules.calendar import local_day

PLACE = "pins.reason"
LONGEST = 400  # of a reason, in signs


@dataclass(frozen=True)
class Pinned:
    """A pin with its reason opened. last_on: the last local day of it; None: until it is taken off."""

    segment: str
    customer_ref: str
    inside: bool
    author: str
    reason: str
    set_at: datetime
    last_on: date | None


def put(
    hub: Hub,
    work: Work,
    segment: str,
    customer_ref: str,
    *,
    inside: bool,
    author: str,
    reason: str,
    last_on: date | None,
) -> list[Move]:
    """In place of the pin there was; partners hear of the move. Raises NotFound, WrongInput."""
    rule = hub.book.current().segments.get(segment)
    if rule is None:
        known = ", ".join(sorted(hub.book.current().segments))
        raise NotFound(f"There is no segment “{segment}”.", f"Segments: {known}.")
    if not reason.strip() or len(reason) > LONGEST:
        raise WrongInput("A pin needs a reason.", f"Say why, in up to {LONGEST} signs: others will ask.")
    if last_on is not None and last_on < local_day(work.now, rule.zone):
        raise WrongInput(f"{last_on} is over.", "Name a day to come, or none.")
    customer, person = _locked(work, customer_ref)
    if person.data_key_id is None:
        raise WrongInput("This person was erased.", "There is nobody left to pin.")
    _end(work, segment, customer.id, author)
    work.session.flush()
    pin = Pin(id=work.ids.next(), segment=segment, customer_id=customer.id, inside=inside, author=author[:80],
              set_at=work.now, last_on=last_on)  # fmt: skip
    pin.reason = work.vault.seal(work.key(person.data_key_id), reason.strip().encode(), f"{PLACE}:{pin.id}")
    work.add(pin)
    work.audit(author, "pinned", "customer", customer.id, segment=segment, inside=inside)
    return _follow(hub, work, segment, customer.id)


def take_off(hub: Hub, work: Work, segment: str, customer_ref: str, author: str) -> list[Move]:
    """Raises NotFound where nothing is pinned."""
    customer, _ = _locked(work, customer_ref)
    if not _end(work, segment, customer.id, author):
        raise NotFound(f"This customer is not pinned in “{segment}”.", "hub segments pins shows who is.")
    work.audit(author, "unpinned", "customer", customer.id, segment=segment)
    return _follow(hub, work, segment, customer.id)


def standing(hub: Hub, segment: str | None) -> list[Pinned]:
    """Those that were not taken off, of one segment or of all; the reasons are opened, which is audited."""
    with hub.begin() as work:
        rows = (
            select(Pin, Customer.ref, Person.data_key_id)
            .join(Customer, Customer.id == Pin.customer_id)
            .join(Person, Person.id == Customer.person_id)
            .where(Pin.ended_at.is_(None), *([Pin.segment == segment] if segment else []))
            .order_by(Pin.segment, Pin.id)
        )
        found = [
            Pinned(pin.segment, ref, pin.inside, pin.author,
                   open_text(work, key_id, PLACE, pin.id, pin.reason), pin.set_at, pin.last_on)
            for pin, ref, key_id in work.session.execute(rows)
        ]  # fmt: skip
        if found:
            work.audit("hub", "pins_read", "pin", None, count=len(found))
        return found


def _locked(work: Work, customer_ref: str) -> tuple[Customer, Person]:
    customer = work.session.scalars(select(Customer).where(called(customer_ref))).first()
    if customer is None:
        raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
    lock_customers(work, [customer.id])
    return customer, work.session.get_one(Person, customer.person_id)


def _end(work: Work, segment: str, customer_id: int, author: str) -> bool:
    mine = (Pin.segment == segment, Pin.customer_id == customer_id, Pin.ended_at.is_(None))
    pins: Sequence[Pin] = work.session.scalars(select(Pin).where(*mine)).all()
    for pin in pins:
        pin.ended_at, pin.ended_by = work.now, author[:80]
    return bool(pins)


def _follow(hub: Hub, work: Work, segment: str, customer_id: int) -> list[Move]:
    """This segment, and those that read it."""
    moves = segments.reassess(hub, work, [customer_id], "pin", {customer_id: {f"pin.{segment}"}})
    alongside.follow(hub, work, moves)
    return moves

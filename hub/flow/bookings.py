"""What a customer does with appointments by themselves: book a published slot, move to another, cancel; one slot, one car."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import customers, entrusting, identity, pipeline
from hub.flow.outbox import Intent
from hub.flow.places import free_slots
from hub.models import Appointment, Bay, Branch, Customer, Event, Link, Ownership, Person, Slot, Vehicle, called
from hub.own import OWN
from hub.sdk import AppointmentRecord, CustomerKey
from hub.work import Work
from rules.calendar import local_day

TAKEN = ("This time has just been taken.", "Choose another one; the list shows what is free now.")
CHANGED = "appointment_changed"  # what the garage's own system is told


@dataclass(frozen=True)
class Wish:
    """once: made by the page that asks, so that a form that is sent twice books once. branch: its code."""

    customer_ref: str
    vehicle_ref: str | None
    branch: str
    starts_at: datetime
    service: str
    once: str


def free_starts(session: Session, branch_id: int, first: datetime, end: datetime) -> list[Slot]:
    """One slot for each moment at which any bay of the branch is free, the earliest first; customers choose times, not bays."""
    found: dict[datetime, Slot] = {}
    for slot, _ in free_slots(session, branch_id, first, end):
        found.setdefault(slot.starts_at, slot)
    return list(found.values())


def book(hub: Hub, work: Work, wish: Wish) -> int:
    """Answers the appointment's id. Raises WrongInput when the time is taken or over, NotFound for a car that is not theirs."""
    customer, person = _customer(work, wish.customer_ref)
    car = _car(work, customer, person, hub, wish.vehicle_ref)
    slot = _free(work, wish.branch, wish.starts_at, None)
    record = AppointmentRecord(
        customer=CustomerKey(partner_id=customer.ref, ref=customer.ref),
        key=f"portal/{customer.ref}/{wish.once}",
        at=work.now,
        branch=wish.branch,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        booked_at=work.now,
        vehicle_partner_id=car,
        services=(wish.service,),
    )
    try:
        folded = customers.fold(hub, work, hub.partner(OWN), [record])
        work.session.flush()
    except IntegrityError:
        raise WrongInput(*TAKEN) from None
    if folded.clashes:
        raise WrongInput(*TAKEN)
    held = select(Appointment).where(Appointment.customer_id == customer.id, Appointment.starts_at == slot.starts_at)
    row = work.session.scalars(held.order_by(Appointment.id.desc())).first()
    assert row is not None  # noqa: S101 - it was folded above
    pipeline.follow(hub, work, folded.touched, [*folded.intents, _intent(customer, row, "booked", work.now)])
    work.audit("portal", "appointment_booked", "appointment", row.id)
    return row.id


def move(hub: Hub, work: Work, customer_ref: str, appointment_id: int, starts_at: datetime) -> None:
    """To another time at the same branch. The old slot is given up only once the new one is held. Raises WrongInput, NotFound."""
    customer, _ = _customer(work, customer_ref)
    row = _own(work, customer, appointment_id)
    if row.starts_at == starts_at:
        return
    slot = _free(work, row.branch, starts_at, row.slot_id)
    _give_up(work, row)
    work.session.flush()
    slot.customer_id = customer.id
    row.slot_id, row.bay_id = slot.id, slot.bay_id
    row.starts_at, row.ends_at, row.told_at = slot.starts_at, slot.ends_at, work.now
    row.local_day = local_day(slot.starts_at, _branch(work, row.branch).zone)
    work.session.flush()
    changes = {customer.id: {"appointment"}}
    customer.version += 1
    pipeline.follow(hub, work, changes, [_intent(customer, row, "moved", work.now)])
    work.audit("portal", "appointment_moved", "appointment", row.id)


def cancel(hub: Hub, work: Work, customer_ref: str, appointment_id: int) -> None:
    """Its slot is free again at once. Raises NotFound; WrongInput when it has begun."""
    customer, _ = _customer(work, customer_ref)
    row = _own(work, customer, appointment_id)
    _give_up(work, row)
    row.state, row.ended_at, row.told_at = "cancelled", work.now, work.now
    work.add(_cancelled(hub, work, row))
    work.session.flush()
    customer.version += 1
    changes = {customer.id: {"appointment", "event.booking_cancelled"}}
    pipeline.follow(hub, work, changes, [_intent(customer, row, "cancelled", work.now)])
    work.audit("portal", "appointment_cancelled", "appointment", row.id)


def _customer(work: Work, ref: str) -> tuple[Customer, Person]:
    """Their row is locked: two windows of one customer come one after the other."""
    wanted = select(Customer).where(called(ref)).with_for_update()
    customer = work.session.scalars(wanted).first()
    person = work.session.get(Person, customer.person_id) if customer else None
    if customer is None or person is None or person.data_key_id is None:
        raise NotFound("There is no such customer.")
    return customer, person


def _car(work: Work, customer: Customer, person: Person, hub: Hub, ref: str | None) -> str | None:
    """Our own door knows a car by our ref, so that the record of a booking finds it."""
    if ref is None:
        return None
    mine = (Ownership.customer_id == customer.id, Ownership.until.is_(None), Vehicle.ref == ref, entrusting.stands())
    vehicle_id = work.session.scalar(
        select(Vehicle.id).join(Ownership, Ownership.vehicle_id == Vehicle.id).where(*mine)
    )
    if vehicle_id is None:
        raise NotFound("There is no such car among yours.", "Choose one of the list.")
    own = hub.partner(OWN)
    blinds = work.vault.blinds(work.session, f"link:{own.id}:vehicle", ref)
    known = select(Link.id).where(Link.connection_id == own.id, Link.about == "vehicle", Link.hash.in_(blinds))
    if work.session.scalar(known) is None:
        identity.link(work, own, "vehicle", ref, vehicle_id, person)
        work.session.flush()
    return ref


def _own(work: Work, customer: Customer, appointment_id: int) -> Appointment:
    """Somebody else's and one that is nowhere are the same."""
    row = work.session.get(Appointment, appointment_id, with_for_update=True)
    if row is None or row.customer_id != customer.id:
        raise NotFound("There is no such appointment among yours.")
    if row.state != "booked" or row.starts_at <= work.now:
        raise WrongInput("This appointment can no longer be changed.", "Please call the garage.")
    return row


def _branch(work: Work, code: str) -> Branch:
    branch = work.session.scalars(select(Branch).where(Branch.code == code)).first()
    if branch is None:
        raise NotFound("There is no such garage.")
    return branch


def _free(work: Work, code: str, starts_at: datetime, own_slot: int | None) -> Slot:
    """A slot at this moment that nobody holds, all that start then locked in one order."""
    if starts_at <= work.now:
        raise WrongInput("This time is over.", "Choose one that is still to come.")
    wanted = (
        select(Slot)
        .join(Bay, Bay.id == Slot.bay_id)
        .where(Bay.branch_id == _branch(work, code).id, Slot.starts_at == starts_at, Slot.closed_at.is_(None))
        .order_by(Bay.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for slot in work.session.scalars(wanted):
        if slot.id != own_slot and slot.customer_id is None and not _overlapped(work, slot, own_slot):
            return slot
    raise WrongInput(*TAKEN)


def _overlapped(work: Work, slot: Slot, own_slot: int | None) -> bool:
    others = select(Appointment.id).where(
        Appointment.bay_id == slot.bay_id,
        Appointment.slot_id.is_not(None),
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
    )
    if own_slot is not None:
        others = others.where(Appointment.slot_id != own_slot)
    return work.session.scalar(others.limit(1)) is not None


def _give_up(work: Work, row: Appointment) -> None:
    slot = work.session.get(Slot, row.slot_id) if row.slot_id else None
    if slot is not None:
        slot.customer_id = None
    row.slot_id = None


def _cancelled(hub: Hub, work: Work, row: Appointment) -> Event:
    zone = _branch(work, row.branch).zone
    source = f"booking_cancelled:portal:{row.id}:{work.now.isoformat()}"
    notice = max(timedelta(), row.starts_at - work.now).days
    return Event(
        kind="booking_cancelled", customer_id=row.customer_id, vehicle_id=row.vehicle_id, about_id=row.id,
        at_utc=work.now.astimezone(UTC), local_day=local_day(work.now, zone), zone=zone,
        attributes={"branch": row.branch, "notice_days": notice}, received_at=work.now, connection_id=hub.partner(OWN).id,
        source_hash=work.vault.fingerprint("event", OWN, source),
    )  # fmt: skip


def _intent(customer: Customer, row: Appointment, what: str, now: datetime) -> tuple[int, Intent]:
    """kind: booked, moved or cancelled; how: where and when, as the garage's system writes its slots."""
    how = f"{row.branch}/{row.starts_at.isoformat()}"
    refs = {"customer_id": customer.id, "kind": what, "how": how}
    return customer.id, Intent(CHANGED, customer.ref, f"appointment:{row.id}:{now.isoformat()}", refs)

"""Appointments and the slots they hold: one slot, one appointment, whoever asks at the same time."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update

from hub.flow.told import Happened, Kind, Station, Tally, Telling
from hub.flow.values import seal_text
from hub.models import Appointment, Bay, Slot
from hub.sdk import AppointmentRecord
from rules.calendar import local_day

HOLDS = ("booked", "arrived")


def _appointment(station: Station, told: Telling) -> dict[str, Any]:
    record: AppointmentRecord = told.record
    return {
        "vehicle_id": station.vehicle(told),
        "branch": record.branch,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "local_day": local_day(record.starts_at, station.places.zone(record.branch)),
        "state": _state(record),
        "booked_at": record.booked_at,
        "ended_at": None if _state(record) in HOLDS else record.ended_at or record.at,
        "services": list(record.services),
        "note": seal_text(station.work, told.known, "appointments.note", told.row_id, record.note),
    }


def _state(record: AppointmentRecord) -> str:
    return "cancelled" if record.cancelled else record.state


def _booked(record: AppointmentRecord, values: Mapping[str, Any]) -> Iterable[Happened]:
    attributes = {"branch": record.branch, "lead_days": max(0, (record.starts_at - record.booked_at).days)}
    yield Happened("booking_made", record.booked_at, attributes=attributes)
    ended = record.ended_at or record.at
    if record.state == "cancelled":
        notice = max(0, (record.starts_at - ended).days)
        yield Happened("booking_cancelled", ended, attributes={"branch": record.branch, "notice_days": notice})
    if record.state == "no_show":
        yield Happened("no_show", record.starts_at, attributes={"branch": record.branch})


APPOINTMENT = Kind("appointment", Appointment, _appointment, _booked)


def place(station: Station, tally: Tally) -> None:
    """Give up the slots that are no longer held, then find one for each that is booked, bay by bay in one order, so that two
    workers never wait in a ring."""
    work = station.work
    ids = [one.row_id for one in tally.tellings if one.before is not None]
    held = (
        {row.id: row for row in work.session.scalars(select(Appointment).where(Appointment.id.in_(ids)))} if ids else {}
    )
    wanting = []
    for one in tally.tellings:
        row = held.get(one.row_id)
        if row is not None:
            work.session.refresh(row)
        if row is not None and row.slot_id is not None and not _still(station, row, one.record):
            _release(station, row)
        if _state(one.record) == "booked" and one.record.ends_at > work.now and (row is None or row.slot_id is None):
            wanting.append(one)
    work.session.flush()
    for one in sorted(wanting, key=lambda one: (one.record.branch, one.record.bay or "", one.record.starts_at)):
        if not _claim(station, one):
            tally.clashes += 1
            work.audit(station.partner.name, "appointment_unplaced", "appointment", one.row_id)


def _still(station: Station, row: Appointment, record: AppointmentRecord) -> bool:
    """Does it still hold the slot it had?"""
    slot = station.work.session.get(Slot, row.slot_id)
    same = slot is not None and (slot.starts_at, slot.ends_at) == (record.starts_at, record.ends_at)
    bay = station.work.session.get(Bay, slot.bay_id) if slot is not None else None
    right = bay is not None and record.bay in (None, bay.title)
    return _state(record) in HOLDS and same and right


def _release(station: Station, row: Appointment) -> None:
    slot = station.work.session.get(Slot, row.slot_id)
    if slot is not None:
        slot.customer_id = None
    row.slot_id = None


def _claim(station: Station, one: Telling) -> bool:
    """False: every bay that would do is taken. A branch that publishes no slots and names no bay has none to take."""
    record: AppointmentRecord = one.record
    slots = [_named(station, record)] if record.bay else _published(station, record)
    if slots is None:
        return True
    for slot in slots:
        if slot is not None and _is_free(station, slot, record, one.row_id):
            slot.customer_id = one.known.customer.id
            own = update(Appointment).where(Appointment.id == one.row_id)
            station.work.session.execute(own.values(slot_id=slot.id, bay_id=slot.bay_id))
            return True
    return False


def _named(station: Station, record: AppointmentRecord) -> Slot | None:
    """The slot of this bay and start, made where the garage books beside what it published."""
    bay = station.places.bay(record.branch, record.bay or "")
    wanted = select(Slot).where(Slot.bay_id == bay.id, Slot.starts_at == record.starts_at)
    slot = station.work.session.scalars(wanted.execution_options(populate_existing=True)).first()
    if slot is None:
        slot = station.work.add(Slot(bay_id=bay.id, starts_at=record.starts_at, ends_at=record.ends_at))
        station.work.session.flush()
    return slot


def _published(station: Station, record: AppointmentRecord) -> list[Slot | None] | None:
    """Slots of any bay of the branch at this start, their bays locked; None where nothing is published for it."""
    branch = station.places.branch(record.branch)
    wanted = (
        select(Slot)
        .join(Bay, Bay.id == Slot.bay_id)
        .where(Bay.branch_id == branch.id, Slot.starts_at == record.starts_at, Slot.closed_at.is_(None))
        .order_by(Bay.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(station.work.session.scalars(wanted)) or None


def _is_free(station: Station, slot: Slot, record: AppointmentRecord, own: int) -> bool:
    """Nobody holds it, nor another one of the same bay that overlaps it."""
    overlapping = (
        select(Appointment.id)
        .join(Slot, Slot.id == Appointment.slot_id)
        .where(
            Slot.bay_id == slot.bay_id,
            Appointment.id != own,
            Appointment.starts_at < record.ends_at,
            Appointment.ends_at > record.starts_at,
        )
    )
    return slot.customer_id is None and station.work.session.scalars(overlapping).first() is None

"""A customer's appointments to come, each in the zone of its branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.flow import entrusting
from hub.flow.appointments import HOLDS
from hub.models import Appointment, Branch, Vehicle
from portal.me import Me


@dataclass(frozen=True)
class Booked:
    """works: what it is for, in our words. car: what it is called, or nothing. zone: IANA name. is_mine: booked for its reader,
    and not by the owner of a car that is entrusted to them."""

    id: int
    starts_at: datetime
    ends_at: datetime
    branch: str
    branch_code: str
    zone: str
    car: str
    vehicle_ref: str
    works: Sequence[str]
    state: str
    is_mine: bool = True


def booked(session: Session, me: Me, now: datetime) -> list[Booked]:
    """Those that have not ended, the next one first; with those of the cars that others entrusted to them."""
    theirs = entrusting.shared_by(Appointment.customer_id, me.customer_id, Appointment.vehicle_id)
    wanted = (
        select(Appointment, Branch.title, Branch.zone, Vehicle.make, Vehicle.model, Vehicle.ref)
        .outerjoin(Branch, Branch.code == Appointment.branch)
        .outerjoin(Vehicle, Vehicle.id == Appointment.vehicle_id)
        .where(
            Appointment.customer_id.in_(entrusting.near(me.customer_id)),
            or_(Appointment.customer_id == me.customer_id, theirs),
            Appointment.state.in_(HOLDS),
            Appointment.ends_at > now,
        )
        .order_by(Appointment.starts_at)
    )
    return [
        Booked(
            id=row.id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            branch=title or row.branch,
            branch_code=row.branch,
            zone=zone or "UTC",
            car=model or make or "",
            vehicle_ref=ref or "",
            works=tuple(row.services),
            state=row.state,
            is_mine=row.customer_id == me.customer_id,
        )
        for row, title, zone, make, model, ref in session.execute(wanted)
    ]

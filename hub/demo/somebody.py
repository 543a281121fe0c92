"""Somebody of the demo whose pages have much to show: a long history, two cars, a card, a visit to come, advice not taken."""

from datetime import datetime

from sqlalchemy import ColumnElement, Integer, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.models import Appointment, Customer, MembershipCard, Person, Profile


def somebody(session: Session, now: datetime) -> str | None:
    """The ref of the most interesting customer; None while nobody is there."""
    coming = _has(Appointment.customer_id, Appointment.state == "booked", Appointment.starts_at > now)
    member = _has(MembershipCard.customer_id)
    advised = case((Profile.recommendations_declined > 0, 6), else_=0)
    worth = Profile.visits_count + 4 * func.coalesce(Profile.vehicles_count, 0) + 12 * coming + 8 * member + advised
    wanted = (
        select(Customer.ref)
        .join(Profile, Profile.customer_id == Customer.id)
        .join(Person, Person.id == Customer.person_id)
        .where(Person.data_key_id.is_not(None))
        .order_by(worth.desc(), Customer.id)
    )
    return session.scalar(wanted.limit(1))


def _has(owner: InstrumentedAttribute[int], *more: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(select(owner).where(owner == Customer.id, *more).exists(), Integer)

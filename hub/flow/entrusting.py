"""An owner lets somebody drive or pay for their car, and takes it back; what was given ends with the owner's own time."""

import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.models import CarInvitation, Customer, Ownership, Person, Vehicle, new_ref
from hub.vault import Vault
from hub.work import Work
from rules.calendar import local_day

ROLES = ("driver", "payer")
LASTS = timedelta(days=3)  # an address that nobody has used
MOST = 20  # people of one car
MOST_CALLED = 80  # letters


def stands() -> ColumnElement[bool]:
    """The one gate: of an Ownership, that it counts. An owner's own does; what an owner gave does until they take it back, or
    the car is theirs no more."""
    owned = aliased(Ownership)
    given = (
        select(CarInvitation.id)
        .join(owned, (owned.vehicle_id == CarInvitation.vehicle_id) & (owned.customer_id == CarInvitation.customer_id))
        .where(CarInvitation.ownership_id == Ownership.id, CarInvitation.ended_at.is_(None))
        .where(owned.role == "owner", owned.until.is_(None))
    )
    return or_(Ownership.role == "owner", exists(given.correlate(Ownership)))


def near(customer_id: int) -> CompoundSelect[Any]:
    """This customer and the owners who entrusted a car to them: so few that their rows are found by an index."""
    owners = select(CarInvitation.customer_id).join(Ownership, Ownership.id == CarInvitation.ownership_id)
    mine = (Ownership.customer_id == customer_id, Ownership.until.is_(None), stands())
    return select(literal(customer_id, BigInteger)).union_all(owners.where(*mine))


def shared_by(owner_id: Any, customer_id: int, vehicle_id: Any) -> ColumnElement[bool]:
    """Of a row of a car's owner: that its car stands entrusted to this customer now. owner_id, vehicle_id: its columns."""
    given = (
        select(CarInvitation.id)
        .join(Ownership, Ownership.id == CarInvitation.ownership_id)
        .where(Ownership.customer_id == customer_id, Ownership.until.is_(None), stands())
        .where(Ownership.vehicle_id == vehicle_id, CarInvitation.customer_id == owner_id)
    )
    return exists(given)


def invite(work: Work, owner_id: int, vehicle_ref: str, role: str, called: str, by: str) -> str:
    """The secret of an address for one person. called: what the owner calls them. Raises NotFound, WrongInput."""
    owner = work.session.get_one(Customer, owner_id)
    vehicle_id = _owned(work, owner_id, vehicle_ref)
    name = called.strip()[:MOST_CALLED]
    if not name or role not in ROLES:
        raise WrongInput("Say who it is for, and what they do.", "The name is seen by you alone.")
    mine = (CarInvitation.customer_id == owner_id, CarInvitation.vehicle_id == vehicle_id, _waits_or_counts(work))
    if len(work.session.scalars(select(CarInvitation.id).where(*mine)).all()) >= MOST:
        raise WrongInput("Many people have this car already.", "Take it back from somebody first.")
    secret = secrets.token_urlsafe(32)
    row = CarInvitation(id=work.ids.next(), ref=new_ref(), secret_hash=_hash(work.vault, secret), customer_id=owner_id,
                        vehicle_id=vehicle_id, role=role, made_at=work.now, expires_at=work.now + LASTS)  # fmt: skip
    key_id = work.session.scalar(select(Person.data_key_id).where(Person.id == owner.person_id))
    row.called = work.vault.seal(work.key(key_id), name.encode(), f"car_invitations.called:{row.id}")
    work.add(row)
    work.audit(by, "car_entrusted", "vehicle", vehicle_id, invitation=row.ref, role=role)
    return secret


def accept(hub: Hub, work: Work, customer_id: int, secret: str, by: str) -> str:
    """The ref of the car they now drive or pay for. Raises NotFound for an address that opens nothing, whyever; WrongInput for
    who has the car already."""
    wanted = (
        select(CarInvitation)
        .join(Ownership, (Ownership.vehicle_id == CarInvitation.vehicle_id) & (Ownership.customer_id == CarInvitation.customer_id))
        .where(CarInvitation.secret_hash == _hash(work.vault, secret), _waits(work))
        .where(Ownership.role == "owner", Ownership.until.is_(None))
        .with_for_update(of=CarInvitation)
    )  # fmt: skip
    row = work.session.scalars(wanted).first()
    if row is None:
        raise NotFound("This address opens nothing.", "It was used, or has ended: ask for a new one.")
    theirs = (Ownership.vehicle_id == row.vehicle_id, Ownership.customer_id == customer_id, Ownership.until.is_(None))
    if work.session.scalars(select(Ownership.id).where(*theirs, stands())).first() is not None:
        raise WrongInput("You have this car already.", "It stands among your cars.")
    today = local_day(work.now, hub.here.zone)
    given = Ownership(vehicle_id=row.vehicle_id, customer_id=customer_id, role=row.role, since=today, until=None)
    work.add(given)
    work.session.flush()
    row.ownership_id = given.id
    work.audit(by, "car_accepted", "vehicle", row.vehicle_id, invitation=row.ref, role=row.role)
    return str(work.session.scalars(select(Vehicle.ref).where(Vehicle.id == row.vehicle_id)).one())


def withdraw(hub: Hub, work: Work, owner_id: int, ref: str, by: str) -> str:
    """The ref of the car. From now on they see nothing of it. Raises NotFound for another's invitation."""
    mine = (CarInvitation.ref == ref, CarInvitation.customer_id == owner_id)
    row = work.session.scalars(select(CarInvitation).where(*mine)).first()
    if row is None:
        raise NotFound("There is no such person of yours.")
    if row.ended_at is None:
        row.ended_at = work.now
        if row.ownership_id is not None:
            given = work.session.get_one(Ownership, row.ownership_id)
            given.until = max(local_day(work.now, hub.here.zone), given.since)
        work.audit(by, "car_taken_back", "vehicle", row.vehicle_id, invitation=row.ref, role=row.role)
    return str(work.session.scalars(select(Vehicle.ref).where(Vehicle.id == row.vehicle_id)).one())


def given(session: Session, owner_id: int, vehicle_id: int) -> list[tuple[CarInvitation, date | None]]:
    """Those that have not ended, in the order in which they were made, each with the day since which they have the car."""
    mine = (CarInvitation.customer_id == owner_id, CarInvitation.vehicle_id == vehicle_id)
    wanted = (
        select(CarInvitation, Ownership.since)
        .outerjoin(Ownership, Ownership.id == CarInvitation.ownership_id)
        .where(*mine, CarInvitation.ended_at.is_(None))
        .order_by(CarInvitation.id)
    )
    return [(row, since) for row, since in session.execute(wanted)]


def _owned(work: Work, owner_id: int, vehicle_ref: str) -> int:
    mine = (Ownership.customer_id == owner_id, Ownership.role == "owner", Ownership.until.is_(None))
    found = select(Vehicle.id).join(Ownership, Ownership.vehicle_id == Vehicle.id).where(*mine)
    vehicle_id = work.session.scalars(found.where(Vehicle.ref == vehicle_ref)).first()
    if vehicle_id is None:
        raise NotFound("There is no such car among yours.", "Your cars stand on the start page.")
    return vehicle_id


def _waits(work: Work) -> ColumnElement[bool]:
    return (
        CarInvitation.ownership_id.is_(None) & CarInvitation.ended_at.is_(None) & (CarInvitation.expires_at > work.now)
    )


def _waits_or_counts(work: Work) -> ColumnElement[bool]:
    return or_(_waits(work), CarInvitation.ownership_id.is_not(None) & CarInvitation.ended_at.is_(None))


def _hash(vault: Vault, secret: str) -> bytes:
    return vault.fingerprint("car_invitation", secret)

"""A customer's cars, and what happened to each while it was theirs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from hub.errors import NotFound
from hub.flow import entrusting
from hub.models import Line, Ownership, Recommendation, Vehicle, Visit
from portal.me import Me


@dataclass(frozen=True)
class Car:
    """role: owner, driver or payer. [since, until) half open; until is None while it is theirs."""

    id: int
    ref: str
    make: str
    model: str
    fuel: str
    first_registered: date | None
    odometer_km: int | None
    plate: str
    vin: str
    role: str
    since: date
    until: date | None

    @property
    def title(self) -> str:
        return " ".join(part for part in (self.make, self.model) if part)

    @property
    def short(self) -> str:
        """What people call it: the model, or the make, or nothing."""
        return self.model or self.make

    @property
    def is_mine(self) -> bool:
        return self.until is None

    @property
    def sees_prices(self) -> bool:
        """A driver sees what keeps the car safe, not what it cost."""
        return self.role != "driver"


def cars_of(session: Session, me: Me) -> list[Car]:
    """Those they have now come first, and the latest of each kind before the others. A car that came back is one car."""
    return cars_in(me, held(session, me))


def held(session: Session, me: Me) -> list[tuple[Ownership, Vehicle]]:
    """Which cars were theirs and when, the earliest first."""
    wanted = (
        select(Ownership, Vehicle)
        .join(Vehicle, Vehicle.id == Ownership.vehicle_id)
        .where(Ownership.customer_id == me.customer_id, entrusting.stands())
        .order_by(Ownership.since, Ownership.id)
    )
    return [(owned, vehicle) for owned, vehicle in session.execute(wanted)]


def cars_in(me: Me, rows: Iterable[tuple[Ownership, Vehicle]]) -> list[Car]:
    latest = {vehicle.id: _car(me, owned, vehicle) for owned, vehicle in rows}
    return sorted(latest.values(), key=lambda car: (car.until is not None, -car.since.toordinal(), car.id))


def car_of(session: Session, me: Me, ref: str) -> Car:
    """Raises NotFound: somebody else's car and one that is nowhere are the same."""
    found = next((car for car in cars_of(session, me) if car.ref == ref), None)
    if found is None:
        raise NotFound("There is no such car among yours.", "Your cars stand on the start page.")
    return found


def _car(me: Me, owned: Ownership, vehicle: Vehicle) -> Car:
    return Car(
        id=vehicle.id,
        ref=vehicle.ref,
        make=vehicle.make or "",
        model=vehicle.model or "",
        fuel=vehicle.fuel or "",
        first_registered=vehicle.first_registered,
        odometer_km=vehicle.odometer_km,
        plate=me.value("plate", vehicle.id),
        vin=me.value("vin", vehicle.id),
        role=owned.role,
        since=owned.since,
        until=owned.until,
    )


def within(me: Me, car: Car, model: type[Visit] | type[Recommendation]) -> ColumnElement[bool]:
    """Rows of this car that its reader may see: their own; who drives or pays sees the owner's, too, of that time."""
    mine = model.customer_id == me.customer_id
    if car.role == "owner":
        return and_(model.vehicle_id == car.id, mine)
    at = model.opened_at if issubclass(model, Visit) else model.made_at
    ends = [at < _midnight(car.until)] if car.until is not None else []
    return and_(model.vehicle_id == car.id, or_(mine, and_(at >= _midnight(car.since), *ends)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Stop:
    """A visit as the car's own rhythm needs it. codes: of its lines."""

    id: int
    day: date
    km: int | None
    reason: str
    codes: frozenset[str]


def stops_of(session: Session, me: Me, cars: Iterable[Car], *, coded: bool = True) -> Mapping[int, list[Stop]]:
    """Vehicle id -> its visits that were closed, the earliest first. Two queries for all cars; one where codes are not needed."""
    mine = [within(me, car, Visit) for car in cars]
    if not mine:
        return {}
    columns = (Visit.id, Visit.vehicle_id, Visit.local_day, Visit.odometer_km, Visit.reason)
    rows = session.execute(
        select(*columns).where(or_(*mine), Visit.status == "closed").order_by(Visit.local_day, Visit.opened_at)
    ).all()
    codes: dict[int, set[str]] = defaultdict(set)
    lines = select(Line.visit_id, Line.code).where(
        Line.visit_id.in_([row.id for row in rows]), Line.withdrawn_at.is_(None)
    )
    for visit_id, code in session.execute(lines) if coded else ():
        codes[visit_id].add(code)
    found: dict[int, list[Stop]] = defaultdict(list)
    for row in rows:
        if row.vehicle_id is not None:
            stop = Stop(row.id, row.local_day, row.odometer_km, row.reason, frozenset(codes[row.id]))
            found[row.vehicle_id].append(stop)
    return found


@dataclass(frozen=True)
class Advice:
    """Work that was advised for a car. state: open, sold or declined. note: the mechanic's own words."""

    id: int
    vehicle_id: int
    visit_id: int | None
    part: str
    safety: str
    state: str
    made_on: date
    due_on: date | None
    due_km: int | None
    amount_minor: int | None
    currency: str | None
    note: str


def advice_of(session: Session, me: Me, cars: Iterable[Car]) -> Mapping[int, list[Advice]]:
    """Vehicle id -> what was advised, the earliest first."""
    return advice_in(me, advised(session, me, cars), cars)


def advised(session: Session, me: Me, cars: Iterable[Car]) -> list[Recommendation]:
    wanted = [within(me, car, Recommendation) for car in cars]
    if not wanted:
        return []
    rows = session.scalars(
        select(Recommendation)
        .where(or_(*wanted), Recommendation.state != "withdrawn")
        .order_by(Recommendation.made_at, Recommendation.id)
    )
    return list(rows)


def advice_in(me: Me, rows: Iterable[Recommendation], cars: Iterable[Car]) -> Mapping[int, list[Advice]]:
    prices = {car.id: car.sees_prices for car in cars}
    found: dict[int, list[Advice]] = defaultdict(list)
    for row in rows:
        if row.vehicle_id is not None:
            found[row.vehicle_id].append(_advice(me, row, row.vehicle_id, prices[row.vehicle_id]))
    return found


def _advice(me: Me, row: Recommendation, vehicle_id: int, priced: bool) -> Advice:
    """Free text is sealed under its owner's key: a driver cannot read what was written to somebody else."""
    mine = row.customer_id == me.customer_id
    return Advice(
        id=row.id,
        vehicle_id=vehicle_id,
        visit_id=row.visit_id,
        part=row.part or row.code,
        safety=row.safety,
        state=row.state,
        made_on=row.made_at.date(),
        due_on=row.due_on,
        due_km=row.due_km,
        amount_minor=row.amount_minor if priced else None,
        currency=row.currency,
        note=me.opened("recommendations.note", row.id, row.note) if mine else "",
    )

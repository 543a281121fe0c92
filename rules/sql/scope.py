"""What a condition is asked about: a customer's row, or one of their cars, at a moment."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from rules.calendar import Moment


@dataclass(frozen=True)
class Tables:
    """profile: one row per customer with customer_id and a column per fact. event: id, customer_id (never NULL),
    vehicle_id, kind, at_utc, local_day, amount_minor, currency, attributes (JSON), withdrawn_at.

    Where conditions ask for them: ownership (customer_id, vehicle_id, role, since, until), vehicle (id and a column per
    fact), score (id, customer_id, name, as_of, value, low, high, support), customer (id, ref, person_id), consent (id,
    person_id, purpose, channel, state, at), pin (customer_id, segment, inside, last_on, ended_at)."""

    profile: FromClause
    event: FromClause
    ownership: FromClause | None = None
    vehicle: FromClause | None = None
    score: FromClause | None = None
    customer: FromClause | None = None
    consent: FromClause | None = None
    pin: FromClause | None = None

    def alias(self, name: str) -> FromClause:
        """A new name for a table at each use, so that no subquery is taken for its neighbour."""
        found = getattr(self, name)
        if found is None:
            raise LookupError(f"The rules ask for {name}, and were given no such table.")
        return found.alias()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Car:
    vehicle: FromClause
    ownership: FromClause

    def column(self, name: str) -> ColumnElement[Any]:
        return self.vehicle.c[name] if name in self.vehicle.c else self.ownership.c[name]


@dataclass(frozen=True)
class Scope:
    tables: Tables
    moment: Moment
    car: Car | None = None

    @property
    def customer(self) -> ColumnElement[Any]:
        return self.tables.profile.c.customer_id

    @property
    def whose(self) -> ColumnElement[Any]:
        """Whose events are counted: the customer's, or the car's."""
        return self.customer if self.car is None else self.car.vehicle.c.id

    def owner_of(self, event: FromClause) -> ColumnElement[Any]:
        return event.c.customer_id if self.car is None else event.c.vehicle_id

    def mine(self, event: FromClause) -> list[ColumnElement[bool]]:
        """Of a car, only what happened to it while this customer came with it."""
        if self.car is None:
            return []
        return [event.c.customer_id == self.car.ownership.c.customer_id, event.c.vehicle_id.is_not(None)]

    def with_car(self, car: Car) -> "Scope":
        return replace(self, car=car)

    def in_zone(self, zone: str) -> "Scope":
        return Scope(self.tables, Moment(self.moment.now, zone))

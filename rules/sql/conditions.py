"""A condition as SQLAlchemy Core over all customers at once."""

from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    union_all,
)

from rules.calendar import Moment
from rules.sql.compare import test_all
from rules.sql.events import event_test
from rules.sql.relations import bucket_test, consent_test, pinned, score_test
from rules.sql.scope import Car, Scope, Tables
from rules.sql.sequences import sequence_test
from rules.tree import (
    All,
    AnyOf,
    BucketTest,
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    Not,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    VehicleTest,
)


def select_members(condition: Condition, tables: Tables, now: datetime, zone: str) -> Select[Any] | CompoundSelect[Any]:
    """The customer_id of everybody for whom the condition holds at `now`. Those pinned into a segment are a part of their
    own: beside an OR no index would serve the rest."""
    if not isinstance(condition, Pinned):
        return select(tables.profile.c.customer_id).where(where(condition, tables, now, zone))
    scope = Scope(tables, Moment(now, zone))
    rest = _where(condition.condition, scope), scope.customer.not_in(pinned(condition, scope))
    return union_all(select(scope.customer).where(*rest), pinned(condition, scope, inside=True))


def where(condition: Condition, tables: Tables, now: datetime, zone: str) -> ColumnElement[bool]:
    return _where(condition, Scope(tables, Moment(now, zone)))


def _where(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    """Verdicts are two-valued: a missing value is false, and `not` turns that into true. SQL's NULL does the first by
    itself in a WHERE, and keeps the index usable; below a `not` it is made false first."""
    match condition:
        case All(items):
            return and_(true(), *(_where(item, scope) for item in items))
        case AnyOf(items):
            return or_(false(), *(_where(item, scope) for item in items))
        case Not(item):
            return _not(_where(item, scope))
        case Pinned():
            put, held = pinned(condition, scope, inside=True), pinned(condition, scope)
            return or_(scope.customer.in_(put), and_(scope.customer.not_in(held), _where(condition.condition, scope)))
        case SegmentTest():
            inside = _where(condition.condition, scope.in_zone(condition.zone))
            return inside if condition.inside else _not(inside)
        case VehicleTest():
            return _vehicle(condition, scope)
        case FactTest():
            return _fact(condition, scope)
        case EventTest():
            return event_test(condition, scope)
        case Sequence():
            return sequence_test(condition, scope)
        case ScoreTest():
            return score_test(condition, scope)
        case ConsentTest():
            return consent_test(condition, scope)
        case BucketTest():
            return bucket_test(condition, scope)
        case unknown:
            assert_never(unknown)


def _not(verdict: ColumnElement[bool]) -> ColumnElement[bool]:
    return not_(func.coalesce(verdict, false()))


def _fact(node: FactTest, scope: Scope) -> ColumnElement[bool]:
    name = node.fact.column or node.fact.name
    column = scope.tables.profile.c[name] if scope.car is None else scope.car.column(name)
    currency = scope.tables.profile.c[node.fact.currency_column] if node.fact.currency_column else None
    return test_all(node.tests, column, currency, node.fact.type, scope.moment)


def _vehicle(node: VehicleTest, scope: Scope) -> ColumnElement[bool]:
    """Every: there is a car, and none that fails."""
    match node.quantifier:
        case "some":
            return _a_car(node, scope, fits=True)
        case "none":
            return not_(_a_car(node, scope, fits=True))
        case "every":
            return and_(_a_car(node, scope, fits=None), not_(_a_car(node, scope, fits=False)))


def _a_car(node: VehicleTest, scope: Scope, *, fits: bool | None) -> ColumnElement[bool]:
    """Whether a car is owned today for which the condition holds (True), fails (False), or any at all (None)."""
    car = Car(scope.tables.alias("vehicle"), scope.tables.alias("ownership"))
    today, own = scope.moment.today, car.ownership.c
    owned = [
        own.customer_id == scope.customer,
        own.vehicle_id == car.vehicle.c.id,
        own.role == "owner",
        own.since <= today,
        or_(own.until.is_(None), own.until > today),
    ]
    if fits is not None:
        verdict = _where(node.condition, scope.with_car(car))
        owned.append(verdict if fits else _not(verdict))
    return exists().where(*owned).correlate_except(car.vehicle, car.ownership)

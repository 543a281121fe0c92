"""How many events there are, and what they come to: grouped once for all customers, never one customer at a time."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, func, not_, or_, select, true

from rules.history import measure_holds, tests_of
from rules.sql.compare import test_all
from rules.sql.elements import field, thousandths
from rules.sql.scope import Scope
from rules.tree import EventTest, FieldTest, Measure


def event_test(node: EventTest, scope: Scope) -> ColumnElement[bool]:
    """At least n: the groups that reach it. At most n: everybody but those who exceed it, so that none counts as 0."""
    parts: list[ColumnElement[bool]] = []
    if node.low > 0:
        parts.append(scope.whose.in_(_counted(node, node.low, scope)))
    if node.high is not None:
        parts.append(scope.whose.not_in(_counted(node, node.high + 1, scope)))
    return and_(true(), *parts, *(_measure(node, measure, scope) for measure in node.measures))


def _counted(node: EventTest, least: int, scope: Scope) -> Select[Any]:
    statement, _ = _grouped(node, scope)
    return statement.having(func.count() >= least) if least > 1 else statement


def _grouped(node: EventTest, scope: Scope) -> tuple[Select[Any], FromClause]:
    event = scope.tables.alias("event")
    owner = scope.owner_of(event)
    return select(owner).where(*_kept(node, event, scope)).group_by(owner), event


def _kept(node: EventTest, event: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    return [*scope.mine(event), *_counts(node, event, scope)]


def _counts(node: EventTest, event: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    """Whether the test is about this event, whosever it is."""
    kept = [event.c.kind == node.kind.name, event.c.withdrawn_at.is_(None)]
    if node.within:
        kept.append(event.c.local_day.between(*node.within.reach(scope.moment.today)))
    if node.since:
        kept.append(event.c.local_day >= node.since)
    if node.up_to:
        kept.append(event.c.local_day <= node.up_to)
    return kept + [field_test(test, event, scope) for test in node.where]


def field_test(node: FieldTest, event: FromClause, scope: Scope) -> ColumnElement[bool]:
    column = field(event, node.field, node.type)
    return test_all(node.tests, column, event.c.currency, node.type, scope.moment)


def later(event: FromClause, than: FromClause) -> ColumnElement[bool]:
    """In the order in which things happened; of one moment, in the order of their ids."""
    same = and_(event.c.at_utc == than.c.at_utc, event.c.id > than.c.id)
    return or_(event.c.at_utc > than.c.at_utc, same)


def _measure(node: EventTest, measure: Measure, scope: Scope) -> ColumnElement[bool]:
    """Whoever has no event at all is in no group: where nothing passes the tests, everybody but those who fail them."""
    wanted = _last if measure.how == "last" else _over_groups
    if measure_holds(measure, [], scope.moment):
        return scope.whose.not_in(wanted(node, measure, scope, passing=False))
    return scope.whose.in_(wanted(node, measure, scope, passing=True))


def _over_groups(node: EventTest, measure: Measure, scope: Scope, *, passing: bool) -> Select[Any]:
    statement, event = _grouped(node, scope)
    column = field(event, measure.field, measure.type)
    if measure.currency:
        statement = statement.where(event.c.currency == measure.currency)
    tests = tuple(replace(test, currency=None) for test in tests_of(measure))
    value, type_ = _come_to(measure, column)
    return statement.having(_wanted(test_all(tests, value, None, type_, scope.moment), passing=passing))


def _come_to(measure: Measure, column: ColumnElement[Any]) -> tuple[ColumnElement[Any], str]:
    match measure.how:
        case "distinct":
            return func.count(column.distinct()), "number"
        case "sum":
            return func.coalesce(func.sum(thousandths(column) if measure.type == "number" else column), 0), "number"
        case "min":
            return func.min(column), measure.type
        case _:
            return func.max(column), measure.type


def _last(node: EventTest, measure: Measure, scope: Scope, *, passing: bool) -> Select[Any]:
    """The later event is compared with this one alone: Spark looks no further out than one level."""
    event, other = scope.tables.alias("event"), scope.tables.alias("event")
    owner, mine = scope.owner_of(event), other.c.customer_id == event.c.customer_id
    follows = (scope.owner_of(other) == owner, mine, *_counts(node, other, scope), later(other, event))
    column = field(event, measure.field, measure.type)
    verdict = test_all(measure.tests, column, event.c.currency, measure.type, scope.moment)
    return select(owner).where(
        *_kept(node, event, scope),
        ~exists().where(*follows).correlate_except(other),
        _wanted(verdict, passing=passing),
    )


def _wanted(verdict: ColumnElement[bool], *, passing: bool) -> ColumnElement[bool]:
    return verdict if passing else not_(func.coalesce(verdict, false()))

"""Events one after another, as EXISTS within EXISTS: each step looks at the step before it."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, not_, select, true

from rules.sql.elements import day_after, field
from rules.sql.events import field_test, later
from rules.sql.scope import Scope
from rules.tree import Sequence, Step


def sequence_test(node: Sequence, scope: Scope) -> ColumnElement[bool]:
    first = scope.tables.alias("event")
    wanted = [*_fits(node.steps[0], first, scope), *scope.mine(first)]
    if node.within:
        wanted.append(first.c.local_day.between(*node.within.reach(scope.moment.today)))
    if node.by:
        wanted.append(_key(node, first).is_not(None))
    return scope.whose.in_(select(scope.owner_of(first)).where(*wanted, _rest(node, 1, first, scope)))


def _key(node: Sequence, event: FromClause) -> ColumnElement[Any]:
    return field(event, str(node.by), str(node.by_type))


def _fits(step: Step, event: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        event.c.kind == step.kind.name,
        event.c.withdrawn_at.is_(None),
        event.c.local_day <= scope.moment.today,
        *(field_test(test, event, scope) for test in step.where),
    ]


def _rest(node: Sequence, index: int, before: FromClause, scope: Scope) -> ColumnElement[bool]:
    """Whether the steps from `index` on follow the event `before`."""
    if index == len(node.steps):
        return true()
    step = node.steps[index]
    if not step.absent:
        return _present(node, index, before, scope)
    if step.within is None:
        return _present(node, index + 1, before, scope, barred=index)
    over = day_after(before.c.local_day, step.within) < scope.moment.today
    return and_(over, not_(_found(node, index, before, scope)), _rest(node, index + 1, before, scope))


def _present(
    node: Sequence, index: int, before: FromClause, scope: Scope, barred: int | None = None
) -> ColumnElement[bool]:
    """barred: the step of which no event may lie between. Spark looks no further out than one level, so the event before
    stands beside this one then, to be seen from there."""
    event = scope.tables.alias("event")
    wanted = [*_follows(node, index, event, before, scope), _rest(node, index + 1, event, scope)]
    if barred is None:
        return exists().where(*wanted).correlate_except(event)
    other, same = scope.tables.alias("event"), scope.tables.alias("event")
    between = (*_follows(node, barred, other, same, scope), later(event, other))
    wanted += [same.c.id == before.c.id, ~exists().where(*between).correlate_except(other)]
    return exists().where(*wanted).correlate_except(event, same)


def _found(node: Sequence, index: int, before: FromClause, scope: Scope) -> ColumnElement[bool]:
    event = scope.tables.alias("event")
    return exists().where(*_follows(node, index, event, before, scope)).correlate_except(event)


def _follows(
    node: Sequence, index: int, event: FromClause, before: FromClause, scope: Scope
) -> list[ColumnElement[bool]]:
    step = node.steps[index]
    wanted = [event.c.customer_id == before.c.customer_id, *_fits(step, event, scope), later(event, before)]
    if scope.car is not None:
        wanted.append(event.c.vehicle_id == before.c.vehicle_id)
    if step.within is not None:
        wanted.append(event.c.local_day <= day_after(before.c.local_day, step.within))
    if node.by:
        wanted.append(_key(node, event) == _key(node, before))
    return wanted

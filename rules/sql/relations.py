"""What stands in tables beside the profile: scores, consents, pins, and the draw of experiments."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, Select, String, and_, exists, literal, or_, select

from rules.bucket import first_place
from rules.operators import MISSING
from rules.sql.compare import test_all
from rules.sql.elements import Place
from rules.sql.scope import Scope
from rules.tree import BucketTest, ConsentTest, Pinned, ScoreTest, Test


def score_test(node: ScoreTest, scope: Scope) -> ColumnElement[bool]:
    row = scope.tables.alias("score")
    known = _known(node, row, scope)
    if any(test.operator is MISSING for test in node.tests):
        return scope.customer.not_in(select(row.c.customer_id).where(*known))
    wanted = [*known, ~_later_score(node, row, scope)]
    if node.min_confidence is not None:
        confidence: ColumnElement[float] = literal(1.0, Double()) - (row.c.high - row.c.low)
        wanted.append(confidence >= literal(node.min_confidence, Double()))
    if node.min_support is not None:
        wanted.append(row.c.support >= node.min_support)
    if node.max_age is not None:
        wanted.append(row.c.as_of > node.max_age.before(scope.moment.today))
    if node.leave is None:
        wanted.append(test_all(node.tests, row.c.value, None, "number", scope.moment))
    else:
        wanted.append(row.c.customer_id.in_(_held_on(node, node.leave, scope)))
    return scope.customer.in_(select(row.c.customer_id).where(*wanted))


def _known(node: ScoreTest, row: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    return [row.c.name == node.name, row.c.as_of <= scope.moment.today]


def _later_score(node: ScoreTest, than: FromClause, scope: Scope, tests: tuple[Test, ...] = ()) -> ColumnElement[bool]:
    """Whether a later row, which passes these tests, is there."""
    row = scope.tables.alias("score")
    same_day = and_(row.c.as_of == than.c.as_of, row.c.id > than.c.id)
    after = or_(row.c.as_of > than.c.as_of, same_day)
    passing = test_all(tests, row.c.value, None, "number", scope.moment)
    wanted = (row.c.customer_id == than.c.customer_id, *_known(node, row, scope), after, passing)
    return exists().where(*wanted).correlate_except(row)


def _held_on(node: ScoreTest, leave: Test, scope: Scope) -> Select[Any]:
    """Who passed the tests at some time, and not `leave` since."""
    row = scope.tables.alias("score")
    passed = test_all(node.tests, row.c.value, None, "number", scope.moment)
    left = _later_score(node, row, scope, (leave,))
    return select(row.c.customer_id).where(*_known(node, row, scope), passed, ~left)


def consent_test(node: ConsentTest, scope: Scope) -> ColumnElement[bool]:
    customer, said = scope.tables.alias("customer"), scope.tables.alias("consent")
    about = (said.c.person_id == customer.c.person_id, *_about(node, said))
    if node.state == "missing":
        return scope.customer.not_in(select(customer.c.id).where(*about))
    other = scope.tables.alias("consent")
    after = or_(other.c.at > said.c.at, and_(other.c.at == said.c.at, other.c.id > said.c.id))
    later = (other.c.person_id == said.c.person_id, *_about(node, other), after)
    stands = ~exists().where(*later).correlate_except(other)
    return scope.customer.in_(select(customer.c.id).where(*about, said.c.state == node.state, stands))


def _about(node: ConsentTest, said: FromClause) -> list[ColumnElement[bool]]:
    return [said.c.purpose == node.purpose, said.c.channel == node.channel]


def bucket_test(node: BucketTest, scope: Scope) -> ColumnElement[bool]:
    customer = scope.tables.alias("customer")
    drawn = Place(literal(node.of, String()), customer.c.ref)
    within = (
        drawn >= literal(first_place(node.low), BigInteger()),
        drawn < literal(first_place(node.high), BigInteger()),
    )
    return scope.customer.in_(select(customer.c.id).where(*within))


def pinned(node: Pinned, scope: Scope, *, inside: bool = False) -> Select[Any]:
    """Whoever has a pin that stands; inside: only those put in."""
    row, today = scope.tables.alias("pin"), scope.moment.today
    wanted = [
        row.c.segment == node.segment,
        row.c.ended_at.is_(None),
        or_(row.c.last_on.is_(None), row.c.last_on >= today),
    ]
    return select(row.c.customer_id).where(*wanted, *([row.c.inside.is_(True)] if inside else []))

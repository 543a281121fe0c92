"""One rule, one meaning: SQL over all customers, the predicate for one, its trace and its compiled form agree on every condition.

A case is one (rule, customer, now). HUB_PROPERTY_CASES=100000 is the nightly profile."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import Connection, create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import StaticPool

from conditions import cases, checked
from histories import CATALOGUE, CUSTOMERS, ROWS, TABLES, TURNS, ZONES, pour, views, world
from rules.calendar import PERIODS, local_day
from rules.compiled import compiled
from rules.errors import NOWHERE
from rules.operators import OPERATORS, fitting
from rules.predicate import holds, trace
from rules.sql import select_members, teach_sqlite
from rules.tree import Condition, Not

CONDITIONS = 3  # per example, on the same customers
CASES = int(os.environ.get("HUB_PROPERTY_CASES", "4000"))  # per database
EXAMPLES = CASES // (CONDITIONS * CUSTOMERS)


def agree(connection: Connection, case: tuple[int, datetime, str, list[Condition]]) -> int:
    """How many conditions told somebody from somebody else."""
    number, now, zone, conditions = case
    rows = world(Random(number), now, zone)
    pour(connection, rows)
    telling, seen = 0, views(rows)
    for condition in conditions:
        with connection.begin_nested():  # a query that PostgreSQL refuses must not spoil the next example
            by_sql = set(connection.scalars(select_members(condition, TABLES, now, zone)))
        by_predicate = {one for one, view in seen.items() if holds(condition, view, now, zone)}
        by_trace = {one for one, view in seen.items() if trace(condition, view, now, zone).holds}
        check = compiled(condition, now, zone)
        by_function = {one for one, view in seen.items() if check(view)}
        assert by_sql == by_predicate == by_trace == by_function, (condition, now, zone)
        telling += 0 < len(by_sql) < len(seen)
    return telling


def every_test(today: date) -> Iterator[dict[str, Any]]:
    """Each operator on each fact that it fits, with arguments near which answers change."""
    arguments: dict[str, list[Any]] = {
        "number": [0, 3, 2.5, 0.30000000000000004, 2**53 - 1],
        "money": [0, "249.90 EUR", "10 KWD"],
        "text": ["gold", "%", "_", "g%d", "🚗", "é", "\\"],
        "flag": [True, False],
        "set": ["gold", "%", "é"],
        "day": [today, today - timedelta(days=30), today - timedelta(days=365)],
    }
    arguments["instant"] = arguments["day"]
    for fact in CATALOGUE.facts.values():
        yield {fact.name: {"is": "missing"}}
        for name in fitting(fact.type):
            several = arguments[fact.type]
            shapes: dict[str, list[Any]] = {
                "list": [several, several[:1]],
                "pair": [[several[0], several[0]]],
                "span": ["1d", "30d", "1m", "1y"],
                "period": list(PERIODS),
            }
            for argument in shapes.get(OPERATORS[name].argument, several):
                yield {fact.name: {name: argument}}


def agree_on_every_test(connection: Connection) -> int:
    """How many conditions told somebody from somebody else."""
    telling = 0
    for number, (now, zone) in enumerate(zip(TURNS, ZONES, strict=False)):
        conditions = [checked(document) for document in every_test(local_day(now, zone))][number % 3 :: 3]
        negated = [Not(condition, NOWHERE) for condition in conditions]
        telling += agree(connection, (number, now, zone, [*conditions, *negated]))
    return telling


SETTINGS = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],  # a world is a number: nothing of it can be made smaller
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


def prove(url: str, number: int) -> None:
    engine = create_engine(url, poolclass=StaticPool)
    if engine.dialect.name == "sqlite":
        listen(engine, "connect", lambda connection, _record: teach_sqlite(connection))
    try:
        with engine.connect() as connection:
            ROWS.create_all(connection)
            assert agree_on_every_test(connection) > 400

            @seed(number)
            @SETTINGS
            @given(cases(CONDITIONS))
            def same(case: tuple[int, datetime, str, list[Condition]]) -> None:
                agree(connection, case)

            same()
    finally:
        engine.dispose()


def test_sql_on_sqlite_and_the_predicate_choose_the_same_customers() -> None:
    prove("sqlite://", 20261125)


@pytest.mark.postgres
def test_sql_on_postgresql_and_the_predicate_choose_the_same_customers(postgres_url: str) -> None:
    prove(postgres_url, 20261126)

"""SQL over all customers chooses whom the predicate chooses, on every condition."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import StaticPool

from histories import ROWS, TABLES, World, pour
from meaning import prove
from rules.sql import select_members, teach_sqlite
from rules.tree import Condition


def prove_by_sql(url: str, number: int) -> None:
    engine = create_engine(url, poolclass=StaticPool)
    if engine.dialect.name == "sqlite":
        listen(engine, "connect", lambda connection, _record: teach_sqlite(connection))
    try:
        with engine.connect() as connection:
            ROWS.create_all(connection)

            def choose(rows: World, conditions: Sequence[Condition], now: datetime, zone: str) -> list[set[int]]:
                pour(connection, rows)
                found = []
                for condition in conditions:
                    with connection.begin_nested():  # a query that PostgreSQL refuses must not spoil the next example
                        found.append(set(connection.scalars(select_members(condition, TABLES, now, zone))))
                return found

            prove(choose, number)
    finally:
        engine.dispose()


def test_sql_on_sqlite_and_the_predicate_choose_the_same_customers() -> None:
    prove_by_sql("sqlite://", 20261125)


@pytest.mark.postgres
def test_sql_on_postgresql_and_the_predicate_choose_the_same_customers(postgres_url: str) -> None:
    prove_by_sql(postgres_url, 20261126)

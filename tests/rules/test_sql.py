"""SQL by example; that it always agrees with the predicate is proved in test_one_meaning."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import JSON, BigInteger, Column, Date, DateTime, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite

from rules.calendar import Span
from rules.catalogue import EventKind, Fact
from rules.errors import NOWHERE
from rules.operators import OPERATORS
from rules.sql import Tables, select_members
from rules.tree import Condition, EventTest, FactTest, FieldTest, Not, Test

ROWS = MetaData()
PROFILES = Table(
    "profiles",
    ROWS,
    Column("customer_id", BigInteger),
    Column("visits", BigInteger),
    Column("seen_at", DateTime(timezone=True)),
)
EVENTS = Table(
    "events",
    ROWS,
    Column("customer_id", BigInteger),
    Column("kind", String),
    Column("local_day", Date),
    Column("amount_minor", BigInteger),
    Column("currency", String),
    Column("attributes", JSON),
    Column("withdrawn_at", DateTime),
)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
VISITS = FactTest(Fact("visits.count", "number", column="visits"), (Test(OPERATORS["at_least"], 3),), NOWHERE)


def sql_of(condition: Condition, dialect: str = "sqlite", zone: str = "UTC") -> str:
    known = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}[dialect]()
    statement = select_members(condition, Tables(PROFILES, EVENTS), NOW, zone)
    return " ".join(str(statement.compile(dialect=known, compile_kwargs={"literal_binds": True})).split())


def test_a_fact_is_compared_as_it_is_so_that_its_index_serves() -> None:
    assert sql_of(VISITS).endswith("FROM profiles WHERE profiles.visits >= 3")


def test_below_a_not_a_missing_value_is_made_false_first() -> None:
    assert "coalesce(profiles.visits >= 3" in sql_of(Not(VISITS, NOWHERE))


def test_a_day_of_an_instant_is_a_range_of_moments_in_the_zone() -> None:
    on = FactTest(Fact("seen_at", "instant"), (Test(OPERATORS["is"], date(2026, 3, 29)),), NOWHERE)

    told = sql_of(on, zone="Europe/Berlin")

    assert "seen_at >= '2026-03-28 23:00:00.000000'" in told
    assert "seen_at < '2026-03-29 22:00:00.000000'" in told  # the clocks went forward: 23 hours


@pytest.mark.parametrize(
    ("dialect", "guard"),
    [("sqlite", "json_type(events_1.attributes"), ("postgresql", "json_typeof(events_1.attributes ->")],
)
def test_an_attribute_is_read_only_where_its_type_fits(dialect: str, guard: str) -> None:
    urgent = FieldTest("urgent", "flag", (Test(OPERATORS["is"], True),), NOWHERE)
    event = EventTest(EventKind("visit", "", {"urgent": "flag"}), 1, None, None, None, None, (urgent,), NOWHERE)

    assert f"CASE WHEN {guard}" in sql_of(event, dialect)


def test_at_most_n_leaves_out_those_with_more_and_keeps_those_with_none() -> None:
    few = EventTest(EventKind("visit"), 0, 2, Span(30, "d"), None, None, (), NOWHERE)

    told = sql_of(few)

    assert "profiles.customer_id NOT IN" in told
    assert "HAVING count(*) >= 3" in told

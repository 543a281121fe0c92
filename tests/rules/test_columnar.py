"""Conditions for engines that read columns, by example; that they mean the same is proved in hub/snapshots/test_identity."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from sqlalchemy import Date, literal, select
from sqlalchemy.exc import CompileError

from conditions import checked
from histories import CATALOGUE, TABLES
from rules.calendar import Span
from rules.sql import select_members
from rules.sql.columnar import Query, query
from rules.sql.elements import day_after
from rules.sql.flat import flat

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FLAT = flat(TABLES, CATALOGUE)


def asked(document: dict[str, Any], dialect: str) -> Query:
    return query(select_members(checked(document), FLAT, NOW, "UTC"), dialect)


def test_values_are_parameters_in_the_way_of_each_engine() -> None:
    tier = {"tier": {"one_of": ["gold", "it's"]}}

    duckdb, spark = asked(tier, "duckdb"), asked(tier, "spark")

    assert "IN ($1, $2)" in duckdb.text
    assert duckdb.parameters == ["gold", "it's"]
    assert "IN (:tier_1_1, :tier_1_2)" in spark.text
    assert spark.parameters == {"tier_1_1": "gold", "tier_1_2": "it's"}


def test_a_query_says_which_columns_it_reads_and_nothing_else_has_to_be_there() -> None:
    dear = {"all": [{"tier": {"is": "gold"}}, {"event": {"kind": "visit", "where": {"items": {"above": 2.5}}}}]}

    told = asked(dear, "duckdb")

    assert told.reads == {
        ("profiles", "customer_id"), ("profiles", "tier"), ("events", "customer_id"), ("events", "kind"),
        ("events", "withdrawn_at"), ("events", "number_items"),
    }  # fmt: skip
    assert 2.5 in told.parameters  # a double, as it lies in the files


@pytest.mark.parametrize(
    ("dialect", "days", "months"),
    [
        ("duckdb", "(events_1.local_day + CAST($7 AS INTEGER))", "CAST(events_1.local_day + to_months("),
        ("spark", "date_add(events_1.local_day, :param_1)", "add_months(events_1.local_day, :param_1)"),
    ],
)
def test_days_and_months_are_counted_on_in_the_words_of_each_engine(dialect: str, days: str, months: str) -> None:
    def silent(span: str) -> str:
        return asked({"sequence": {"steps": ["visit", {"not": "complaint", "within": span}]}}, dialect).text

    assert days.partition("$")[0] in silent("2w")
    assert months.partition("$")[0] in silent("2m")


@pytest.mark.parametrize("span", [Span(1, "d"), Span(2, "w"), Span(1, "m"), Span(13, "m"), Span(1, "y")])
@pytest.mark.parametrize("day", [date(2023, 1, 31), date(2024, 1, 31), date(2024, 2, 29), date(2026, 12, 31)])
def test_duckdb_counts_on_as_a_span_does(day: date, span: Span) -> None:
    told = query(select(day_after(literal(day, Date()), span)), "duckdb")

    with duckdb.connect() as connection:
        assert connection.execute(told.text, told.parameters).fetchall() == [(span.after(day),)]


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_json_that_was_not_made_flat_is_refused(dialect: str) -> None:
    of_items = checked({"event": {"kind": "visit", "where": {"items": {"above": 2}}}})

    with pytest.raises(CompileError, match="JsonNumber"):
        query(select_members(of_items, TABLES, NOW, "UTC"), dialect)

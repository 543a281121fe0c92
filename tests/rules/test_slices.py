"""Nobody is moved by time alone whom the slice does not name, and it names few."""

import os
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.pool import StaticPool

from conditions import cars, checked, documents, leaves, moments, segment
from histories import CUSTOMERS, EVENTS, PROFILES, ROWS, TABLES, ZONES, pour, views, world
from rules.calendar import local_day
from rules.dependencies import dependencies
from rules.documents import SegmentRule
from rules.predicate import holds
from rules.sql import select_candidates
from rules.tree import Condition

CASES = int(os.environ.get("HUB_PROPERTY_CASES", "2000"))


@st.composite
def slices(draw: st.DrawFn) -> tuple[int, datetime, datetime, str, Condition]:
    then, zone, elsewhere = draw(moments()), draw(st.sampled_from(ZONES)), draw(st.sampled_from(ZONES))
    today = local_day(then, zone)
    known: dict[str, SegmentRule] = {}
    known["first"] = segment("first", draw(leaves(today)), elsewhere, known)
    kinds = (documents(today, ["first"]) | leaves(today) | cars(today)).map(lambda found: checked(found, known))
    condition = draw(kinds.filter(lambda found: dependencies(found).timed))
    later = draw(st.sampled_from([1, 60, 24 * 60, 3 * 24 * 60, 31 * 24 * 60, 400 * 24 * 60]))
    return draw(st.integers(0, 2**32)), then, then + timedelta(minutes=later), zone, condition


def moved_and_named(
    connection: Connection, case: tuple[int, datetime, datetime, str, Condition]
) -> tuple[set[int], set[int]]:
    number, then, now, zone, condition = case
    rows = world(Random(number), then, zone)
    pour(connection, rows)
    statement = select_candidates(condition, TABLES, then, now, zone)
    named = set() if statement is None else set(connection.scalars(statement))
    moved = {
        one
        for one, view in views(rows).items()
        if holds(condition, view, then, zone) != holds(condition, view, now, zone)
    }
    return moved, named


def prove(url: str, number: int) -> None:
    engine = create_engine(url, poolclass=StaticPool)
    moved_at_all = []
    try:
        with engine.connect() as connection:
            ROWS.create_all(connection)

            @seed(number)
            @settings(
                max_examples=CASES // CUSTOMERS,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(slices())
            def named(case: tuple[int, datetime, datetime, str, Condition]) -> None:
                moved, named = moved_and_named(connection, case)
                moved_at_all.append(len(moved))
                assert moved <= named, case

            named()
    finally:
        engine.dispose()
    assert sum(moved_at_all) > len(moved_at_all) / 8, "cases in which nobody moves prove nothing"


def test_whoever_is_moved_by_time_is_named_on_sqlite() -> None:
    prove("sqlite://", 20261128)


@pytest.mark.postgres
def test_whoever_is_moved_by_time_is_named_on_postgresql(postgres_url: str) -> None:
    prove(postgres_url, 20261129)


def test_a_day_names_those_at_its_edge_and_no_others() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    then, today = datetime(2026, 11, 25, 12, tzinfo=UTC), date(2026, 11, 25)
    late = checked({"last_on": {"older_than": "30d"}})
    often = checked({"event": {"kind": "visit", "at_least": 2, "within": "90d"}})
    with engine.connect() as connection:
        ROWS.create_all(connection)
        days = [today - timedelta(days=number) for number in range(200)]
        connection.execute(insert(PROFILES), [{"customer_id": n, "last_on": day} for n, day in enumerate(days)])
        events = [
            {"id": n, "customer_id": n, "kind": "visit", "at_utc": then, "local_day": day} for n, day in enumerate(days)
        ]
        connection.execute(insert(EVENTS), events)

        def named(condition: Condition, hours: int) -> list[int]:
            statement = select_candidates(condition, TABLES, then, then + timedelta(hours=hours), "UTC")
            return [] if statement is None else sorted(connection.scalars(statement))

        assert named(late, 1) == named(often, 1) == []
        assert named(late, 24) == [29, 30]
        assert named(often, 24) == [89]
    engine.dispose()

"""One rule, one meaning: SQL over all customers and the predicate for one agree on every condition."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from ruamel.yaml.comments import CommentedMap
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
)
from sqlalchemy.pool import StaticPool

from rules.calendar import local_day
from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.errors import NOWHERE
from rules.operators import OPERATORS, fitting
from rules.parse import Source
from rules.predicate import EventSeen, holds, trace
from rules.sql import Tables, select_members
from rules.tree import Condition, Not

CUSTOMERS = 24
CONDITIONS = 3  # per example, on the same customers
EXAMPLES = 110  # per database: 330 conditions, each asked about 24 customers

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number", column="visits_count"),
        Fact("score", "number", column="score"),
        Fact("spend", "money", "spend.currency", column="spend_minor", currency_column="spend_currency"),
        Fact("spend.currency", "text", column="spend_currency"),
        Fact("tier", "text", column="tier"),
        Fact("last_on", "day", column="last_on"),
        Fact("seen_at", "instant", column="seen_at"),
        Fact("staff", "flag", column="staff"),
    ],
    [
        EventKind("visit", fields={"amount": "money", "items": "number", "note": "text", "urgent": "flag"}),
        EventKind("complaint"),
    ],
)
ROWS = MetaData()
PROFILES = Table(
    "profiles",
    ROWS,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("visits_count", BigInteger),
    Column("score", Double),
    Column("spend_minor", BigInteger),
    Column("spend_currency", String(3)),
    Column("tier", String(40)),
    Column("last_on", Date),
    Column("seen_at", DateTime(timezone=True)),
    Column("staff", Boolean),
)
EVENTS = Table(
    "events",
    ROWS,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("local_day", Date, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("attributes", JSON(none_as_null=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
)
TABLES = Tables(PROFILES, EVENTS)

# Midnight is skipped in Santiago, Cairo, Beirut and Havana; a whole day was in Apia; half an hour in Lord Howe.
ZONES = ["UTC", "Europe/Berlin", "Asia/Dubai", "America/New_York", "Asia/Kolkata", "America/Santiago", "Africa/Cairo",
         "Asia/Beirut", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe"]  # fmt: skip
TURNS = [datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
         datetime(2025, 9, 7, 4, tzinfo=UTC), datetime(2024, 4, 25, 22, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC),
         datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2025, 3, 31, 12, tzinfo=UTC),
         datetime(2026, 12, 31, 23, 30, tzinfo=UTC)]  # fmt: skip
DAYS_AGO = [0, 0, 1, 2, 27, 28, 29, 30, 31, 32, 59, 60, 61, 89, 90, 91, 364, 365, 366, 730, 1461, -1, -2, -30]
SPANS = ["1d", "2d", "30d", "90d", "365d", "1w", "4w", "1m", "2m", "3m", "12m", "13m", "1y", "2y", "4y"]
TEXTS = ["", "gold", "Gold", "GOLD", "silver", "old", "go", "%", "_", "g%d", "g_ld", "ذهبي", "🚗", "🚗🚗", "ß", "ss", "é",
         "e\u0301", "O'Neil", '"', "\\", " gold", "gold ", "1", "true", "null", "missing one"]  # fmt: skip
NUMBERS = [0, 1, 2, 3, 4, 5, 10, -1, 2**53 - 1, 0.1, 0.30000000000000004, 0.5, 2.5, 2.4999999, 3.0, -0.5, 1e-7, 1e15]
AMOUNTS = [0, 1, 100, 99, 24990, 10_000, -500]
CURRENCIES = ["EUR", "KWD", "JPY"]


# --- customers: random, and near the places where answers change


def customers(random: Random, now: datetime, zone: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    profiles = [_profile(random, number, now, zone) for number in range(1, CUSTOMERS + 1)]
    events: list[dict[str, Any]] = []
    for number in range(1, CUSTOMERS + 1):
        for _ in range(random.choice([0, 0, 1, 2, 3, 6])):
            events.append(_event(random, number, len(events) + 1, now, zone))
    return profiles, events


def _maybe(random: Random, value: Any) -> Any:
    return None if random.random() < 0.2 else value


def _profile(random: Random, number: int, now: datetime, zone: str) -> dict[str, Any]:
    today = local_day(now, zone)
    midnight = datetime.combine(today - timedelta(days=random.choice(DAYS_AGO)), time(), ZoneInfo(zone))
    seen = midnight.astimezone(UTC) + timedelta(seconds=random.choice([-3600, -1, 0, 1, 3599, 3600, 43200]))
    return {
        "customer_id": number,
        "visits_count": _maybe(random, int(random.choice(NUMBERS))),
        "score": _maybe(random, float(random.choice(NUMBERS))),
        "spend_minor": _maybe(random, random.choice(AMOUNTS)),
        "spend_currency": _maybe(random, random.choice(CURRENCIES)),
        "tier": _maybe(random, random.choice(TEXTS)),
        "last_on": _maybe(random, today - timedelta(days=random.choice(DAYS_AGO))),
        "seen_at": _maybe(random, seen),
        "staff": _maybe(random, random.random() < 0.5),
    }


def _event(random: Random, customer: int, number: int, now: datetime, zone: str) -> dict[str, Any]:
    right = {"items": random.choice(NUMBERS), "note": random.choice(TEXTS), "urgent": random.random() < 0.5}
    wrong = random.choice([None, "text", "5", 7, 1, 0, 2.5, True, False, [1], {"a": 1}])
    attributes = {
        key: wrong if random.random() < 0.2 else value for key, value in right.items() if random.random() < 0.8
    }
    return {
        "id": number,
        "customer_id": customer,
        "kind": random.choice(["visit", "visit", "complaint"]),
        "local_day": local_day(now, zone) - timedelta(days=random.choice(DAYS_AGO)),
        "amount_minor": _maybe(random, random.choice(AMOUNTS)),
        "currency": _maybe(random, random.choice(CURRENCIES)),
        "attributes": _maybe(random, attributes),
        "withdrawn_at": now if random.random() < 0.1 else None,
    }


class OneCustomer:
    """What the predicate sees of the rows that SQL sees."""

    def __init__(self, profile: dict[str, Any], events: list[dict[str, Any]]) -> None:
        self.profile = profile
        self.seen = [
            EventSeen(
                row["kind"],
                row["local_day"],
                None,
                row["id"],
                row["amount_minor"],
                row["currency"],
                row["attributes"] or {},
            )
            for row in events
            if row["customer_id"] == profile["customer_id"] and row["withdrawn_at"] is None
        ]

    def fact(self, name: str) -> Any:
        return self.profile[CATALOGUE.facts[name].column or ""]

    def events(self, kind: str) -> list[EventSeen]:
        return self.seen


# --- conditions: every node and every operator


def money() -> st.SearchStrategy[Any]:
    return st.sampled_from([0, "0.01 EUR", "1 EUR", "249.90 EUR", "100 EUR", "24.990 KWD", "0.1 KWD", "100 JPY"])


def moments() -> st.SearchStrategy[datetime]:
    near = st.builds(
        lambda turn, minutes: turn + timedelta(minutes=minutes), st.sampled_from(TURNS), st.integers(-1500, 1500)
    )
    return near | st.integers(0, 4_000_000).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    )


def values(type_: str, today: date) -> st.SearchStrategy[Any]:
    return {
        "number": st.sampled_from(NUMBERS),
        "money": money(),
        "text": st.sampled_from(TEXTS),
        "flag": st.booleans(),
        "day": st.sampled_from(DAYS_AGO).map(lambda ago: today - timedelta(days=ago)),
        "instant": st.sampled_from(DAYS_AGO).map(lambda ago: today - timedelta(days=ago)),
    }[type_]


def a_test(type_: str, today: date) -> st.SearchStrategy[dict[str, Any]]:
    value = values(type_, today)
    tests = [value.map(lambda v: {"is": v}), value.map(lambda v: {"is_not": v}), st.just({"is": "missing"})]
    if type_ in ("number", "text"):
        lists = st.lists(value, min_size=1, max_size=4)
        tests += [lists.map(lambda v: {"one_of": v}), lists.map(lambda v: {"none_of": v})]
    if type_ in ("number", "money"):
        tests += [
            st.builds(lambda name, v: {name: v}, st.sampled_from(["above", "below", "at_least", "at_most"]), value)
        ]
    if type_ in ("day", "instant"):
        fixed = st.sampled_from(["before", "after", "on_or_before", "on_or_after"])
        spans = st.builds(lambda n, v: {n: v}, st.sampled_from(["older_than", "within"]), st.sampled_from(SPANS))
        tests += [st.builds(lambda name, v: {name: v}, fixed, value), spans, spans]
    if type_ == "text":
        names = st.sampled_from(["starts_with", "ends_with", "contains"])
        tests += [st.builds(lambda name, v: {name: v}, names, value.filter(bool))]
    if type_ == "money":
        tests.append(st.just({"between": [0, "100 EUR"]}) | st.just({"between": ["0.01 EUR", "249.90 EUR"]}))
    elif type_ in ("number", "day", "instant"):
        tests.append(st.tuples(value, value).map(lambda pair: {"between": sorted(pair)}))
    return st.one_of(tests)


def several_tests(type_: str, today: date) -> st.SearchStrategy[dict[str, Any]]:
    one = a_test(type_, today)
    return one | st.tuples(one, one).map(lambda pair: pair[0] | pair[1])


def leaves(today: date) -> st.SearchStrategy[dict[str, Any]]:
    facts = st.sampled_from(list(CATALOGUE.facts.values())).flatmap(
        lambda fact: several_tests(fact.type, today).map(lambda tests: {fact.name: tests})
    )
    return facts | st.sampled_from(list(CATALOGUE.events.values())).flatmap(lambda kind: an_event(kind, today))


def an_event(kind: EventKind, today: date) -> st.SearchStrategy[dict[str, Any]]:
    counts: list[dict[str, int]] = [{}, {"at_least": 1}, {"at_least": 2}, {"at_most": 0}, {"at_most": 2}, {"exactly": 0},
                                    {"exactly": 2}, {"at_least": 1, "at_most": 3}]  # fmt: skip
    days = values("day", today)
    ranges = st.tuples(days, days).map(sorted)
    windows = st.one_of(
        st.just({}),
        st.sampled_from(SPANS).map(lambda span: {"within": span}),
        days.map(lambda day: {"from": day}),
        days.map(lambda day: {"up_to": day}),
        ranges.map(lambda pair: {"from": pair[0], "up_to": pair[1]}),
    )
    wheres: st.SearchStrategy[dict[str, Any]] = st.just({})
    if kind.fields:
        tests = st.fixed_dictionaries(
            {}, optional={name: several_tests(type_, today) for name, type_ in kind.fields.items()}
        )
        wheres = tests.map(lambda found: {"where": found} if found else {})
    return st.builds(
        lambda count, window, where: {"event": {"kind": kind.name, **count, **window, **where}},
        st.sampled_from(counts),
        windows,
        wheres,
    )


def documents(today: date) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        leaves(today),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
            inner.map(lambda item: {"not": item}),
        ),
        max_leaves=6,
    )


def checked(document: dict[str, Any]) -> Condition:
    """As the checker reads it; that a branch can never hold is a complaint of its own, and no reason to differ."""
    checker = Checker(Source("generated.yaml", CommentedMap()), CATALOGUE)
    condition = checker.condition(document, {}, "when")
    assert condition is not None, checker.problems
    return condition


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, datetime, str, list[Condition]]:
    now, zone = draw(moments()), draw(st.sampled_from(ZONES))
    kinds = documents(local_day(now, zone))
    return draw(st.integers(0, 2**32)), now, zone, [checked(draw(kinds)) for _ in range(CONDITIONS)]


def agree(connection: Connection, case: tuple[int, datetime, str, list[Condition]]) -> int:
    number, now, zone, conditions = case
    profiles, events = customers(Random(number), now, zone)
    connection.execute(delete(PROFILES))
    connection.execute(delete(EVENTS))
    connection.execute(insert(PROFILES), profiles)
    if events:
        connection.execute(insert(EVENTS), events)
    telling = 0
    views = {profile["customer_id"]: OneCustomer(profile, events) for profile in profiles}
    for condition in conditions:
        with connection.begin_nested():  # a query that PostgreSQL refuses must not spoil the next example
            by_sql = set(connection.scalars(select_members(condition, TABLES, now, zone)))
        by_predicate = {one for one, view in views.items() if holds(condition, view, now, zone)}
        by_trace = {one for one, view in views.items() if trace(condition, view, now, zone).holds}
        assert by_sql == by_predicate == by_trace, (condition, now, zone)
        telling += 0 < len(by_sql) < len(views)
    return telling


def every_test(today: date) -> Iterator[dict[str, Any]]:
    """Each operator on each fact that it fits, with arguments near which answers change."""
    arguments: dict[str, list[Any]] = {
        "number": [0, 3, 2.5, 0.30000000000000004, 2**53 - 1],
        "money": [0, "249.90 EUR", "10 KWD"],
        "text": ["gold", "%", "_", "g%d", "🚗", "é", "\\"],
        "flag": [True, False],
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
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


def prove(url: str, number: int) -> None:
    engine = create_engine(url, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            ROWS.create_all(connection)
            assert agree_on_every_test(connection) > 400

            @seed(number)
            @SETTINGS
            @given(cases())
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

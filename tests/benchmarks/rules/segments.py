"""A hundred segments on PostgreSQL beside SQL written by hand, a change, a count and a day of the clock:
python tests/benchmarks/rules/segments.py [customers]"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, ClassVar

from sqlalchemy import Connection, create_engine, func, select, text

sys.path.insert(0, "tests/support")

from benchmark import measured
from conditions import checked
from histories import EVENTS, PROFILES, ROWS, TABLES
from postgres import start_postgres
from rules.compiled import Checks
from rules.dependencies import Readers, dependencies
from rules.errors import NOWHERE
from rules.sql import select_candidates, select_members, where
from rules.tree import Condition, Pinned
from rules.views import View

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
TODAY, ZONE, RULES = NOW.date(), "UTC", 100
BENCHMARK = {
    "name": "rules/segments", "goal": "a hundred segments at 1.15 times SQL by hand; a change in 50 us; an exact count in 1 s",
    "quick": ["20000"], "full": ["100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
BY_HAND, CHANGE, COUNT, TICK = 1.15, 50.0, 1_000.0, 1_000.0  # the goals: a ratio, us, ms, ms
Tested = tuple[dict[str, Any], str]  # in our words, and by hand


def tests(rng: Random) -> Iterator[Tested]:
    """One test after another, each on another fact."""
    ago = TODAY - timedelta(days=rng.choice([30, 90, 180, 365]))
    days, count, tier = (TODAY - ago).days, rng.randint(1, 12), rng.choice(["gold", "silver", "basic"])
    found: list[Tested] = [
        ({"visits.count": {"at_least": count}}, f"visits_count >= {count}"),
        ({"rating": {"below": count / 2}}, f"rating < {count / 2}"),
        ({"tier": {"is": tier}}, f"tier = '{tier}'"),
        ({"last_on": {"older_than": f"{days}d"}}, f"last_on <= DATE '{ago}'"),
        ({"staff": {"is": True}}, "staff = true"),
        ({"spend": {"above": "100 EUR"}}, "spend_minor > 10000 AND spend_currency = 'EUR'"),
    ]
    rng.shuffle(found)
    yield from found


def rule(rng: Random) -> tuple[Condition, str]:
    """All of three to five tests, the last two of which are an `any` every other time."""
    chosen = list(tests(rng))[: rng.randint(3, 5)]
    ours, hand = [one for one, _ in chosen], [one for _, one in chosen]
    if rng.random() < 0.5:
        ours, hand = [*ours[:-2], {"any": ours[-2:]}], [*hand[:-2], f"(({hand[-2]}) OR ({hand[-1]}))"]
    return checked({"all": ours}), " AND ".join(hand)


PROFILE_ROWS = """INSERT INTO profiles SELECT n, (random() * 15)::int, random() * 6, (random() * 40000)::int,
    (ARRAY['EUR', 'KWD'])[1 + (random() * 1.2)::int], (ARRAY['gold', 'silver', 'basic'])[1 + (random() * 3)::int],
    CAST(:today AS date) - (random() * 1200)::int, NULL, random() < 0.1, NULL FROM generate_series(1, :customers) AS n"""
EVENT_ROWS = """INSERT INTO events SELECT n, 1 + n % :customers, NULL,
    (ARRAY['visit', 'visit', 'complaint'])[1 + (random() * 2)::int], now(), CAST(:today AS date) - (random() * 1200)::int,
    (random() * 40000)::int, 'EUR', NULL, NULL FROM generate_series(1, 3 * :customers) AS n"""


def fill(connection: Connection, customers: int) -> None:
    """Profiles with missing values, three events each; indexed as the hub's own tables are."""
    ROWS.create_all(connection)
    for rows in (PROFILE_ROWS, EVENT_ROWS):
        connection.execute(text(rows), {"today": TODAY, "customers": customers})
    for column in (PROFILES.c.visits_count, PROFILES.c.tier, PROFILES.c.last_on, PROFILES.c.rating):
        connection.execute(text(f"CREATE INDEX ON profiles ({column.name})"))
    connection.execute(text(f"CREATE INDEX ON {EVENTS.name} (kind, local_day) INCLUDE (customer_id)"))
    connection.execute(text("CREATE INDEX ON pins (segment, customer_id)"))
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def took(what: Callable[[], Any], times: int = 3, clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """The quickest of several runs, in seconds of this clock."""
    best, answer = float("inf"), None
    for _ in range(times):
        began = clock()
        answer = what()
        best = min(best, clock() - began)
    return best, answer


def scans(connection: Connection, rules: list[tuple[Condition, str]]) -> tuple[float, float]:
    """Seconds of one scan that counts all segments: by hand, and ours."""
    hand = "SELECT " + ", ".join(f"count(*) FILTER (WHERE {one})" for _, one in rules) + " FROM profiles"  # noqa: S608
    plain = [where(condition, TABLES, NOW, ZONE) for condition, _ in rules]
    by_hand, counted = took(lambda: tuple(connection.execute(text(hand)).one()))
    statement = select(*(func.count().filter(one) for one in plain)).select_from(PROFILES)
    ours, same = took(lambda: tuple(connection.execute(statement).one()))
    assert counted == same, "the counts differ"
    return by_hand, ours


def members(connection: Connection, rules: list[tuple[Condition, str]]) -> tuple[float, float, float]:
    """Seconds to read the members of each segment, one after the other: by hand, ours, ours with the pins looked up."""
    hand = [text(f"SELECT customer_id FROM profiles WHERE {one}") for _, one in rules]  # noqa: S608
    plain = [select_members(one, TABLES, NOW, ZONE) for one, _ in rules]
    pinned = [select_members(Pinned("s", one, NOWHERE), TABLES, NOW, ZONE) for one, _ in rules]

    def read(statements: list[Any]) -> int:
        return sum(len(connection.execute(one).all()) for one in statements)

    found = [took(lambda each=each: read(each)) for each in (hand, plain, pinned)]  # type: ignore[misc]
    assert found[0][1] == found[1][1] == found[2][1], "the members differ"
    return found[0][0], found[1][0], found[2][0]


class Customer(View):
    known: ClassVar[dict[str, Any]] = {"visits.count": 5, "rating": 2.0, "tier": "gold", "last_on": date(2026, 1, 1), "staff": True,
             "spend": 20000, "spend.currency": "EUR"}  # fmt: skip

    def fact(self, name: str) -> Any:
        return self.known[name]


def change(rules: list[tuple[Condition, str]]) -> tuple[float, int]:
    """(seconds of rule time to judge all dependants of one field, how many there are): the field that most rules read."""
    named = {f"s{number}": condition for number, (condition, _) in enumerate(rules)}
    readers = Readers({name: dependencies(condition) for name, condition in named.items()})
    checks, view = Checks({name: (one, ZONE) for name, one in named.items()}), Customer()
    field = max(readers.by_word, key=lambda word: len(readers.by_word[word]))

    def judge() -> list[bool]:
        now = checks.at(NOW)
        return [now[name](view) for name in readers.of({field})]

    judge()
    return took(lambda: [judge() for _ in range(200)], 10, time.process_time)[0] / 200, len(readers.of({field}))


def timed() -> list[Condition]:
    """A hundred leaves that time alone can flip: days of facts, windows of events."""
    spans = [30, 60, 90, 180, 365]
    leaves = [{"last_on": {"older_than": f"{days + extra}d"}} for days in spans for extra in range(10)]
    leaves += [
        {"event": {"kind": "visit", "at_least": 1, "within": f"{days + extra}d"}}
        for days in spans
        for extra in range(10)
    ]
    return [checked(leaf) for leaf in leaves]


def tick(connection: Connection, conditions: list[Condition], span: timedelta) -> tuple[float, int]:
    def candidates() -> int:
        found = [select_candidates(one, TABLES, NOW - span, NOW, ZONE) for one in conditions]
        return sum(len(connection.scalars(one).all()) for one in found if one is not None)

    return took(candidates)


def main(customers: int) -> None:
    server = start_postgres(os.environ)
    try:
        with create_engine(server.create("rules")).connect() as connection:
            rng = Random(5)
            fill(connection, customers)
            report(connection, [rule(rng) for _ in range(RULES)], customers)
    finally:
        server.stop()


def report(connection: Connection, rules: list[tuple[Condition, str]], customers: int) -> None:
    hand, ours = scans(connection, rules)
    note = f"{customers:,} customers, {RULES} segments"
    measured("one scan of all segments", ours, "s", peer=hand, beside="SQL by hand", goal=BY_HAND, note=note)
    hand, ours, pinned = members(connection, rules)
    measured("members of each", ours, "s", peer=hand, beside="SQL by hand", goal=BY_HAND)
    measured("members of each, pins looked up", pinned, "s", peer=hand, beside="SQL by hand", goal=BY_HAND)
    seconds, count = change(rules)
    measured("a change of one field", seconds * 1e6, "us", goal=CHANGE, note=f"{count} dependants")
    previews = [
        took(lambda one=one: connection.scalar(select(func.count()).select_from(select_members(one, TABLES, NOW, ZONE).subquery())), 1)[0]
        for one, _ in rules
    ]  # fmt: skip
    note = f"{sum(previews) / RULES * 1000:.0f} ms on average"
    measured("an exact count, at most", max(previews) * 1000, "ms", goal=COUNT, note=note)
    leaves = timed()
    for name, span in (("a day", timedelta(days=1)), ("ten days", timedelta(days=10))):
        seconds, found = tick(connection, leaves, span)
        goal = TICK if span == timedelta(days=1) else None
        told = f"{len(leaves)} timed leaves, {found:,} candidates"
        measured(f"the clock turns {name}", seconds * 1000, "ms", goal=goal, note=told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

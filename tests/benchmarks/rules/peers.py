"""The same hundred rules, asked of our readers and of engines that others wrote, all given columns that are loaded already:
python tests/benchmarks/rules/peers.py [customers]

Peers are optional installs, and one that is not there is left out: zen-engine, common-expression-language (Rust CEL),
durable_rules. Each answers for as many customers as it gets through in a while; every count of matches is compared."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from importlib.util import find_spec
from operator import and_, eq, ge, le, lt, or_
from random import Random
from typing import Any

sys.path.insert(0, "tests/support")

from sqlalchemy import create_engine, func, select

from benchmark import measured
from conditions import checked
from histories import PROFILES, TABLES
from postgres import start_postgres
from rules.compiled import compiled
from rules.sql import where
from rules.tree import Condition
from rules.views import View

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
TODAY, RULES, PATIENCE, GOAL = NOW.date(), 100, 10.0, 10.0  # seconds for each engine; times the evaluations of each
BENCHMARK = {
    "name": "rules/peers", "goal": "ten times the evaluations of each engine that others wrote, all with the same matches",
    "quick": ["10000"], "full": ["100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
FIELDS = ("visits_count", "rating", "tier", "last_on", "staff")
Row = dict[str, Any]
Leaf = tuple[str, str, Any]  # field, sign, limit
Rule = tuple[list[Leaf], list[Leaf]]  # all of the first, and any of the second where there are some
Match = Callable[[Row], Sequence[int]]  # which rules hold


def rows(rng: Random, customers: int) -> Iterator[Row]:
    """last_on: days since 1970, so that no engine needs to know of dates."""
    for number in range(1, customers + 1):
        yield {
            "id": number,
            "visits_count": rng.randrange(16),
            "rating": round(rng.random() * 6, 3),
            "tier": rng.choice(["gold", "silver", "basic"]),
            "last_on": ordinal(TODAY - timedelta(days=rng.randrange(1200))),
            "staff": int(rng.random() < 0.1),
        }


def ordinal(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def rule(rng: Random) -> Rule:
    """Three to five tests, the last two of which are an `any` every other time."""
    count = rng.randint(1, 12)
    tests: list[Leaf] = [
        ("visits_count", ">=", count),
        ("rating", "<", count / 2),
        ("tier", "==", rng.choice(["gold", "silver", "basic"])),
        ("last_on", "<=", ordinal(TODAY - timedelta(days=rng.choice([30, 90, 180, 365])))),
        ("staff", "==", rng.randint(0, 1)),
    ]
    rng.shuffle(tests)
    chosen = tests[: rng.randint(3, 5)]
    return (chosen[:-2], chosen[-2:]) if rng.random() < 0.5 else (chosen, [])


# --- ours

OURS = {"visits_count": "visits.count", "rating": "rating", "tier": "tier", "last_on": "last_on", "staff": "staff"}
SIGNS = {">=": "at_least", "<": "below", "==": "is", "<=": "on_or_before"}


def in_our_words(one: Rule) -> Condition:
    def leaf(test: Leaf) -> dict[str, Any]:
        field, sign, limit = test
        told = (
            date(1970, 1, 1) + timedelta(days=limit)
            if field == "last_on"
            else bool(limit)
            if field == "staff"
            else limit
        )
        return {OURS[field]: {SIGNS[sign]: told}}

    both, either = one
    return checked({"all": [*map(leaf, both), *([{"any": [*map(leaf, either)]}] if either else [])]})


class Seen(View):
    """A row, as the predicate reads a customer."""

    def __init__(self, row: Row) -> None:
        day = date(1970, 1, 1) + timedelta(days=row["last_on"])
        self.known = {"visits.count": row["visits_count"], "rating": row["rating"], "tier": row["tier"], "last_on": day,
                      "staff": bool(row["staff"])}  # fmt: skip

    def fact(self, name: str) -> Any:
        return self.known.get(name)


def predicate(rules: list[Rule]) -> Match:
    checks = [compiled(in_our_words(one), NOW, "UTC") for one in rules]

    def match(row: Row) -> list[int]:
        view = Seen(row)
        return [number for number, check in enumerate(checks) if check(view)]

    return match


# --- theirs


def expression(one: Rule, either_word: str, both_word: str) -> str:
    def leaf(test: Leaf) -> str:
        field, sign, limit = test
        return f"{field} {sign} {json.dumps(limit)}"

    both, either = one
    parts = [*map(leaf, both), *([f"({f' {either_word} '.join(map(leaf, either))})"] if either else [])]
    return f" {both_word} ".join(parts)


def zen(rules: list[Rule]) -> Match:
    from zen import ZenEngine

    nodes = [
        {"id": f"e{number}", "key": f"r{number}", "value": expression(one, "or", "and")}
        for number, one in enumerate(rules)
    ]
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "asked", "type": "expressionNode", "name": "asked", "content": {"expressions": nodes}},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "asked", "type": "edge"},
            {"id": "2", "sourceId": "asked", "targetId": "out", "type": "edge"},
        ],
    }
    decision = ZenEngine().create_decision(json.dumps(graph))

    def match(row: Row) -> list[int]:
        found = decision.evaluate(row)["result"]
        return [number for number in range(len(rules)) if found[f"r{number}"]]

    return match


def cel(rules: list[Rule]) -> Match:
    import cel as engine

    programs = [engine.compile(expression(one, "||", "&&")) for one in rules]

    def match(row: Row) -> list[int]:
        return [number for number, program in enumerate(programs) if program.execute(row)]

    return match


def durable(rules: list[Rule]) -> Match:
    """A fact for each customer, taken back once every rule has had its say."""
    from durable import engine
    from durable.lang import assert_fact, m, retract_fact, ruleset, when_all

    signs = {">=": ge, "<": lt, "==": eq, "<=": le}
    found: list[int] = []

    def leaf(test: Leaf) -> Any:
        field, sign, limit = test
        return signs[sign](getattr(m, field), limit)

    def noting(number: int) -> Callable[[Any], None]:  # of one argument: a second one would be a callback
        return lambda _: found.append(number)

    with ruleset("peers"):
        for number, (both, either) in enumerate(rules):
            alternatives = [reduce(or_, map(leaf, either))] if either else []
            when_all(reduce(and_, [*map(leaf, both), *alternatives]))(noting(number))

    def match(row: Row) -> list[int]:
        found.clear()
        with suppress(engine.MessageNotHandledException):  # nobody's rule
            assert_fact("peers", row)
            retract_fact("peers", row)
        return sorted(set(found))  # an `or` of which both hold says so twice

    return match


PEERS: dict[str, tuple[str, Callable[[list[Rule]], Match]]] = {
    "zen-engine, one graph": ("zen", zen),
    "CEL in Rust, an expression each": ("cel", cel),
    "durable-rules, one ruleset": ("durable", durable),
}


def spent(match: Match, customers: list[Row], rules: int) -> tuple[int, float, list[int]]:
    """(customers answered for, seconds, matches by rule)."""
    counts, began = [0] * rules, time.perf_counter()
    for done, row in enumerate(customers, 1):
        for number in match(row):
            counts[number] += 1
        if done % 100 == 0 and time.perf_counter() - began > PATIENCE:
            break
    return done, time.perf_counter() - began, counts


def by_sql(customers: list[Row], rules: list[Rule], first: int) -> tuple[float, list[int], list[int]]:
    """(seconds of one scan of all, matches by rule, and those among the first so many)."""
    server = start_postgres(os.environ)
    try:
        with create_engine(server.create("peers")).connect() as connection:
            PROFILES.metadata.create_all(connection)
            cursor = connection.connection.cursor()
            with cursor.copy(
                "COPY profiles (customer_id, visits_count, rating, tier, last_on, staff) FROM STDIN"
            ) as copy:
                for row in customers:
                    day = date(1970, 1, 1) + timedelta(days=row["last_on"])
                    copy.write_row(
                        [row["id"], row["visits_count"], row["rating"], row["tier"], day, bool(row["staff"])]
                    )
            connection.commit()
            connection.exec_driver_sql("ANALYZE")
            wanted = [where(in_our_words(one), TABLES, NOW, "UTC") for one in rules]
            statement = select(*(func.count().filter(one) for one in wanted)).select_from(PROFILES)
            took = []
            for _ in range(3):
                began = time.perf_counter()
                counted = connection.execute(statement).one()
                took.append(time.perf_counter() - began)
            some = connection.execute(statement.where(PROFILES.c.customer_id <= first)).one()
            return min(took), list(counted), list(some)
    finally:
        server.stop()


def main(customers: int) -> None:
    rng = Random(5)
    rules = [rule(rng) for _ in range(RULES)]
    known = list(rows(rng, customers))
    engines = {"ours, a generated predicate each": predicate(rules)}
    engines |= {name: make(rules) for name, (module, make) in PEERS.items() if find_spec(module)}
    found = {name: spent(match, known, RULES) for name, match in engines.items()}
    first = min(done for done, _, _ in found.values())
    seconds, _, some = by_sql(known, rules, first)
    rate = customers * RULES / seconds
    for name, (done, took, counts) in found.items():
        again = counts if done == first else spent(engines[name], known[:first], RULES)[2]
        assert again == some, f"{name}: other matches than PostgreSQL's"
        theirs, unit = done * RULES / took / 1e6, "M evaluations/s"
        measured(
            f"one scan by PostgreSQL beside {name}", rate / 1e6, unit, peer=theirs, beside=name, goal=GOAL, more=True
        )
    for name in PEERS.keys() - engines.keys():
        print(f"{name}: not installed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

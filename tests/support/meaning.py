"""One rule, one meaning: whoever chooses customers by a condition is held against the predicate, its trace and its compiled form.

A case is one (rule, customer, now). HUB_PROPERTY_CASES=100000 is the nightly profile."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from conditions import cases, checked
from histories import CATALOGUE, CUSTOMERS, TURNS, ZONES, World, views, world
from rules.calendar import PERIODS, local_day
from rules.compiled import compiled
from rules.errors import NOWHERE
from rules.operators import OPERATORS, fitting
from rules.predicate import holds, trace
from rules.tree import Condition, Not

CONDITIONS = 3  # per example, on the same customers
CASES = int(os.environ.get("HUB_PROPERTY_CASES", "4000"))  # per database
# Of these rows, by each of these conditions, at this moment in this zone: the customers' ids.
Choose = Callable[[World, Sequence[Condition], datetime, str], Sequence[set[int]]]


def agree(choose: Choose, case: tuple[int, datetime, str, list[Condition]]) -> int:
    """How many conditions told somebody from somebody else."""
    number, now, zone, conditions = case
    rows = world(Random(number), now, zone)
    telling, seen = 0, views(rows)
    for condition, chosen in zip(conditions, choose(rows, conditions, now, zone), strict=True):
        by_predicate = {one for one, view in seen.items() if holds(condition, view, now, zone)}
        by_trace = {one for one, view in seen.items() if trace(condition, view, now, zone).holds}
        check = compiled(condition, now, zone)
        by_function = {one for one, view in seen.items() if check(view)}
        assert chosen == by_predicate == by_trace == by_function, (condition, now, zone)
        telling += 0 < len(chosen) < len(seen)
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


def agree_on_every_test(choose: Choose, turns: int) -> int:
    """How many conditions told somebody from somebody else."""
    telling = 0
    for number, (now, zone) in enumerate(zip(TURNS[:turns], ZONES, strict=False)):
        conditions = [checked(document) for document in every_test(local_day(now, zone))][number % 3 :: 3]
        negated = [Not(condition, NOWHERE) for condition in conditions]
        telling += agree(choose, (number, now, zone, [*conditions, *negated]))
    return telling


def prove(choose: Choose, number: int, many: int = CASES, turns: int = len(TURNS)) -> None:
    """Every test at the turn of so many days, and this many cases drawn from this number on."""
    assert agree_on_every_test(choose, turns) > 40 * turns

    @seed(number)
    @settings(
        max_examples=many // (CONDITIONS * CUSTOMERS),
        phases=[Phase.explicit, Phase.generate],  # a world is a number: nothing of it can be made smaller
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )
    @given(cases(CONDITIONS))
    def same(case: tuple[int, datetime, str, list[Condition]]) -> None:
        agree(choose, case)

    same()

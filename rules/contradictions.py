"""What no value can pass: the plain cases an admin runs into, two tests of one fact within one `all`."""

from collections.abc import Sequence

from rules.errors import Problem
from rules.operators import MISSING
from rules.tree import Condition, FactTest, Test

LOWS = ("above", "at_least", "after", "on_or_after")
HIGHS = ("below", "at_most", "before", "on_or_before")
STRICT = ("above", "after", "below", "before")


def contradictions(items: Sequence[Condition]) -> list[Problem]:
    by_fact: dict[str, list[tuple[FactTest, Test]]] = {}
    for item in items:
        if isinstance(item, FactTest):
            by_fact.setdefault(item.fact.name, []).extend((item, test) for test in item.tests)
    return [
        Problem(pairs[-1][0].mark, f"No value of “{name}” passes all of these tests.", "Remove one of them.")
        for name, pairs in by_fact.items()
        if _clash([test for _, test in pairs])
    ]


def _clash(tests: Sequence[Test]) -> bool:
    missing = [test for test in tests if test.operator is MISSING]
    if missing:
        return len(missing) < len(tests)
    lows = [test for test in tests if test.operator.name in LOWS]
    highs = [test for test in tests if test.operator.name in HIGHS]
    return any(_empty(low, high) for low in lows for high in highs)


def _empty(low: Test, high: Test) -> bool:
    strict = low.operator.name in STRICT or high.operator.name in STRICT
    return bool(low.argument > high.argument or (strict and low.argument == high.argument))

"""What can never hold, what always does, and what stands twice: found by trying every value near which an answer changes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from rules.calendar import Moment, Period, Span
from rules.errors import Problem
from rules.judging import passes_all
from rules.operators import MISSING
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, Not, Test

PIECES = {"starts_with", "ends_with", "contains"}
FIRM = {"is", "one_of"}  # a text that passes one of these is one of its arguments
MOMENTS = [
    Moment(datetime(*day, 12, tzinfo=UTC), "UTC")
    for day in ((2024, 2, 29), (2026, 3, 1), (2026, 7, 31), (2026, 12, 31))
]


def contradictions(items: Sequence[Condition]) -> list[Problem]:
    """What no customer can pass, if all of these must hold."""
    flat = list(_flat(items, All))
    found = [
        Problem(
            nodes[-1].mark, f"No value of “{nodes[-1].fact.name}” passes all of these tests.", "Remove one of them."
        )
        for nodes in _by_fact(flat)
        if _never([test for node in nodes for test in node.tests])
    ]
    found += _counts(flat)
    found += _opposites(flat, "It can never hold together with its opposite above.")
    return found + _twice(items)


def tautologies(items: Sequence[Condition]) -> list[Problem]:
    """What everybody passes, if one of these is enough; then the others are never asked."""
    flat = list(_flat(items, AnyOf))
    found = [
        Problem(
            nodes[-1].mark, f"Every value of “{nodes[-1].fact.name}” passes one of these.", "Remove the whole of it."
        )
        for nodes in _by_fact(flat)
        if _always(nodes)
    ]
    found += _opposites(flat, "With its opposite above it always holds, so nothing beside it is asked.")
    return found + _twice(items) + _covered(items)


def _flat(items: Iterable[Condition], joined: type[All] | type[AnyOf]) -> Iterator[Condition]:
    for item in items:
        if isinstance(item, joined):
            yield from _flat(item.items, joined)
        else:
            yield item


def _by_fact(items: Iterable[Condition]) -> list[list[FactTest]]:
    found: dict[str, list[FactTest]] = {}
    for item in items:
        if isinstance(item, FactTest):
            found.setdefault(item.fact.name, []).append(item)
    return list(found.values())


# --- one value


def _never(tests: Sequence[Test]) -> bool:
    if not _known(tests):
        return False
    return not any(passes_all(tests, value, currency, moment) for value, currency, moment in _tries(tests))


def _always(nodes: Sequence[FactTest]) -> bool:
    tests = [test for node in nodes for test in node.tests]
    if not _known(tests, firm=False) or all(test.operator is MISSING for test in tests):
        return False
    return all(
        any(passes_all(node.tests, value, currency, moment) for node in nodes)
        for value, currency, moment in _tries(tests)
    )


def _known(tests: Sequence[Test], *, firm: bool = True) -> bool:
    """Whether the values near the arguments are all that matter: pieces of texts have others, and a fixed day passes by."""
    names = {test.operator.name for test in tests}
    moving = any(isinstance(test.argument, Span | Period) for test in tests)
    fixed = any(isinstance(item, date) for test in tests for item in _arguments(test))
    pieces = names & PIECES and not (firm and names & FIRM)
    return not pieces and not (moving and fixed)


def _tries(tests: Sequence[Test]) -> Iterator[tuple[Any, str | None, Moment]]:
    """(value, currency, moment): missing, every argument, and what lies beside and between them."""
    currencies = {test.currency for test in tests} | {None}
    moving = any(isinstance(test.argument, Span | Period) for test in tests)
    for moment in MOMENTS if moving else MOMENTS[:1]:
        yield None, None, moment
        values = [item for test in tests for item in _near(test, moment)]
        for value in [*values, *_between(values), *_sets(tests)]:
            for currency in currencies:
                yield value, currency, moment


def _near(test: Test, moment: Moment) -> Iterator[Any]:
    for item in _arguments(test):
        match item:
            case Span():
                turn = item.before(moment.today)
                yield from (turn - timedelta(days=1), turn, turn + timedelta(days=1), moment.today)
                yield moment.today + timedelta(days=1)
            case Period():
                for day in item.reach(moment.today):
                    yield from (day - timedelta(days=1), day, day + timedelta(days=1))
            case bool():
                yield from (True, False)
            case int() | float():
                yield from (item - 1, item, item + 1)
            case date():
                yield from (item - timedelta(days=1), item, item + timedelta(days=1))
            case str():
                yield from (item, f"{item}\u0001")


def _between(values: Sequence[Any]) -> Iterator[float]:
    numbers = sorted({value for value in values if isinstance(value, int | float) and not isinstance(value, bool)})
    yield from ((low + high) / 2 for low, high in pairwise(numbers))


def _sets(tests: Sequence[Test]) -> Iterator[frozenset[str]]:
    """Of a set: nothing, all that is asked for, and that without what must not be there."""
    if any(test.operator.name.startswith("has") for test in tests):
        every = frozenset(item for test in tests for item in _arguments(test))
        barred = frozenset(item for test in tests if test.operator.name == "has_none" for item in _arguments(test))
        yield from (frozenset(), every, every - barred)


def _arguments(test: Test) -> tuple[Any, ...]:
    if test.operator is MISSING:
        return ()
    return test.argument if isinstance(test.argument, tuple) else (test.argument,)


# --- counts of the same events


def _counts(items: Sequence[Condition]) -> list[Problem]:
    """Two counts of the same events whose bounds leave nothing between."""
    ranges: dict[str, tuple[int, float]] = {}
    found = []
    for item in items:
        node = item.item if isinstance(item, Not) else item
        if not isinstance(node, EventTest) or node.measures:
            continue
        bounds = _bounds(node, negated=isinstance(item, Not))
        if bounds is None:
            continue
        key = signature((node.kind.name, node.within, node.since, node.up_to, node.where))
        low, high = ranges.get(key, (0, float("inf")))
        ranges[key] = max(low, bounds[0]), min(high, bounds[1])
        if low <= high and ranges[key][0] > ranges[key][1]:
            what = f"No number of {node.kind.name} events passes all of these counts."
            found.append(Problem(node.mark, what, "Remove one of them."))
    return found


def _bounds(node: EventTest, *, negated: bool) -> tuple[int, float] | None:
    """None: the opposite of a range has two pieces."""
    if not negated:
        return node.low, float("inf") if node.high is None else node.high
    if node.low == 0 and node.high is not None:
        return node.high + 1, float("inf")
    return (0, node.low - 1) if node.high is None else None


# --- the same, and its opposite


def _opposites(items: Sequence[Condition], what: str) -> list[Problem]:
    seen = {signature(item) for item in items if not isinstance(item, Not)}
    return [
        Problem(item.mark, what, "Remove one of them.")
        for item in items
        if isinstance(item, Not) and signature(item.item) in seen and not isinstance(item.item, EventTest)
    ]


def _twice(items: Sequence[Condition]) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for item in items:
        key = signature(item)
        if key in seen:
            found.append(Problem(item.mark, "This condition stands twice.", "Remove one of them."))
        seen.add(key)
    return found


def _covered(items: Sequence[Condition]) -> list[Problem]:
    """`any: [a, all: [a, b]]`: whoever passes the second has passed the first."""
    alone = {signature(item) for item in items}
    return [
        Problem(item.mark, "This branch is never needed: a condition in it stands beside it alone.", "Remove it.")
        for item in items
        if isinstance(item, All) and len(item.items) > 1 and any(signature(part) in alone for part in item.items)
    ]


def signature(node: Any) -> str:
    """What a condition says, wherever it stands."""
    if is_dataclass(node) and not isinstance(node, type):
        parts = [
            f"{one.name}={signature(getattr(node, one.name))}"
            for one in fields(node)
            if one.name not in ("mark", "test")
        ]
        return f"{type(node).__name__}({', '.join(parts)})"
    if isinstance(node, tuple):
        return f"({', '.join(map(signature, node))})"
    return repr(node)

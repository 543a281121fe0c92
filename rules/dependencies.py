"""What a condition reads: which change of a customer, and whether time alone, can move its verdict."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.tree import (
    BucketTest,
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    Leaf,
    ScoreTest,
    SegmentTest,
    Sequence,
    Test,
    VehicleTest,
    leaves,
    parts,
)


@dataclass(frozen=True)
class Reads:
    """Names of what a condition depends on, through other segments, too; with amounts come their currencies. vehicles: cars
    and who owns them. consents: (purpose, channel). timed: its verdict can change by time alone."""

    facts: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    timed: bool = False
    vehicles: bool = False
    segments: frozenset[str] = frozenset()
    scores: frozenset[str] = frozenset()
    consents: frozenset[tuple[str, str]] = frozenset()
    buckets: frozenset[str] = frozenset()


def dependencies(condition: Condition) -> Reads:
    nodes, found = list(_nodes(condition)), list(leaves(condition))
    vehicles = [node for node in nodes if isinstance(node, VehicleTest)]
    of_cars = {id(leaf) for node in vehicles for leaf in leaves(node.condition)}
    tested = [leaf.fact for leaf in found if isinstance(leaf, FactTest) and id(leaf) not in of_cars]
    return Reads(
        facts=frozenset({fact.name for fact in tested} | {fact.unit for fact in tested if fact.type == "money"}),
        events=frozenset(name for leaf in found for name in kinds(leaf)),
        timed=bool(vehicles) or any(map(is_timed, found)),  # an ownership may begin or end on a day to come
        vehicles=bool(vehicles) or any(_asks_for_cars(leaf) for leaf in found),
        segments=frozenset(node.name for node in nodes if isinstance(node, SegmentTest)),
        scores=frozenset(leaf.name for leaf in found if isinstance(leaf, ScoreTest)),
        consents=frozenset((leaf.purpose, leaf.channel) for leaf in found if isinstance(leaf, ConsentTest)),
        buckets=frozenset(leaf.of for leaf in found if isinstance(leaf, BucketTest)),
    )


def _nodes(condition: Condition) -> Iterator[Condition]:
    yield condition
    for part in parts(condition):
        yield from _nodes(part)


def kinds(leaf: Leaf) -> set[str]:
    """The kinds of events that a test reads."""
    if isinstance(leaf, EventTest):
        return {leaf.kind.name}
    return {step.kind.name for step in leaf.steps} if isinstance(leaf, Sequence) else set()


def is_timed(leaf: Leaf) -> bool:
    match leaf:
        case EventTest():
            return leaf.within is not None or any(_spans(part.tests) for part in leaf.looks_at)
        case FactTest():
            return _spans(leaf.tests)
        case Sequence() | ScoreTest():
            return True  # what is dated in the future comes into sight on its day
        case _:
            return False


def _spans(tests: Iterable[Test]) -> bool:
    return any(test.operator.argument in ("span", "period") for test in tests)


def _asks_for_cars(leaf: Leaf) -> bool:
    """An event may be told again with another car."""
    if isinstance(leaf, Sequence):
        return leaf.by == "vehicle"
    return isinstance(leaf, EventTest) and any(part.field == "vehicle" for part in leaf.looks_at)

"""What a condition reads: which change of a customer, and whether time alone, can move its verdict; and who reads what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from rules.tree import (
    BucketTest,
    Condition,
    ConsentTest,
    EventTest,
    FactTest,
    Leaf,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    Test,
    VehicleTest,
    leaves,
    parts,
)

KINDS = {"fact", "event", "visit", "score", "consents", "pin", "vehicles"}  # of changes
OF_CARS = {"event", "visit"}  # a visit reads its car's odometer


@dataclass(frozen=True)
class Reads:
    """Names of what a condition depends on, through other segments, too; with amounts come their currencies. columns: where
    the facts are stored. vehicles: cars and who owns them. consents: (purpose, channel). timed: its verdict can change by
    time alone, even where no pin comes to its end. pins: of which segments, its own among them."""

    facts: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    timed: bool = False
    vehicles: bool = False
    segments: frozenset[str] = frozenset()
    scores: frozenset[str] = frozenset()
    consents: frozenset[tuple[str, str]] = frozenset()
    buckets: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    pins: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """The changes that can move a verdict: `fact.COLUMN`, `event.KIND`, `score.NAME`, `pin.SEGMENT`, `consents`,
        `vehicles`."""
        found = {f"fact.{name}" for name in self.columns} | {f"event.{name}" for name in self.events}
        found |= {f"score.{name}" for name in self.scores} | {f"pin.{name}" for name in self.pins}
        found |= {word for word, there in (("consents", self.consents), ("vehicles", self.vehicles)) if there}
        return frozenset(found)

    def joined(self, other: "Reads") -> "Reads":
        return Reads(*(getattr(self, name) | getattr(other, name) for name in self.__dataclass_fields__))


class Readers:
    """Which rules a change concerns, looked up by its words. reads: by rule."""

    def __init__(self, reads: Mapping[str, Reads]) -> None:
        self.all = frozenset(reads)
        self.of_cars = frozenset(name for name, one in reads.items() if one.vehicles)
        found: dict[str, set[str]] = defaultdict(set)
        for name, one in reads.items():
            for word in one.words:
                found[word].add(name)
        self.by_word = {word: frozenset(names) for word, names in found.items()}

    def of(self, words: Iterable[str], silent: Set[str] = frozenset()) -> frozenset[str]:
        """Names of the rules. silent: words that no rule can hear of. One that nobody knows may mean anything."""
        found: frozenset[str] = frozenset()
        for word in words:
            kind = word.partition(".")[0]
            if kind not in KINDS and word not in silent:
                return self.all
            found |= self.by_word.get(word, frozenset())
            if kind in OF_CARS:
                found |= self.of_cars
        return found


def dependencies(condition: Condition) -> Reads:
    nodes, found = list(_nodes(condition)), list(leaves(condition))
    vehicles = [node for node in nodes if isinstance(node, VehicleTest)]
    of_cars = {id(leaf) for node in vehicles for leaf in leaves(node.condition)}
    tested = [leaf.fact for leaf in found if isinstance(leaf, FactTest) and id(leaf) not in of_cars]
    return Reads(
        facts=frozenset({fact.name for fact in tested} | {fact.unit for fact in tested if fact.type == "money"}),
        columns=frozenset(
            {fact.column or fact.name for fact in tested} | {one for fact in tested if (one := fact.currency_column)}
        ),
        events=frozenset(name for leaf in found for name in kinds(leaf)),
        timed=bool(vehicles) or any(map(is_timed, found)),  # an ownership may begin or end on a day to come
        vehicles=bool(vehicles) or any(_asks_for_cars(leaf) for leaf in found),
        segments=frozenset(node.name for node in nodes if isinstance(node, SegmentTest)),
        scores=frozenset(leaf.name for leaf in found if isinstance(leaf, ScoreTest)),
        consents=frozenset((leaf.purpose, leaf.channel) for leaf in found if isinstance(leaf, ConsentTest)),
        buckets=frozenset(leaf.of for leaf in found if isinstance(leaf, BucketTest)),
        pins=frozenset(node.segment for node in nodes if isinstance(node, Pinned)),
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

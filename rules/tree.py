"""Conditions: one frozen node per kind, each with its place in the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from rules.calendar import Span, Window
from rules.catalogue import EventKind, Fact
from rules.errors import Mark
from rules.operators import Operator


@dataclass(frozen=True)
class Test:
    """One operator and its argument. currency: of a money argument, or None where the amount is 0."""

    __test__ = False  # no test class, whatever pytest thinks of the name
    operator: Operator
    argument: Any
    currency: str | None = None


@dataclass(frozen=True)
class FactTest:
    """All of these tests hold on one fact; on a missing value every test but `missing` is false. Below a VehicleTest the
    fact is one of the car."""

    fact: Fact
    tests: tuple[Test, ...]
    mark: Mark


@dataclass(frozen=True)
class FieldTest:
    """The same on a field of the event itself."""

    field: str
    type: str
    tests: tuple[Test, ...]
    mark: Mark


Aggregate: TypeAlias = Literal["sum", "min", "max", "distinct", "last"]


@dataclass(frozen=True)
class Measure:
    """Tests on what the counted events come to. type: of the field; money is added up and compared in `currency` alone.

    A sum and a number of distinct values are 0 where there is no event; min, max and last are missing."""

    how: Aggregate
    field: str
    type: str
    tests: tuple[Test, ...]
    mark: Mark
    currency: str | None = None


@dataclass(frozen=True)
class EventTest:
    """The events of a kind in a window: how many there are (low <= count <= high), and what they come to.

    since, up_to: fixed days, both included. Below a VehicleTest: those of the car."""

    kind: EventKind
    low: int
    high: int | None
    within: Window | None
    since: date | None
    up_to: date | None
    where: tuple[FieldTest, ...]
    mark: Mark
    measures: tuple[Measure, ...] = ()

    @property
    def looks_at(self) -> tuple[FieldTest | Measure, ...]:
        """All tests on fields of the events."""
        return (*self.where, *self.measures)


@dataclass(frozen=True)
class Step:
    """absent: no such event. within: after the step before, in local days of the events; None where it does not matter."""

    kind: EventKind
    absent: bool
    within: Span | None
    where: tuple[FieldTest, ...]
    mark: Mark


@dataclass(frozen=True)
class Sequence:
    """Events one after another. An absent step looks from the step before it to the next one, or as far as its `within`;
    at the end it holds once that is over. by: a field that is the same in all of them. within: where the first one lies."""

    steps: tuple[Step, ...]
    by: str | None
    by_type: str | None
    within: Window | None
    mark: Mark


@dataclass(frozen=True)
class VehicleTest:
    """The conditions hold together on some, every or none of the cars owned today; `every` over no cars is false."""

    quantifier: Literal["some", "every", "none"]
    condition: "Condition"
    mark: Mark


@dataclass(frozen=True)
class Pinned:
    """The whole of a segment: whoever was put in or left out by hand is so while their pin stands, and of everybody else
    the condition decides."""

    segment: str
    condition: "Condition"
    mark: Mark


@dataclass(frozen=True)
class SegmentTest:
    """Whether somebody is in another segment, in that segment's own zone."""

    name: str
    inside: bool
    condition: "Condition"
    zone: str
    mark: Mark


@dataclass(frozen=True)
class ScoreTest:
    """The standing row (the latest `as_of` that is not after today) passes. leave: with hysteresis, the score must have
    passed `tests` at some time and not passed `leave` since. confidence is 1 - (high - low)."""

    name: str
    tests: tuple[Test, ...]
    leave: Test | None
    min_confidence: float | None
    min_support: int | None
    max_age: Span | None
    mark: Mark


@dataclass(frozen=True)
class ConsentTest:
    """What was said last for this purpose and channel: granted or withdrawn, or missing where nothing was said."""

    purpose: str
    channel: str
    state: Literal["granted", "withdrawn", "missing"]
    mark: Mark


@dataclass(frozen=True)
class BucketTest:
    """The customer's place in [0, 1), drawn once for each `of`, lies in [low, high)."""

    of: str
    low: float
    high: float
    mark: Mark


@dataclass(frozen=True)
class All:
    items: tuple["Condition", ...]
    mark: Mark


@dataclass(frozen=True)
class AnyOf:
    items: tuple["Condition", ...]
    mark: Mark


@dataclass(frozen=True)
class Not:
    item: "Condition"
    mark: Mark


Leaf: TypeAlias = FactTest | EventTest | Sequence | ScoreTest | ConsentTest | BucketTest
Condition: TypeAlias = All | AnyOf | Not | Pinned | VehicleTest | SegmentTest | Leaf


def parts(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case All(items) | AnyOf(items):
            return items
        case Not(item):
            return (item,)
        case Pinned() | VehicleTest() | SegmentTest():
            return (condition.condition,)
        case _:
            return ()


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Those below cars and other segments, too."""
    match condition:
        case All() | AnyOf() | Not() | Pinned() | VehicleTest() | SegmentTest():
            for part in parts(condition):
                yield from leaves(part)
        case _:
            yield condition

"""Conditions: one frozen node per kind, each with its place in the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from rules.calendar import Span
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
    """All of these tests hold on one fact; on a missing value every test but `missing` is false."""

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


@dataclass(frozen=True)
class EventTest:
    """How many events of a kind there are: low <= count <= high, on local days. within: (today - span, today].

    since, up_to: fixed days, both included."""

    kind: EventKind
    low: int
    high: int | None
    within: Span | None
    since: date | None
    up_to: date | None
    where: tuple[FieldTest, ...]
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


Condition: TypeAlias = All | AnyOf | Not | FactTest | EventTest


def leaves(condition: Condition) -> Iterator[FactTest | EventTest]:
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from leaves(item)
        case Not(item):
            yield from leaves(item)
        case _:
            yield condition

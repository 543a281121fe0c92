"""The facts and events that rules may name, with types, units and meanings."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from rules.operators import Type

FACT_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
FIELD_TYPES = ("number", "text", "flag", "day")  # what JSON can hold; a day as ISO text
OWN_FIELDS = {"day": "day", "vehicle": "vehicle"}  # of every event: its local day, and the car it happened to
COUNTRY = "country"  # unit of texts that are codes of ISO 3166
SCORE = "score."  # the key of a score's test begins with it


@dataclass(frozen=True)
class Fact:
    """unit: what a number counts; of a text, COUNTRY for codes of ISO 3166; for money, the fact that holds its currency. column: where
    the value is stored, and currency_column where its currency is. Raises ValueError where these contradict each other.

    personal: its value names somebody, so no rule may look into its text."""

    name: str
    type: str
    unit: str = ""
    meaning: str = ""
    personal: bool = False
    column: str | None = None
    currency_column: str | None = None

    def __post_init__(self) -> None:
        if not FACT_NAME.fullmatch(self.name):
            raise ValueError(f"“{self.name}” is no name of a fact: write it like visits.count.")
        if self.type not in get_args(Type):
            raise ValueError(f"Fact {self.name} has the type “{self.type}”. Types: {', '.join(get_args(Type))}.")
        if self.type == "money" and not (self.unit and self.currency_column):
            raise ValueError(f"Fact {self.name} is money: name the fact of its currency (unit), and currency_column.")


@dataclass(frozen=True)
class EventKind:
    """fields: what `where` may test, with types; `amount` is the event's own money, the others are attributes.

    `day` (its local day) and `vehicle` are fields of every event."""

    name: str
    meaning: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, type_ in self.fields.items():
            fits = type_ == "money" if name == "amount" else type_ in FIELD_TYPES
            if not fits or not FIELD_NAME.fullmatch(name) or name in OWN_FIELDS:
                raise ValueError(
                    f"Event {self.name}: {name} cannot be {type_}. "
                    f"Only amount is money; attributes are {', '.join(FIELD_TYPES)}; "
                    f"{' and '.join(OWN_FIELDS)} are every event's own."
                )

    @property
    def all_fields(self) -> Mapping[str, str]:
        return {**self.fields, **OWN_FIELDS}


class Catalogue:
    """What there is decides which nodes a condition may have. vehicle: the facts of one car. scores, purposes and channels:
    names with meanings; consent is asked per purpose and channel. refs: customers have a ref, so that buckets can be drawn. steps:
    that plugins bring to journeys (rules.journeys.plugged), by name.

    Raises ValueError where a name stands twice or is that of a node."""

    def __init__(
        self,
        facts: Iterable[Fact],
        events: Iterable[EventKind] = (),
        *,
        vehicle: Iterable[Fact] = (),
        scores: Mapping[str, str] | None = None,
        purposes: Iterable[str] = (),
        channels: Iterable[str] = (),
        segments: bool = False,
        buckets: bool = False,
        steps: Mapping[str, Any] | None = None,
    ) -> None:
        self.steps = dict(steps or {})
        self.events: dict[str, EventKind] = {kind.name: kind for kind in events}
        self.vehicle = _by_name(vehicle)
        self.scores = dict(scores or {})
        self.purposes, self.channels = tuple(purposes), tuple(channels)
        self.nodes = _nodes(
            event=bool(self.events),
            sequence=bool(self.events),
            vehicle=bool(self.vehicle),
            segment=segments,
            consent=bool(self.purposes),
            bucket=buckets,
        )
        self.facts = _by_name(facts)
        for name in (*self.facts, *self.vehicle):
            if name in self.nodes or name.startswith(SCORE):
                raise ValueError(f"“{name}” is no name of a fact: a condition of another kind begins with it.")

    @property
    def score_keys(self) -> list[str]:
        return [f"{SCORE}{name}" for name in self.scores]


def _by_name(facts: Iterable[Fact]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.name in found:
            raise ValueError(f"Fact {fact.name} is registered twice.")
        found[fact.name] = fact
    return found


def _nodes(**offered: bool) -> tuple[str, ...]:
    return ("all", "any", "not", *(name for name, there in offered.items() if there))


def nearest(name: object, names: Iterable[str]) -> str:
    """A hint with the nearest valid name, or with all of them when there are few."""
    known = sorted(names)
    close = difflib.get_close_matches(str(name), known, 1, 0.6)
    if close:
        return f"Did you mean “{close[0]}”?"
    return f"Known: {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}."

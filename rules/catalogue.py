"""The facts and events that rules may name, with types, units and meanings."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from rules.operators import Type

FACT_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
FIELD_TYPES = ("number", "text", "flag")  # what JSON can hold
NODES = ("all", "any", "not", "event")  # keys of a condition that no fact may take


@dataclass(frozen=True)
class Fact:
    """unit: what a number counts; for money, the fact that holds its currency. column: where the value is stored, and
    currency_column where its currency is. Raises ValueError where these contradict each other.

    personal: its value names somebody, so no rule may look into its text."""

    name: str
    type: str
    unit: str = ""
    meaning: str = ""
    personal: bool = False
    column: str | None = None
    currency_column: str | None = None

    def __post_init__(self) -> None:
        if not FACT_NAME.fullmatch(self.name) or self.name in NODES:
            raise ValueError(f"“{self.name}” is no name of a fact: write it like visits.count.")
        if self.type not in get_args(Type):
            raise ValueError(f"Fact {self.name} has the type “{self.type}”. Types: {', '.join(get_args(Type))}.")
        if self.type == "money" and not (self.unit and self.currency_column):
            raise ValueError(f"Fact {self.name} is money: name the fact of its currency (unit), and currency_column.")


@dataclass(frozen=True)
class EventKind:
    """fields: what `where` may test, with types; `amount` is the event's own money, the others are attributes."""

    name: str
    meaning: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, type_ in self.fields.items():
            fits = type_ == "money" if name == "amount" else type_ in FIELD_TYPES
            if not fits or not FIELD_NAME.fullmatch(name):
                raise ValueError(
                    f"Event {self.name}: {name} cannot be {type_}. "
                    f"Only amount is money; attributes are {', '.join(FIELD_TYPES)}."
                )


class Catalogue:
    def __init__(self, facts: Iterable[Fact], events: Iterable[EventKind] = ()) -> None:
        self.facts: dict[str, Fact] = {}
        self.events: dict[str, EventKind] = {}
        for fact in facts:
            if fact.name in self.facts:
                raise ValueError(f"Fact {fact.name} is registered twice.")
            self.facts[fact.name] = fact
        for kind in events:
            self.events[kind.name] = kind


def nearest(name: object, names: Iterable[str]) -> str:
    """A hint with the nearest valid name, or with all of them when there are few."""
    known = sorted(names)
    close = difflib.get_close_matches(str(name), known, 1, 0.6)
    if close:
        return f"Did you mean “{close[0]}”?"
    return f"Known: {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}."

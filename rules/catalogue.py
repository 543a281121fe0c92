"""The facts and events that rules may name, with types, units and meanings."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Type = Literal["number", "money", "text", "day", "instant", "flag"]


@dataclass(frozen=True)
class Fact:
    """unit: what a number counts; for money, the fact that holds its currency. column: where the value is stored, and
    currency_column where its currency is.

    personal: its value names somebody, so no rule may look into its text."""

    name: str
    type: str
    unit: str = ""
    meaning: str = ""
    personal: bool = False
    column: str | None = None
    currency_column: str | None = None


@dataclass(frozen=True)
class EventKind:
    """fields: what `where` may test, with types; `amount` is the event's own money."""

    name: str
    meaning: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


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

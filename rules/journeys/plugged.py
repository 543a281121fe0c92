"""Steps that plugins bring to journeys: what they declare is checked when a journey is published, what they answer when it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Word = str | int | float | bool


@dataclass(frozen=True)
class StepAnswer:
    """outcome: one of the step's own; the way of that name is taken. words: what partners that listen are told of it, through the
    outbox and once; none: nobody is told. They hold no value of a person: who it is about is told by a ref."""

    outcome: str
    words: Mapping[str, Word] = field(default_factory=dict)


class PluginStep(Protocol):
    """A step of a journey that a plugin brings, by its name. meaning: one sentence. facts: names of the customer's facts that it
    reads. takes: what the YAML gives it, name -> type as of facts. outcomes: what it may answer. cause: what a connection hears
    (`hears: {cause: [topic]}`) where the answer has words; it is asked for nothing else.

    advance is a pure function: no clock, no chance, no call. So a replay and a simulation come to the same."""

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    @property
    def facts(self) -> tuple[str, ...]: ...

    @property
    def takes(self) -> Mapping[str, str]: ...

    @property
    def outcomes(self) -> tuple[str, ...]: ...

    @property
    def cause(self) -> str: ...

    def advance(self, given: Mapping[str, Any], facts: Mapping[str, Any], now: datetime) -> StepAnswer: ...


def answered(step: PluginStep, given: Mapping[str, Any], facts: Mapping[str, Any], now: datetime) -> StepAnswer:
    """Raises ValueError for an answer that the step never declared: that person is parked, and nothing was written."""
    found = step.advance(given, facts, now)
    if found.outcome not in step.outcomes:
        raise ValueError(f"step {step.name} gave an answer that it did not declare")
    if not all(isinstance(word, str | int | float | bool) for word in found.words.values()):
        raise ValueError(f"step {step.name} tells something that is no word and no number")
    return found

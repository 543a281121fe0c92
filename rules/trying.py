"""The examples of all rules tried, one row each: what was expected, and what came out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rules.book import load_book
from rules.catalogue import Catalogue
from rules.documents import Example
from rules.examples import policy_verdict, segment_verdict
from rules.hours import load_calendars
from rules.journeys.trials import try_trial


@dataclass(frozen=True)
class Tried:
    """place: file:line of the example."""

    rule: str
    example: str
    expected: str
    came_out: str
    place: str

    @property
    def right(self) -> bool:
        return self.expected == self.came_out

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "right": self.right}


def tried(folder: Path, catalogue: Catalogue) -> list[Tried]:
    """Raises RuleError where a rule cannot be read at all."""
    return list(_tried(folder, catalogue))


def _tried(folder: Path, catalogue: Catalogue) -> Iterator[Tried]:
    calendars = load_calendars(folder / "calendars")
    book = load_book(folder, catalogue, calendars=calendars, believed=True)
    for rule in book.segments.values():
        yield from (_row(rule.name, example, segment_verdict(rule, example)) for example in rule.examples)
    for policy in book.policies:
        yield from (_row(policy.name, example, policy_verdict(policy, example)) for example in policy.examples)
    for journey in book.journeys.values():
        for trial in journey.trials:
            wrong = try_trial(journey, trial, calendars)
            place = f"{Path(trial.mark.file).name}:{trial.mark.line}"
            yield Tried(journey.name, trial.name, trial.ends, wrong[0].what if wrong else trial.ends, place)


def _row(rule: str, example: Example, came_out: str) -> Tried:
    place = f"{Path(example.mark.file).name}:{example.mark.line}"
    return Tried(rule, example.name, example.expect, came_out, place)

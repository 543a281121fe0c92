"""Why somebody is in a segment, in the shape the page shows it: each node of the trace at its depth, with its answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.flow.explain import Answer
from rules.explain import walk

DEEPEST = 5  # what lies deeper stands at this depth: the page has no more steps


@dataclass(frozen=True)
class Because:
    """One line of the trace. answer: yes or no, in the reader's language."""

    depth: int
    holds: bool
    answer: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """outlook: what would have to be otherwise, and when the verdict changes by time alone."""

    segment: str
    title: str
    holds: bool
    since: datetime | None
    because: tuple[Because, ...]
    outlook: tuple[str, ...]


def verdicts(answers: Iterable[Answer]) -> list[Verdict]:
    """Those that hold come first."""
    return sorted(map(_verdict, answers), key=lambda verdict: not verdict.holds)


def _verdict(answer: Answer) -> Verdict:
    told = answer.explained
    return Verdict(
        answer.segment,
        answer.title,
        told.holds,
        answer.member_since,
        tuple(Because(min(depth, DEEPEST), node.holds, node.answer, node.text) for depth, node in walk(told.told)),
        told.outlook,
    )

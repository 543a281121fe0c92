"""Why somebody is in a segment, in the shape the page shows it: each sentence of the trace at its depth, with its mark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DEEPEST = 5  # what lies deeper stands at this depth: the page has no more steps


@dataclass(frozen=True)
class Because:
    """One line of the trace. holds: None for a line that says neither yes nor no."""

    depth: int
    holds: bool | None
    text: str


@dataclass(frozen=True)
class Verdict:
    segment: str
    title: str
    holds: bool
    since: datetime | None
    because: tuple[Because, ...]


def verdicts(told: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> list[Verdict]:
    """told: as hub.flow.explain.why_text answers. Those that hold come first."""
    found = [
        Verdict(
            one["segment"],
            titles.get(one["segment"], one["segment"]),
            one["in"],
            one["member_since"],
            tuple(map(_because, one["sentences"])),
        )
        for one in told
    ]
    return sorted(found, key=lambda verdict: not verdict.holds)


def _because(sentence: str) -> Because:
    """The trace indents by two blanks a level, and begins each line with `yes: ` or `no : `."""
    text = sentence.lstrip()
    depth = min((len(sentence) - len(text)) // 2, DEEPEST)
    mark, colon, rest = text.partition(":")
    word = mark.strip()
    return (
        Because(depth, word == "yes", rest.strip()) if colon and word in {"yes", "no"} else Because(depth, None, text)
    )

"""A verdict explained: every node's value, threshold and answer, what would have to change, and when it will by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.changes import changes
from rules.documents import plain
from rules.flips import next_flip
from rules.predicate import Trace, VehicleSeen, View, trace
from rules.tree import Pinned, SegmentTest
from rules.wording import words


@dataclass(frozen=True)
class Told:
    """One node. seen, asked: in words; event_ids: what was counted; place: file:line:column of the rule; flips_at: when
    this node's verdict changes by time alone, in UTC."""

    holds: bool
    seen: str
    asked: str
    event_ids: tuple[int, ...]
    place: str
    flips_at: datetime | None
    parts: tuple["Told", ...]

    @property
    def text(self) -> str:
        return f"{self.seen}; asked: {self.asked}" if self.asked else self.seen

    def as_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "seen": self.seen,
            "asked": self.asked,
            "event_ids": list(self.event_ids),
            "place": self.place,
            "flips_at": plain(self.flips_at),
            "parts": [part.as_json() for part in self.parts],
        }


@dataclass(frozen=True)
class Explained:
    """changes: the fewest tests that would have to come out otherwise for the verdict to be another, in words."""

    holds: bool
    told: Told
    changes: tuple[str, ...]
    trace: Trace

    @property
    def flips_at(self) -> datetime | None:
        return self.told.flips_at

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self.told, 0))


def explain(condition: Any, view: View, now: datetime, zone: str) -> Explained:
    found = trace(condition, view, now, zone)
    told = _tell(found, view, now, zone, None)
    return Explained(found.holds, told, tuple(changes(found)), found)


def _tell(found: Trace, view: View, now: datetime, zone: str, car: VehicleSeen | None) -> Told:
    if isinstance(found.node, Pinned) and found.seen is None:  # nobody's hand is in it
        return _tell(found.parts[0], view, now, zone, car)
    seen, asked = words(found)
    mark = found.node.mark
    inner = found.node.zone if isinstance(found.node, SegmentTest) else zone
    return Told(
        holds=found.holds,
        seen=seen,
        asked=asked,
        event_ids=found.event_ids,
        place=f"{mark.file}:{mark.line}:{mark.column}" if mark.file else "",
        flips_at=next_flip(found.node, view, now, zone, found.car or car),
        parts=tuple(_tell(part, view, now, inner, found.car or car) for part in found.parts),
    )


def walk(told: Told, depth: int = 0) -> Iterator[tuple[int, Told]]:
    """Every node with its depth, in the order of the rule."""
    yield depth, told
    for part in told.parts:
        yield from walk(part, depth + 1)


def _sentences(told: Told, depth: int) -> Iterator[str]:
    for level, node in walk(told, depth):
        turns = f"; changes by itself at {node.flips_at:%Y-%m-%d %H:%M} UTC" if node.flips_at and not node.parts else ""
        yield f"{'  ' * level}{'yes' if node.holds else 'no '}: {node.text}{turns}"

"""A verdict explained: every node's value, threshold and answer, what would have to change, and when it will by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from rules.changes import changes
from rules.documents import plain
from rules.flips import next_flip
from rules.predicate import Trace, VehicleSeen, View, trace
from rules.tree import Pinned, SegmentTest
from rules.voice import ENGLISH, Voice
from rules.wording import words

ASKED = "%(seen)s; asked: %(asked)s"
YES, NO, TURNS = "yes", "no", "%(text)s; changes by itself at %(at)s"
TO_ENTER, TO_LEAVE = "to enter: %(change)s", "to leave: %(change)s"
WILL_ENTER = "by itself it will enter at %(at)s, if nothing else happens"
WILL_LEAVE = "by itself it will leave at %(at)s, if nothing else happens"
SENTENCES = frozenset({ASKED, YES, NO, TURNS, TO_ENTER, TO_LEAVE, WILL_ENTER, WILL_LEAVE})


@dataclass(frozen=True)
class Told:
    """One node. seen, asked: in words; event_ids: what was counted; place: file:line:column of the rule, without
    the folder, which is the server's own; flips_at: when this node's verdict changes by time alone, in UTC."""

    holds: bool
    seen: str
    asked: str
    event_ids: tuple[int, ...]
    place: str
    flips_at: datetime | None
    parts: tuple["Told", ...]
    voice: Voice = ENGLISH

    @property
    def text(self) -> str:
        return self.voice.say(ASKED, seen=self.seen, asked=self.asked) if self.asked else self.seen

    @property
    def answer(self) -> str:
        return self.voice.say(YES if self.holds else NO)

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
    voice: Voice = ENGLISH

    @property
    def flips_at(self) -> datetime | None:
        return self.told.flips_at

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self.told, self.voice))

    @property
    def outlook(self) -> tuple[str, ...]:
        """What would change the verdict, and when it changes by itself, in sentences."""
        turn, will = (TO_LEAVE, WILL_LEAVE) if self.holds else (TO_ENTER, WILL_ENTER)
        told = [self.voice.say(turn, change=change) for change in self.changes]
        if self.flips_at:
            told.append(self.voice.say(will, at=self.voice.moment(self.flips_at)))
        return tuple(told)


def explain(condition: Any, view: View, now: datetime, zone: str, voice: Voice = ENGLISH) -> Explained:
    found = trace(condition, view, now, zone)
    told = _tell(found, view, now, zone, None, voice)
    return Explained(found.holds, told, tuple(changes(found, voice)), found, voice)


def _tell(found: Trace, view: View, now: datetime, zone: str, car: VehicleSeen | None, voice: Voice) -> Told:
    if isinstance(found.node, Pinned) and found.seen is None:  # nobody's hand is in it
        return _tell(found.parts[0], view, now, zone, car, voice)
    seen, asked = words(found, voice)
    mark = found.node.mark
    inner = found.node.zone if isinstance(found.node, SegmentTest) else zone
    return Told(
        holds=found.holds,
        seen=seen,
        asked=asked,
        event_ids=found.event_ids,
        place=f"{PurePath(mark.file).name}:{mark.line}:{mark.column}" if mark.file else "",
        flips_at=next_flip(found.node, view, now, zone, found.car or car),
        parts=tuple(_tell(part, view, now, inner, found.car or car, voice) for part in found.parts),
        voice=voice,
    )


def walk(told: Told, depth: int = 0) -> Iterator[tuple[int, Told]]:
    """Every node with its depth, in the order of the rule."""
    yield depth, told
    for part in told.parts:
        yield from walk(part, depth + 1)


def _sentences(told: Told, voice: Voice) -> Iterator[str]:
    width = max(len(voice.say(answer)) for answer in (YES, NO))
    for level, node in walk(told):
        text = node.text
        if node.flips_at and not node.parts:
            text = voice.say(TURNS, text=text, at=voice.moment(node.flips_at))
        yield f"{'  ' * level}{node.answer:<{width}}: {text}"

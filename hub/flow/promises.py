"""Which promises a conversation has started, from its turns alone: first and next answers, and its end; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.flow.stopwatch import Happening


@dataclass(frozen=True)
class Turn:
    """kind: asked (the customer wrote), answered (an advisor did), handed (to people), paused, resumed or closed."""

    kind: str
    at: datetime


@dataclass
class Round:
    """One promise. number: which one of its measure. told: what a stopwatch replays."""

    measure: str
    number: int
    told: list[Happening]

    @property
    def runs(self) -> bool:
        return self.told[-1].kind != "stop"


def rounds(turns: Iterable[Turn]) -> list[Round]:
    """In the order in which they began. What the bot answers is no promise; from the handoff on the customer waits for a
    person. An answer is owed also in a pause: only the end of the matter waits for the customer, or for parts."""
    found: list[Round] = []
    running: dict[str, Round] = {}

    def start(measure: str, at: datetime) -> None:
        number = sum(one.measure == measure for one in found) + 1
        running[measure] = Round(measure, number, [Happening("start", at)])
        found.append(running[measure])

    def tell(measure: str, kind: str, at: datetime) -> None:
        if measure in running:
            running[measure].told.append(Happening(kind, at))
            if kind == "stop":
                del running[measure]

    for turn in turns:
        if turn.kind == "handed" and "resolution" not in running:
            start("first", turn.at)
            start("resolution", turn.at)
        elif turn.kind == "asked" and "resolution" in running and running.keys().isdisjoint({"first", "next"}):
            start("next", turn.at)
        elif turn.kind == "answered":
            tell("first", "stop", turn.at)
            tell("next", "stop", turn.at)
        elif turn.kind in ("paused", "resumed"):
            tell("resolution", "pause" if turn.kind == "paused" else "resume", turn.at)
        elif turn.kind == "closed":
            for measure in tuple(running):
                tell(measure, "stop", turn.at)
    return found

"""Where things stand on the drawn odometer: the car on its kilometre of today, its visits behind, what comes before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.cars import Stop
from portal.needs import Need, Pace

WIDTH = 1160
NOSE = 755  # where the car's front stands: today
TAIL = 182  # where the earliest of the visits shown stands
END = 1140
BEHIND = 3  # visits shown
APART = 150  # between two words on the same line, so that they do not touch
MARKS = 10  # of the ruler per long one


@dataclass(frozen=True)
class Mark:
    """x from the reading side's start. what: a visit's km, or a need's name. words: whether there is room for them."""

    x: int
    km: int
    day: date
    what: str = ""
    lamp: str = ""
    low: int = 0
    high: int = 0
    words: bool = True


@dataclass(frozen=True)
class Stage:
    km: int
    read: bool
    past: tuple[Mark, ...]
    ahead: tuple[Mark, ...]


def stage_of(stops: Sequence[Stop], needs: Iterable[Need], pace: Pace | None) -> Stage | None:
    """None where nobody has read the odometer twice: a road without a measure is not drawn."""
    read = [stop for stop in stops if stop.km is not None][-BEHIND:]
    if pace is None or pace.km_a_day <= 0 or len(read) < 2 or pace.km <= (read[0].km or 0):
        return None
    unit = (NOSE - TAIL) / (pace.km - (read[0].km or 0))
    past = [Mark(round(NOSE - unit * (pace.km - (stop.km or 0))), stop.km or 0, stop.day) for stop in read]
    dated = [need for need in needs if need.kind == "rhythm" and need.best is not None]
    ahead = [mark for need in dated if (mark := _ahead(need, pace, unit))]
    worded = _apart([*ahead, *reversed(past)])
    return Stage(pace.km, pace.is_read, worded[len(ahead) :][::-1], worded[: len(ahead)])


def _ahead(need: Need, pace: Pace, unit: float) -> Mark | None:
    """What is overdue stands right before the nose; what lies behind the end of the ruler is not on it."""
    if need.best is None or need.first is None or need.last is None:
        return None
    x, low, high = (
        NOSE + unit * (max(pace.km, pace.km_on(day)) - pace.km) for day in (need.best, need.first, need.last)
    )
    if x > END:
        return None
    high = max(min(high, END), low + 16)
    return Mark(
        round(max(x, NOSE + 8)), pace.km_on(need.best), need.best, need.what, need.lamp, round(low), round(high)
    )


def _apart(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Where words would run into each other, the mark that comes first in the list keeps its own."""
    kept: list[int] = []
    found = []
    for mark in marks:
        fits = all(abs(mark.x - other) >= APART for other in kept)
        kept += [mark.x] if fits else []
        found.append(replace(mark, words=fits))
    return tuple(found)

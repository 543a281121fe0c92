"""What a car needs next, by when, why, and how sure we are; pure, from its own visits and what was advised for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from portal.cars import Advice, Stop

RHYTHMIC = ("service", "inspection", "tyres", "cooling")  # work that comes back by itself
LAMPS = {"critical": "now", "important": "soon", "advisory": "watch", "ok": "good"}
ORDER = ("now", "soon", "watch", "good")
SOON = timedelta(days=42)
LATE = timedelta(days=550)  # behind this the owner has gone another way, and we do not nag
NORMAL = 1.4826  # median absolute deviation -> standard deviation, of a normal law
LEAST = timedelta(days=14)  # no forecast is narrower: people come by the week
STEADY = 0.25  # spread over interval, below which a rhythm is one
Lamp = Literal["now", "soon", "watch", "good"]


@dataclass(frozen=True)
class Scale:
    """Days as a line from start to end; now, low, high and best in per cent of it."""

    start: date
    end: date
    now: float
    low: float
    high: float
    best: float


@dataclass(frozen=True)
class Need:
    """kind: advice (somebody looked at it) or rhythm (the car's own). first..last: when it is expected, best in between.

    sure: 3 a person saw it or a date stands; 2 several intervals agree; 1 too few of them. support: how many of them.
    since: the visit before, or the day of the advice."""

    kind: Literal["advice", "rhythm"]
    what: str
    lamp: Lamp
    sure: int
    support: int
    since: date
    best: date | None
    first: date | None = None
    last: date | None = None
    every: timedelta | None = None
    advice: Advice | None = None

    def scale(self, today: date) -> Scale:
        """From the visit before to the end of the band, or to today where that is later."""
        best = self.best or today
        first, last = self.first or best, self.last or best
        end = max(last, today)
        whole = max((end - self.since).days, 1)
        now, low, high, at = (max(0.0, (day - self.since).days / whole * 100) for day in (today, first, last, best))
        return Scale(self.since, end, now, low, high, at)


def needs_of(
    stops: Sequence[Stop], advice: Iterable[Advice], works: Mapping[int, Collection[str]], today: date
) -> list[Need]:
    """The most urgent first; among them what a person saw, then by day.

    stops: the earliest first. works: visit id -> kinds of work done at it."""
    found = [*_advised(advice, today), *(one for what in RHYTHMIC if (one := _rhythm(what, stops, works, today)))]
    return sorted(
        found, key=lambda need: (ORDER.index(need.lamp), need.kind != "advice", need.best or date.max, need.what)
    )


def _advised(advice: Iterable[Advice], today: date) -> Iterable[Need]:
    """The latest word on each part stands: what was mended since needs nothing."""
    latest = {one.part: one for one in advice}
    for one in latest.values():
        if one.state not in {"open", "declined"}:
            continue
        lamp: Lamp = LAMPS.get(one.safety, "watch")  # type: ignore[assignment]
        if one.due_on is not None and one.due_on <= today:
            lamp = "now" if one.safety == "critical" else "soon"
        yield Need("advice", one.part, lamp, 3, 1, one.made_on, one.due_on, one.due_on, one.due_on, advice=one)


def _rhythm(what: str, stops: Sequence[Stop], works: Mapping[int, Collection[str]], today: date) -> Need | None:
    """From the intervals between visits of this kind: their median, and their spread as the band. One visit is no rhythm."""
    days = [stop.day for stop in stops if what in works.get(stop.id, ())]
    gaps = [(later - earlier).days for earlier, later in pairwise(days) if later > earlier]
    if not gaps:
        return None
    every = median(gaps)
    spread = NORMAL * median(abs(gap - every) for gap in gaps)
    band = max(LEAST, timedelta(days=round(spread if len(gaps) > 2 else every / 4)))
    best = days[-1] + timedelta(days=round(every))
    if today - best > LATE:
        return None
    sure = 2 if len(gaps) > 2 and spread <= STEADY * every else 1
    lamp: Lamp = "soon" if best - SOON <= today else "good"
    return Need(
        "rhythm", what, lamp, sure, len(gaps), days[-1], best, best - band, best + band, timedelta(days=round(every))
    )


# --- how far it has come ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """km_a_day over the readings of the last two years; km: as estimated for `on`, read: what stood there at the last one."""

    on: date
    km: int
    read: int
    read_on: date
    km_a_day: float

    @property
    def is_read(self) -> bool:
        return self.on == self.read_on or self.km == self.read

    def day_of(self, km: int) -> date | None:
        """When it will be there, if it moves at all."""
        return self.on + timedelta(days=round((km - self.km) / self.km_a_day)) if self.km_a_day > 0 else None

    def km_on(self, day: date) -> int:
        return self.km + round(self.km_a_day * (day - self.on).days)


RECENT = timedelta(days=730)
SHORTEST = 30  # days between two readings that say something of a pace


def pace_of(stops: Sequence[Stop], today: date) -> Pace | None:
    """None without a reading. Between the first and the last reading of the last two years the pace is their slope."""
    read = [(stop.day, stop.km) for stop in stops if stop.km is not None]
    if not read:
        return None
    last_on, last = read[-1]
    start_on, start = next(((day, km) for day, km in read if last_on - day <= RECENT), read[-1])
    days = (last_on - start_on).days
    pace = max(0.0, (last - start) / days) if days >= SHORTEST else 0.0
    return Pace(today, last + round(pace * (today - last_on).days), last, last_on, pace)

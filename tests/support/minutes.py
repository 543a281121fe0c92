"""Promises of a conversation counted minute by minute: the oracle that timers are compared with. It shares no code with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np

from rules.hours import Calendar, Season, Shifts

SPLIT: Shifts = ((450, 720), (765, 1080))
NIGHT: Shifts = ((1320, 1800),)
FAST: Shifts = ((540, 840), (1230, 1470))
CALENDARS = (
    Calendar("split", "Europe/Berlin", (SPLIT,) * 5 + (((480, 780),), ()), holidays="DE-BE"),
    Calendar("night", "Africa/Cairo", (NIGHT,) * 7),
    Calendar(
        "ramadan", "Asia/Dubai", (SPLIT,) * 4 + (((480, 690),), SPLIT, ()),
        (Season(date(2026, 2, 18), date(2026, 3, 19), (FAST,) * 7),), {date(2026, 3, 2): ()},
    ),
    Calendar("south", "Australia/Sydney", (SPLIT,) * 4 + ((),) + (((0, 1440),),) * 2),
)  # fmt: skip
STARTS = (datetime(2026, 2, 14, tzinfo=UTC), datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC),
          datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 12, 23, tzinfo=UTC))  # fmt: skip
LENGTH = 60 * 24 * 14  # minutes that an oracle looks at
PERCENTS = (50, 75, 90, 100)


@dataclass(frozen=True)
class Case:
    """One conversation. posts: (minute, kind, author, event). limits: minutes by measure, multiples of 20."""

    start: datetime
    calendar: Calendar
    limits: dict[str, int]
    posts: tuple[tuple[int, str, str, str | None], ...]
    now: int


def open_minutes(calendar: Calendar, start: datetime) -> np.ndarray:
    """For each minute from `start`: is the place open? By the clock on its own wall, minute by minute."""
    zone, found = ZoneInfo(calendar.zone), np.zeros(LENGTH, bool)
    for index in range(LENGTH):
        at = start + timedelta(minutes=index)
        found[index] = _is_open(calendar, at, zone)
    return found


def _is_open(calendar: Calendar, at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone).replace(tzinfo=None)
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        minute = wall.hour * 60 + wall.minute + 1440 * back
        for begins, ends in calendar.shifts(day):
            if begins <= minute < ends:
                return True
    return False


def cases(seed: int, count: int) -> Iterator[Case]:
    dice = Random(seed)
    for _ in range(count):
        yield a_case(dice)


def a_case(dice: Random) -> Case:
    """Customers ask, advisors answer, it is passed on, paused, closed and begun again, at any minute."""
    limits = {
        "first": 20 * dice.randint(1, 6),
        "next": 20 * dice.randint(1, 12),
        "resolution": 20 * dice.randint(10, 120),
    }
    posts: list[tuple[int, str, str, str | None]] = []
    minute, paused = dice.randrange(2880), False
    for _ in range(dice.randint(2, 14)):
        what = dice.choices(("asked", "answered", "handed_off", "pause", "closed", "bot"), (5, 5, 3, 2, 1, 1))[0]
        if what == "pause":
            posts.append((minute, "event", "desk", "resumed" if paused else "paused"))
            paused = not paused
        elif what in ("handed_off", "closed"):
            if what == "closed" and paused:
                paused = False
            posts.append((minute, "event", "desk", what))
        else:
            posts.append((minute, "said", {"asked": "customer", "answered": "staff", "bot": "bot"}[what], None))
        minute += dice.choice((1, 2, 7, 40, 180, 900, 2000))
    return Case(dice.choice(STARTS), dice.choice(CALENDARS), limits, tuple(posts), min(minute, LENGTH - 1))


def counted(case: Case, is_open: np.ndarray) -> list[tuple[str, int, int, tuple[tuple[int, int], ...]]]:
    """(measure, start minute, minutes spent, marks) of each promise: every minute is looked at, and added up."""
    found = []
    for measure, start, stop, rests in _promised(case.posts):
        end = min(stop if stop is not None else case.now, case.now)
        runs = is_open[start:end].copy()
        for begins, ends in rests:
            runs[max(begins - start, 0) : max((end if ends is None else ends) - start, 0)] = False
        spent = np.cumsum(runs)
        marks = []
        for percent in PERCENTS:
            reached = np.flatnonzero(spent * 100 >= case.limits[measure] * percent)
            minute = start + int(reached[0]) + 1 if len(reached) else None
            if minute is not None and (stop is None or minute < stop):
                marks.append((percent, minute))
        found.append((measure, start, int(spent[-1]) if len(spent) else 0, tuple(marks)))
    return sorted(found)


def _promised(
    posts: Sequence[tuple[int, str, str, str | None]],
) -> list[tuple[str, int, int | None, list[tuple[int, int | None]]]]:
    """[measure, start, stop, rests], by what is true after each post."""
    done: list[tuple[str, int, int | None, list[tuple[int, int | None]]]] = []
    with_people, since, owed, rests = False, 0, "", []
    owed_since, resting = 0, False
    for minute, kind, author, event in posts:
        if event == "handed_off" and not with_people:
            with_people, since, owed, owed_since, rests, resting = True, minute, "first", minute, [], False
        elif not with_people:
            continue
        elif kind == "said" and author == "customer" and not owed:
            owed, owed_since = "next", minute
        elif kind == "said" and author == "staff" and owed:
            done.append((owed, owed_since, minute, []))
            owed = ""
        elif event == "paused" and not resting:
            rests, resting = [*rests, (minute, None)], True
        elif event == "resumed" and resting:
            rests, resting = [*rests[:-1], (rests[-1][0], minute)], False
        elif event == "closed":
            if owed:
                done.append((owed, owed_since, minute, []))
            done.append(("resolution", since, minute, rests))
            with_people, owed = False, ""
    if with_people:
        done.append(("resolution", since, None, rests))
        if owed:
            done.append((owed, owed_since, None, []))
    return done

"""A timer from its events alone: how much open time was spent, which marks were reached and when; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.hours import Calendar

PERCENTS = (50, 75, 90, 100)  # warnings, and the breach


@dataclass(frozen=True)
class Happening:
    """kind: start, pause, resume, stop or reopen, at the time it happened. Of starts, and of stops and reopenings, the one
    told last counts: it is a correction. The order of the sequence is that of telling."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Standing:
    """state: running, paused or stopped. marks: percent and the moment it was reached. due_at: the next mark's, if it runs on."""

    state: str
    started_at: datetime
    stopped_at: datetime | None
    spent: timedelta
    marks: tuple[tuple[int, datetime], ...]
    due_at: datetime | None


def replay(told: Sequence[Happening], calendar: Calendar, limit: timedelta, now: datetime) -> Standing:
    """What was finished at the very moment of a mark was in time: a promise of 8 hours is broken after 8 hours, not at them."""
    started = next(one.at for one in reversed(told) if one.kind == "start")
    last = next((one for one in reversed(told) if one.kind in {"stop", "reopen"}), None)
    stopped = max(last.at, started) if last and last.kind == "stop" else None
    runs, paused = _runs(told, started, stopped)
    spent = timedelta()
    marks: list[tuple[int, datetime]] = []
    due: datetime | None = None
    for begins, ends in runs:
        for percent in PERCENTS[len(marks) :]:
            at = calendar.after(begins, limit * percent / 100 - spent)
            if at is None or (ends is not None and at >= ends):
                break
            if at > now:
                due = at
                break
            marks.append((percent, at))
        until = now if ends is None else min(ends, now)
        if begins < until:
            spent += calendar.between(begins, until)
    state = "stopped" if stopped else "paused" if paused else "running"
    return Standing(state, started, stopped, spent, tuple(marks), due if state != "stopped" else None)


def _runs(
    told: Sequence[Happening], started: datetime, stopped: datetime | None
) -> tuple[list[tuple[datetime, datetime | None]], bool]:
    """Stretches in which it runs, and whether it is paused at the end; the last stretch of a running one has no end."""
    inside = [
        one
        for one in told
        if one.kind in {"pause", "resume"} and one.at >= started and (stopped is None or one.at < stopped)
    ]
    runs: list[tuple[datetime, datetime | None]] = []
    begins: datetime | None = started
    for one in sorted(inside, key=lambda one: (one.at, one.kind == "resume")):
        if one.kind == "pause" and begins is not None:
            runs.append((begins, one.at))
            begins = None
        elif one.kind == "resume" and begins is None:
            begins = one.at
    if begins is not None:
        runs.append((begins, stopped))
    return runs, begins is None

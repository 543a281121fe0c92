"""Local days and spans of days: the only clock arithmetic in the house."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo

SPAN = re.compile(r"([1-9][0-9]{0,4}) ?([dwmy])")
PERIOD = re.compile(r"(this|last)_(week|month|quarter|year)")
PERIODS = tuple(f"{which}_{unit}" for unit in ("week", "month", "quarter", "year") for which in ("this", "last"))
LONGEST_DAYS = 36_600


@dataclass(frozen=True)
class Span:
    """N days, weeks, months or years; months and years go by the calendar, 31 January less a month is the 28th or 29th."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    def before(self, day: date) -> date:
        if self.unit in "dw":
            return day - timedelta(days=self.count * (7 if self.unit == "w" else 1))
        return _months_on(day, -self.count * (12 if self.unit == "y" else 1))

    def after(self, day: date) -> date:
        """31 January and a month is the last of February."""
        if self.unit in "dw":
            return day + timedelta(days=self.count * (7 if self.unit == "w" else 1))
        return _months_on(day, self.count * (12 if self.unit == "y" else 1))

    def passes(self, day: date) -> date:
        """The first day whose `before` is not earlier than `day`: from then on, `day` is older than the span.

        With months that is not `after`: what was on 31 January is a month old on 1 March."""
        turn = self.after(day)
        while self.before(turn) < day:
            turn += timedelta(days=1)
        return turn

    def reach(self, today: date) -> tuple[date, date]:
        """The first and the last day of the window that ends today, both included."""
        return self.before(today) + timedelta(days=1), today

    def turns(self, day: date) -> Iterator[date]:
        """The days on which `day` comes into the window and leaves it."""
        yield day
        yield self.passes(day)


@dataclass(frozen=True)
class Period:
    """This or the last week, month, quarter or year; weeks begin on Monday. The current one ends today."""

    which: str
    unit: str

    def __str__(self) -> str:
        return f"{self.which}_{self.unit}"

    def reach(self, today: date) -> tuple[date, date]:
        start = self._start(today)
        return (
            (start, today)
            if self.which == "this"
            else (self._start(start - timedelta(days=1)), start - timedelta(days=1))
        )

    def turns(self, day: date) -> Iterator[date]:
        following = self._next(day)
        yield from (day, following) if self.which == "this" else (following, self._next(following))

    def _start(self, day: date) -> date:
        if self.unit == "week":
            return day - timedelta(days=day.weekday())
        month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[self.unit]
        return date(day.year, month, 1)

    def _next(self, day: date) -> date:
        """The first day of the period after the one that `day` lies in."""
        if self.unit == "week":
            return self._start(day) + timedelta(days=7)
        return _months_on(self._start(day), {"month": 1, "quarter": 3, "year": 12}[self.unit])


Window: TypeAlias = Span | Period


def _months_on(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def parse_span(text: str) -> Span | None:
    """`180d`, `6w`, `18m`, `4y`; None for anything else or more than a century."""
    match = SPAN.fullmatch(text.strip())
    if not match:
        return None
    span = Span(int(match.group(1)), match.group(2))
    days = span.count * {"d": 1, "w": 7, "m": 31, "y": 366}[span.unit]
    return span if days <= LONGEST_DAYS else None


def parse_period(text: str) -> Period | None:
    """`this_month`, `last_quarter`; None for anything else."""
    match = PERIOD.fullmatch(text.strip())
    return Period(match.group(1), match.group(2)) if match else None


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The first moment of a local day, in UTC. Where midnight is skipped, that is the moment the clocks go forward."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Moment:
    """The `now` of a verdict, and which day it is in the rule's zone."""

    now: datetime
    zone: str

    @cached_property
    def today(self) -> date:
        return local_day(self.now, self.zone)

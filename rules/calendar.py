"""Local days and spans of days: the only clock arithmetic in the house."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SPAN = re.compile(r"([1-9][0-9]{0,4}) ?([dwmy])")
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
        months = day.year * 12 + day.month - 1 - self.count * (12 if self.unit == "y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def parse_span(text: str) -> Span | None:
    """`180d`, `6w`, `18m`, `4y`; None for anything else or more than a century."""
    match = SPAN.fullmatch(text.strip())
    if not match:
        return None
    span = Span(int(match.group(1)), match.group(2))
    days = span.count * {"d": 1, "w": 7, "m": 31, "y": 366}[span.unit]
    return span if days <= LONGEST_DAYS else None


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True)
class Moment:
    """The `now` of a verdict, and which day it is in the rule's zone."""

    now: datetime
    zone: str

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

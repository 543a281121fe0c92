"""Spans of a journey: minutes and hours go by, days and months go by the calendar and keep their time of day."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from rules.calendar import Span, local_day, parse_span

SHORT = re.compile(r"([1-9][0-9]{0,3}) ?(min|h)")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
MORNING = time(9)  # when a day that is waited for begins, unless the document says otherwise


@dataclass(frozen=True)
class Elapsed:
    """Time that simply passes, whatever the clocks on the wall do."""

    minutes: int

    def __str__(self) -> str:
        return f"{self.minutes // 60}h" if self.minutes % 60 == 0 else f"{self.minutes}min"


Duration: TypeAlias = Elapsed | Span


def parse_elapsed(text: str) -> Elapsed | None:
    """`20min`, `4h`; None for anything else."""
    match = SHORT.fullmatch(text.strip())
    return Elapsed(int(match.group(1)) * (60 if match.group(2) == "h" else 1)) if match else None


def parse_duration(text: str) -> Duration | None:
    """`20min`, `4h`, `3d`, `6w`, `18m`, `2y`; None for anything else."""
    return parse_elapsed(text) or parse_span(text)


def parse_clock(text: str) -> time | None:
    """`09:30`; None for anything else."""
    match = CLOCK.fullmatch(text.strip())
    return time(int(match.group(1)), int(match.group(2))) if match else None


def at_time(day: datetime, clock: time, zone: str) -> datetime:
    """This time of day on the local day of `day`, in UTC. A time that the clocks skip is the one an hour later."""
    return datetime.combine(local_day(day, zone), clock, ZoneInfo(zone)).astimezone(UTC)


def later(since: datetime, span: Duration, zone: str, clock: time | None = None) -> datetime:
    """When the span is over: at the same time of a later local day, or at `clock`, then or on the day after."""
    if isinstance(span, Elapsed):
        end = since + timedelta(minutes=span.minutes)
    else:
        local = since.astimezone(ZoneInfo(zone))
        end = datetime.combine(span.after(local.date()), local.time(), ZoneInfo(zone)).astimezone(UTC)
    if clock is None:
        return end
    found = at_time(end, clock, zone)
    return found if found >= end or not isinstance(span, Elapsed) else at_time(end + timedelta(days=1), clock, zone)


def before(moment: datetime, span: Duration, zone: str) -> datetime:
    if isinstance(span, Elapsed):
        return moment - timedelta(minutes=span.minutes)
    local = moment.astimezone(ZoneInfo(zone))
    return datetime.combine(span.before(local.date()), local.time(), ZoneInfo(zone)).astimezone(UTC)

"""Business hours: split shifts, nights, seasons and holidays of a place, and how much of a span of time they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rules.errors import Mark, Problem, RuleError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHIFT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
KNOWN = ("calendar", "title", "zone", "week", "seasons", "days", "closed", "holidays")
SEASON_KEYS = ("name", "from", "to", "week")
LOOK_AHEAD = 800  # days without an open minute after which a calendar never opens again
DAY = timedelta(days=1)

Shifts = tuple[tuple[int, int], ...]  # minutes from midnight; an end beyond 1440 is on the next day
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Season:
    """Days from `first` to `last`, both of them, with a week of their own (Ramadan, summer). name: by which quiet hours name it."""

    first: date
    last: date
    week: tuple[Shifts, ...]
    name: str = ""


@dataclass(frozen=True)
class Calendar:
    """week: shifts from Monday. A day's own entry goes before a holiday, that before a season, that before the week.

    A wall time that the clocks skip is the moment they skip it; one that comes twice opens the first time and closes the
    second: nobody sends the mechanics out for an hour."""

    name: str
    zone: str
    week: tuple[Shifts, ...]
    seasons: tuple[Season, ...] = ()
    days: Mapping[date, Shifts] = field(default_factory=dict)
    holidays: str = ""
    _known: dict[date, tuple[Span, ...]] = field(default_factory=dict, repr=False, compare=False)

    def shifts(self, day: date) -> Shifts:
        if day in self.days:
            return self.days[day]
        if self.holidays and day in _holidays(self.holidays, day.year):
            return ()
        for season in self.seasons:
            if season.first <= day <= season.last:
                return season.week[day.weekday()]
        return self.week[day.weekday()]

    def open_on(self, day: date) -> tuple[Span, ...]:
        """The shifts that begin on a local day, as moments in UTC."""
        if day not in self._known:
            zone = ZoneInfo(self.zone)
            spans = [(_opens(day, start, zone), _closes(day, end, zone)) for start, end in self.shifts(day)]
            self._known[day] = tuple((start, end) for start, end in spans if start < end)
        return self._known[day]

    def spans(self, since: datetime) -> Iterator[Span]:
        """Open spans that end after `since`, in order and apart from each other; ends when nothing opens for two years."""
        day = since.astimezone(ZoneInfo(self.zone)).date() - DAY
        edge, idle = since, 0
        while idle < LOOK_AHEAD:
            found = [span for span in sorted(self.open_on(day)) if span[1] > edge]
            idle = 0 if found else idle + 1
            for start, end in found:
                if end > edge:
                    yield max(start, edge), end
                    edge = end
            day += DAY

    def between(self, since: datetime, until: datetime) -> timedelta:
        """Open time within [since, until)."""
        total = timedelta()
        for start, end in self.spans(since):
            if start >= until:
                break
            total += min(end, until) - start
        return total

    def after(self, since: datetime, wanted: timedelta) -> datetime | None:
        """The first moment at which `wanted` of open time has passed since `since`; None when the calendar never opens."""
        if wanted <= timedelta():
            return since
        for start, end in self.spans(since):
            if end - start >= wanted:
                return start + wanted
            wanted -= end - start
        return None


ALWAYS = Calendar("always", "UTC", (((0, 1440),),) * 7)


def _opens(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    wall = _wall(day, minutes)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    return first if first.astimezone(zone).replace(tzinfo=None) == wall else _skip(wall, zone)


def _closes(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A minute after the last minute that is still open."""
    wall = _wall(day, minutes - 1)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return last + timedelta(minutes=1) if last.astimezone(zone).replace(tzinfo=None) == wall else _skip(wall, zone)


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _skip(wall: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the clocks of a zone jump over a wall time."""
    low, high = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
    return high


def _holidays(code: str, year: int) -> Any:
    """code: DE, or DE-BE with its subdivision."""
    if (code, year) not in _YEARS:
        import holidays

        country, _, part = code.partition("-")
        _YEARS[code, year] = holidays.country_holidays(country, subdiv=part or None, years=year)
    return _YEARS[code, year]


_YEARS: dict[tuple[str, int], Any] = {}


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """All calendars of a folder by name, and `always`. Raises RuleError with every mistake of every file."""
    found, problems = read_calendars(folder)
    if problems:
        raise RuleError(problems)
    return found


def read_calendars(folder: Path) -> tuple[dict[str, Calendar], list[Problem]]:
    """The same, with the mistakes beside it: a wrong one is always open, so that whatever names it can be read."""
    found = {"always": ALWAYS}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            calendar = read_calendar(path)
            found[calendar.name] = calendar
        except RuleError as error:
            found[path.stem] = ALWAYS
            problems += error.problems
    return found, problems


def read_calendar(path: Path) -> Calendar:
    try:
        top = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = Mark(str(path), mark.line + 1, mark.column + 1) if mark else Mark(str(path), 1, 1)
        raise RuleError([Problem(place, str(getattr(error, "problem", None) or "This is no YAML."))]) from None
    reader = _Reader(path)
    calendar = reader.calendar(top if isinstance(top, dict) else {})
    if reader.problems:
        raise RuleError(reader.problems)
    return calendar


class _Reader:
    """Reads one file and gathers everything wrong in it; the line is that of the first mention of a key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.problems: list[Problem] = []

    def wrong(self, key: str, what: str, hint: str = "") -> None:
        line = next((number for number, text in enumerate(self.lines, 1) if key in text), 1)
        self.problems.append(Problem(Mark(str(self.path), line, 1), what, hint))

    def calendar(self, top: Mapping[str, Any]) -> Calendar:
        for key in top:
            if key not in KNOWN:
                self.wrong(str(key), f"“{key}” is no part of a calendar.", f"Known: {', '.join(KNOWN)}.")
        zone, holidays = str(top.get("zone", "UTC")), str(top.get("holidays") or "")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            self.wrong("zone", f"“{zone}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
        try:
            if holidays:
                _holidays(holidays, 2026)
        except NotImplementedError:
            self.wrong(
                "holidays", f"“{holidays}” has no holidays.", "Use a country such as DE, or DE-BE with its part."
            )
        seasons = tuple(one for item in top.get("seasons") or () if (one := self.season(item)))
        days = {
            day: self.shifts("days", shifts)
            for key, shifts in (top.get("days") or {}).items()
            if (day := self.day(key))
        }
        days |= {day: () for key in top.get("closed") or () if (day := self.day(key))}
        name = str(top.get("calendar") or self.path.stem)
        return Calendar(name, zone, self.week(top.get("week")), seasons, days, holidays)

    def season(self, item: Any) -> Season | None:
        if not isinstance(item, dict):
            self.wrong("seasons", "A season is a mapping.", "Write {from: …, to: …, week: {…}}.")
            return None
        for key in item:
            if key not in SEASON_KEYS:
                self.wrong(str(key), f"“{key}” is no part of a season.", f"Known: {', '.join(SEASON_KEYS)}.")
        first, last = self.day(item.get("from")), self.day(item.get("to"))
        name = str(item.get("name") or "")
        return Season(first, last, self.week(item.get("week")), name) if first and last else None

    def day(self, value: Any) -> date | None:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.wrong(str(value), f"“{value}” is no day.", "Write it as 2026-12-24.")
            return None

    def week(self, block: Any) -> tuple[Shifts, ...]:
        """`mon-fri: [...]`, `sat: [...]`; a day that is not named is closed."""
        found: list[Shifts] = [()] * 7
        if not isinstance(block, dict):
            self.wrong("week", "“week” is missing or no mapping.", 'Write week: {mon-fri: ["08:00-17:00"]}.')
            return tuple(found)
        for key, shifts in block.items():
            first, _, last = str(key).partition("-")
            if first not in DAYS or (last and last not in DAYS):
                self.wrong(
                    str(key), f"“{key}” is no day of the week.", f"Days: {', '.join(DAYS)}, or a range as mon-fri."
                )
                continue
            start, end = DAYS.index(first), DAYS.index(last or first)
            for index in range(start, end + 1 + (7 if end < start else 0)):
                found[index % 7] = self.shifts(str(key), shifts)
        return tuple(found)

    def shifts(self, key: str, texts: Any) -> Shifts:
        found = []
        for text in texts if isinstance(texts, Sequence) and not isinstance(texts, str) else [texts]:
            match = SHIFT.fullmatch(str(text))
            if not match:
                self.wrong(key, f"“{text}” is no shift.", 'Write "08:00-12:00"; "22:00-06:00" ends on the next day.')
                continue
            start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
            start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
            found.append((start, end if end > start else end + 1440))
        return tuple(sorted(found))

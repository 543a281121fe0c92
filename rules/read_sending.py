"""config/sending.yaml, or everything that is wrong with it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from rules.catalogue import nearest
from rules.countries import country_meant, is_jurisdiction
from rules.errors import Problem, RuleError
from rules.hours import Calendar, load_calendars
from rules.parse import Source, read
from rules.sending import (
    CHANNELS,
    EVERYWHERE,
    FILE,
    FREE,
    PERSON,
    VEHICLE,
    Cap,
    Pace,
    Quiet,
    QuietSeason,
    Sending,
)
from rules.values import shown

KEYS = {"exempt", "stale_after", "quiet", "caps", "throttle"}
QUIET_KEYS = {"from", "until", "channels", "source", "reviewed_on", "seasons"}
SEASON_KEYS = {"calendar", "season", "hours"}
CAP_KEYS = {"purpose", "channel", "most", "within", "per"}
PACE_KEYS = {"per_second": (1, 10_000), "per_day": (10, 100_000_000)}  # and how little and how much each can be
MOST_SENT = 1000  # by a cap
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def load_sending(
    config: Path, purposes: Collection[str] = (), regions: Collection[str] = (),
    calendars: Mapping[str, Calendar] | None = None,
) -> Sending:  # fmt: skip
    """Nobody waits where there is no such file. purposes: those that something is sent for; regions: those that there are;
    none: any is taken. calendars: of this folder, where they have been read already. Raises RuleError with all that is wrong."""
    path = config / FILE
    if not path.is_file():
        return FREE
    known = load_calendars(config / "calendars") if calendars is None else calendars
    return read_sending(read(path), purposes, regions, known)


def read_sending(
    source: Source, purposes: Collection[str] = (), regions: Collection[str] = (),
    calendars: Mapping[str, Calendar] | None = None,
) -> Sending:  # fmt: skip
    """calendars: those whose seasons may be named."""
    reader = _Reader(source, purposes, regions, calendars or {})
    found = reader.read()
    if reader.problems:
        raise RuleError(reader.problems)
    return found


class _Reader:
    def __init__(
        self, source: Source, purposes: Collection[str], regions: Collection[str], calendars: Mapping[str, Calendar]
    ) -> None:
        self.calendars = calendars
        self.source = source
        self.purposes = purposes
        self.regions = regions
        self.problems: list[Problem] = []

    def read(self) -> Sending:
        top = self.source.top
        self.keys(top, KEYS)
        stale = self.mapping(top, "stale_after")
        quiet = self.mapping(top, "quiet")
        exempt = self.names(top, "exempt")
        for one in exempt:
            self.purpose(top, "exempt", one)
        for name in stale:
            self.purpose(stale, name, str(name))
        for place in quiet:
            if place != EVERYWHERE and not is_jurisdiction(place):
                self.wrong(
                    quiet, place, f"“{shown(place)}” is no jurisdiction.", f"{country_meant(place)} Or write default."
                )
        return Sending(
            frozenset(exempt),
            {str(name): self.span(stale, name) for name in stale},
            {str(name): hours for name in quiet if (hours := self.quiet(quiet, name))},
            [cap for index in range(len(self.rows(top, "caps"))) if (cap := self.cap(top["caps"], index))],
            self.throttle(top),
        )

    def throttle(self, top: Any) -> dict[tuple[str, str], Pace]:
        found = {}
        places = self.mapping(top, "throttle")
        for place in places:
            if place != EVERYWHERE and self.regions and place not in self.regions:
                self.wrong(places, place, f"There is no region “{shown(place)}”.", nearest(str(place), self.regions))
            channels = self.mapping(places, place)
            for channel in channels:
                if channel not in CHANNELS:
                    self.wrong(channels, channel, f"“{shown(channel)}” is no channel to people.",
                               nearest(str(channel), CHANNELS))  # fmt: skip
                found[str(place), str(channel)] = self.pace(channels, channel)
        return found

    def pace(self, block: Any, key: Any) -> Pace:
        given = self.mapping(block, key)
        self.keys(given, set(PACE_KEYS))
        for name, value in given.items():
            least, most = PACE_KEYS.get(name, (0, 0))
            if most and not (type(value) is int and least <= value <= most):
                self.wrong(given, name, f"“{name}” must be a whole number from {least} to {most:,}.",
                           "Write what the provider's contract says; leave it out where it sets no limit.")  # fmt: skip
                return Pace()
        if not given:
            self.wrong(block, key, f"“{shown(key)}” names no limit.", "Write {per_second: 20, per_day: 50000}.")
        return Pace(**{name: value for name, value in given.items() if name in PACE_KEYS})

    def quiet(self, block: Any, name: Any) -> Quiet | None:
        given = self.mapping(block, name)
        self.keys(given, QUIET_KEYS)
        begins, ends = self.clock(given, "from"), self.clock(given, "until")
        channels = self.names(given, "channels")
        for one in channels:
            if one not in CHANNELS:
                self.wrong(given, "channels", f"“{shown(one)}” is no channel to people.", nearest(one, CHANNELS))
        if not channels:
            self.wrong(block, name, "These quiet hours hold for no channel.", "Add channels: [sms, push].")
        if begins == ends:
            self.wrong(given, "until", "These quiet hours are empty.", "End them at another time than they begin.")
        reviewed = given.get("reviewed_on")
        if not isinstance(reviewed, date) or not isinstance(given.get("source"), str):
            self.wrong(block, name, "Quiet hours name where they were read, and when.",
                       "Add source: the law or custom, and reviewed_on: 2026-11-26.")  # fmt: skip
            return None
        rows = self.rows(given, "seasons")
        seasons = [one for index in range(len(rows)) for one in self.seasons(rows, index)]
        return Quiet(begins, ends, frozenset(channels), given["source"], reviewed, tuple(seasons))

    def seasons(self, rows: Any, index: int) -> Iterator[QuietSeason]:
        """`{calendar: workshop_gcc, season: ramadan, hours: [["16:30", "20:30"]]}`: the days are those of the calendar, where
        somebody wrote them down once the moon was seen."""
        given = rows[index] if isinstance(rows[index], Mapping) else {}
        self.keys(given, SEASON_KEYS)
        calendar, name = self.calendars.get(str(given.get("calendar"))), given.get("season")
        if calendar is None:
            self.wrong(given or rows, "calendar" if given else index,
                       f"There is no calendar “{shown(given.get('calendar'))}”.",
                       nearest(str(given.get("calendar")), self.calendars))  # fmt: skip
            return
        known = [one for one in calendar.seasons if one.name and one.name == name]
        if not known:
            self.wrong(given, "season", f"“{calendar.name}” has no season “{shown(name)}”.",
                       nearest(str(name), [one.name for one in calendar.seasons if one.name]))  # fmt: skip
        hours = self.rows(given, "hours")
        if not all(isinstance(one, list) and len(one) == 2 for one in hours):
            self.wrong(given, "hours", "Quiet hours of a season are pairs.", 'Write hours: [["16:30", "20:30"]].')
            return
        spans = tuple((self.at(one, 0), self.at(one, 1)) for one in hours)
        if any(begins == ends for begins, ends in spans):
            self.wrong(given, "hours", "These quiet hours are empty.", "End them at another time than they begin.")
        yield from (QuietSeason(one.first, one.last, spans) for one in known)

    def cap(self, rows: Any, index: int) -> Cap | None:
        given = rows[index]
        if not isinstance(given, Mapping):
            self.wrong(rows, index, "A cap is a mapping.", "Write {purpose: marketing, most: 3, within: 7d}.")
            return None
        self.keys(given, CAP_KEYS)
        most = given.get("most")
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST_SENT:
            self.wrong(given if "most" in given else rows, "most" if "most" in given else index,
                       f"“most” must be a whole number from 1 to {MOST_SENT:,}.", "To send nothing, write a policy.")  # fmt: skip
            return None
        purpose, channel = str(given.get("purpose", "")), str(given.get("channel", ""))
        if purpose:
            self.purpose(given, "purpose", purpose)
        if channel and channel not in CHANNELS:
            self.wrong(given, "channel", f"“{shown(channel)}” is no channel to people.", nearest(channel, CHANNELS))
        per = str(given.get("per", PERSON))
        if per not in (PERSON, VEHICLE):
            self.wrong(given, "per", f"“{shown(per)}” is nothing that messages are counted for.",
                       nearest(per, (PERSON, VEHICLE)))  # fmt: skip
        return Cap(most, self.span(given, "within"), purpose, channel, per)

    def purpose(self, block: Any, key: Any, name: str) -> None:
        if self.purposes and name not in self.purposes:
            self.wrong(block, key, f"Nothing is sent for “{shown(name)}”.", nearest(name, self.purposes))

    def span(self, block: Any, key: Any) -> timedelta:
        text = str(block.get(key, ""))
        number, unit = text[:-1], text[-1:]
        if not (number.isascii() and number.isdigit() and 0 < int(number) <= 1000 and unit in UNITS):
            self.wrong(block, key, f"“{shown(text)}” is no span of time.", "Write 12h, 7d or 2w.")
            return timedelta(days=1)
        return int(number) * UNITS[unit]

    def clock(self, block: Any, key: str) -> time:
        found = _clock(block.get(key, ""))
        if found is None:
            self.wrong(block, key, f"“{key}” must be a time of day.", f'Write {key}: "21:00", in quotes.')
            return time(0) if key == "from" else time(1)
        return found

    def at(self, pair: Any, index: int) -> time:
        found = _clock(pair[index])
        if found is None:
            self.wrong(pair, index, f"“{shown(pair[index])}” is no time of day.", 'Write "21:00", in quotes.')
        return found or time(index)

    def names(self, block: Any, key: str) -> list[str]:
        found = self.rows(block, key)
        if not all(isinstance(one, str) for one in found):
            self.wrong(block, key, f"“{key}” must be a list of words.", f"Write {key}: [sms, push].")
        return [one for one in found if isinstance(one, str)]

    def rows(self, block: Any, key: str) -> Any:
        found = block.get(key, [])
        if not isinstance(found, list):
            self.wrong(block, key, f"“{key}” must be a list.", f"Write {key}: [...].")
            return []
        return found

    def mapping(self, block: Any, key: Any) -> Any:
        found = block.get(key, {})
        if not isinstance(found, Mapping):
            self.wrong(block, key, f"“{shown(key)}” must be a mapping.", "Write one line each below it.")
            return {}
        return found

    def keys(self, block: Any, known: set[str]) -> None:
        for key in block:
            if key not in known:
                self.wrong(block, key, f"“{shown(key)}” is no key here.", nearest(str(key), known))

    def wrong(self, block: Any, key: Any, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.source.mark(block, key), what, hint))


def _clock(value: Any) -> time | None:
    """The clock is that of where the person is, and no other."""
    try:
        found = time.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is None else None

"""When people may be written to, and how often: quiet hours by the law of where they live, caps, and how much a provider takes;
config/sending.yaml."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.catalogue import nearest
from rules.errors import Problem, RuleError
from rules.parse import Source, read
from rules.values import shown

FILE = "sending.yaml"
KEYS = {"exempt", "stale_after", "quiet", "caps", "throttle"}
QUIET_KEYS = {"from", "until", "channels", "source", "reviewed_on"}
CAP_KEYS = {"purpose", "channel", "most", "within"}
PACE_KEYS = {"per_second": (1, 10_000), "per_day": (10, 100_000_000)}  # and how little and how much each can be
CHANNELS = ("mail", "sms", "push")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
EVERYWHERE = "default"
PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@dataclass(frozen=True)
class Quiet:
    """Nobody is written to from `begins` until `ends`, by the clock of where they are; over midnight where it begins later
    than it ends. source, reviewed_on: where the rule was read, and when."""

    begins: time
    ends: time
    channels: frozenset[str]
    source: str
    reviewed_on: date

    def over_at(self, now: datetime, zone: str) -> datetime | None:
        """When the quiet hours that hold at `now` end; None outside of them. By the wall clock: in a night that the clocks
        change, they end at the same hour of the morning as ever."""
        local = now.astimezone(ZoneInfo(zone))
        at, over = local.time().replace(tzinfo=None), self.begins > self.ends
        if not (at >= self.begins or at < self.ends if over else self.begins <= at < self.ends):
            return None
        day = local.date() + timedelta(days=1 if over and at >= self.begins else 0)
        ends = datetime.combine(day, self.ends, ZoneInfo(zone)).astimezone(now.tzinfo)
        # An hour that comes twice: what ended in its first round ends again in its second, and never before now.
        return (
            ends
            if ends > now
            else datetime.combine(day, self.ends.replace(fold=1), ZoneInfo(zone)).astimezone(now.tzinfo)
        )


@dataclass(frozen=True)
class Cap:
    """At most so many within so long to one person; purpose, channel: empty for all."""

    most: int
    within: timedelta
    purpose: str = ""
    channel: str = ""

    def counts(self, purpose: str, channel: str) -> bool:
        return self.purpose in ("", purpose) and self.channel in ("", channel)


@dataclass(frozen=True)
class Pace:
    """How many messages a provider takes of us; 0: as many as we like."""

    per_second: int = 0
    per_day: int = 0


@dataclass(frozen=True)
class Sending:
    """exempt: purposes that nobody has to wait for. stale_after: purpose -> how old a message may be when it goes. throttle:
    (region or default, channel) -> how many go out in all, whoever sends them."""

    exempt: frozenset[str] = frozenset()
    stale_after: Mapping[str, timedelta] = field(default_factory=dict)
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    caps: Sequence[Cap] = ()
    throttle: Mapping[tuple[str, str], Pace] = field(default_factory=dict)

    def pace_of(self, region: str, channel: str) -> Pace:
        return self.throttle.get((region, channel)) or self.throttle.get((EVERYWHERE, channel)) or Pace()

    def quiet_in(self, jurisdiction: str, channel: str) -> Quiet | None:
        found = self.quiet.get(jurisdiction) or self.quiet.get(EVERYWHERE)
        return found if found and channel in found.channels else None


FREE = Sending()


def load_sending(config: Path, purposes: Collection[str] = (), regions: Collection[str] = ()) -> Sending:
    """Nobody waits where there is no such file. purposes: those that something is sent for; regions: those that there are;
    none: any is taken. Raises RuleError with all that is wrong."""
    path = config / FILE
    return read_sending(read(path), purposes, regions) if path.is_file() else FREE


def read_sending(source: Source, purposes: Collection[str] = (), regions: Collection[str] = ()) -> Sending:
    reader = _Reader(source, purposes, regions)
    found = reader.read()
    if reader.problems:
        raise RuleError(reader.problems)
    return found


class _Reader:
    def __init__(self, source: Source, purposes: Collection[str], regions: Collection[str]) -> None:
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
            if place != EVERYWHERE and not PLACE.fullmatch(str(place)):
                self.wrong(
                    quiet, place, f"“{shown(place)}” is no jurisdiction.", "Write two letters: DE, SG; or default."
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
        begins, ends = self.time(given, "from"), self.time(given, "until")
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
        return Quiet(begins, ends, frozenset(channels), given["source"], reviewed)

    def cap(self, rows: Any, index: int) -> Cap | None:
        given = rows[index]
        if not isinstance(given, Mapping):
            self.wrong(rows, index, "A cap is a mapping.", "Write {purpose: marketing, most: 3, within: 7d}.")
            return None
        self.keys(given, CAP_KEYS)
        most = given.get("most")
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 1000:
            self.wrong(given if "most" in given else rows, "most" if "most" in given else index,
                       "“most” must be a whole number from 1 to 1,000.", "To send nothing, write a policy.")  # fmt: skip
            return None
        purpose, channel = str(given.get("purpose", "")), str(given.get("channel", ""))
        if purpose:
            self.purpose(given, "purpose", purpose)
        if channel and channel not in CHANNELS:
            self.wrong(given, "channel", f"“{shown(channel)}” is no channel to people.", nearest(channel, CHANNELS))
        return Cap(most, self.span(given, "within"), purpose, channel)

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

    def time(self, block: Any, key: str) -> time:
        try:
            found = time.fromisoformat(str(block.get(key, "")))
            if found.tzinfo is not None:  # the clock is that of where the person is, and no other
                raise ValueError(key)
        except ValueError:
            self.wrong(block, key, f"“{key}” must be a time of day.", f'Write {key}: "21:00", in quotes.')
            return time(0) if key == "from" else time(1)
        return found

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

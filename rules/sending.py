"""When people may be written to, and how often: quiet hours by the law of where they live, caps, and how much a provider takes;
config/sending.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FILE = "sending.yaml"
CHANNELS = ("mail", "sms", "push")
PERSON, VEHICLE = "person", "vehicle"
EVERYWHERE = "default"


@dataclass(frozen=True)
class QuietSeason:
    """Days with quiet hours of their own, such as those of Ramadan: first and last, and spans that may go over midnight."""

    first: date
    last: date
    hours: tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Quiet:
    """Nobody is written to from `begins` until `ends`, by the clock of where they are; over midnight where it begins later
    than it ends. source, reviewed_on: where the rule was read, and when."""

    begins: time
    ends: time
    channels: frozenset[str]
    source: str
    reviewed_on: date
    seasons: tuple[QuietSeason, ...] = ()

    def over_at(self, now: datetime, zone: str) -> datetime | None:
        """When the quiet hours that hold at `now` end; None outside of them. By the wall clock: in a night that the clocks
        change, they end at the same hour of the morning as ever. Hours that follow each other without a pause are one."""
        until = self._over(now, zone)
        for _ in range(len(self.seasons) + 4):
            following = self._over(until, zone) if until is not None else None
            if following is None or following == until:
                break
            until = following
        return until

    def hours(self, day: date) -> tuple[tuple[time, time], ...]:
        """Those that begin on a local day."""
        season = next((one for one in self.seasons if one.first <= day <= one.last), None)
        return season.hours if season is not None else ((self.begins, self.ends),)

    def _over(self, now: datetime, zone: str) -> datetime | None:
        local = now.astimezone(ZoneInfo(zone))
        today, at = local.date(), local.time().replace(tzinfo=None)
        for begins, ends in self.hours(today):
            over = begins > ends
            if at >= begins and (over or at < ends):
                return _ends(today + timedelta(days=1 if over else 0), ends, zone, now)
        for begins, ends in self.hours(today - timedelta(days=1)):
            if begins > ends and at < ends:
                return _ends(today, ends, zone, now)
        return None


def _ends(day: date, at: time, zone: str, now: datetime) -> datetime:
    """An hour that comes twice: what ended in its first round ends again in its second, and never before now."""
    ends = datetime.combine(day, at, ZoneInfo(zone)).astimezone(now.tzinfo)
    return ends if ends > now else datetime.combine(day, at.replace(fold=1), ZoneInfo(zone)).astimezone(now.tzinfo)


@dataclass(frozen=True)
class Cap:
    """At most so many within so long to one person, or (per vehicle) to one person about one car; purpose, channel: empty for
    all."""

    most: int
    within: timedelta
    purpose: str = ""
    channel: str = ""
    per: str = PERSON

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

"""By when an authority must know of a breach: config/privacy/breaches.yaml, a clock per law."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml.comments import CommentedMap

from compliance import law
from hub.errors import ConfigError

SINCE = ("noticed", "assessed")
KEYS = {"hours", "days", "since", "people", "source", "reviewed_on"}


@dataclass(frozen=True)
class Clock:
    """hours or days (calendar days: until the last minute of the last one). since: from which moment it runs. people: from how
    many affected on the authority must be told whatever the risk; 0: by risk alone."""

    hours: int
    days: int
    since: str
    people: int
    source: str
    reviewed_on: date

    def due(self, began: datetime, zone: str) -> datetime:
        if self.hours:
            return began + timedelta(hours=self.hours)
        local = began.astimezone(ZoneInfo(zone))
        last = local.date() + timedelta(days=self.days)
        return datetime.combine(last, time(23, 59), local.tzinfo).astimezone(began.tzinfo)

    def must_tell(self, risk: str, people: int) -> bool:
        """A risk to anybody (GDPR Art. 33(1)), or as many people as this law counts."""
        return risk in ("unknown", "risk", "high") or bool(self.people and people >= self.people)


def clock_of(config: Path, jurisdiction: str) -> Clock:
    """The law's own, else the default. Raises ConfigError at file and line."""
    path, top = _load(config)
    name = jurisdiction if jurisdiction in top else "default"
    return _entry(f"{path}:{top.lc.key(name)[0] + 1}", top[name])


def problems_of(config: Path) -> list[str]:
    try:
        path, top = _load(config)
    except ConfigError as error:
        return [str(error)]
    problems = []
    for name in top:
        if wrong := law.no_law(name, "default"):
            problems.append(f"{path}:{top.lc.key(name)[0] + 1}: {wrong}")
            continue
        try:
            _entry(f"{path}:{top.lc.key(name)[0] + 1}", top[name])
        except ConfigError as error:
            problems.append(str(error))
    return problems


def _load(config: Path) -> tuple[Path, CommentedMap]:
    path, top = law.read(config, "breaches.yaml", "It says by when each law wants to know of a breach.")
    if not isinstance(top, CommentedMap) or "default" not in top:
        raise ConfigError(f"{path}:1: there is no “default”.", "Write default: {hours: 72, since: noticed, ...}")
    return path, top


def _entry(where: str, block: Any) -> Clock:
    if not isinstance(block, dict) or not {"since", "source", "reviewed_on"} <= set(block) or set(block) - KEYS:
        raise ConfigError(f"{where}: a clock has hours or days, since, people, source and reviewed_on.")
    hours, days, people = (block.get(name, 0) for name in ("hours", "days", "people"))
    whole = all(isinstance(number, int) and number >= 0 for number in (hours, days, people))
    if not whole or bool(hours) == bool(days):
        raise ConfigError(f"{where}: give hours or days as a whole number, and not both.")
    if block["since"] not in SINCE or not isinstance(block["reviewed_on"], date):
        raise ConfigError(f"{where}: since is noticed or assessed, reviewed_on is a day.")
    return Clock(hours, days, block["since"], people, str(block["source"]), block["reviewed_on"])

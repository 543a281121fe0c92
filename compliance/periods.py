"""Legal periods, read from config/privacy/deadlines.yaml: data with a source and the day it was reviewed, never code."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from compliance import law
from hub.errors import ConfigError

PERIODS = ("days", "months", "extend_days", "extend_months", "keep_refused_days")
KEYS = {*PERIODS, "clock_stops", "unverified", "source", "reviewed_on"}
MOST = 366  # days or months
STALE_DAYS = 365  # after which somebody must read the law again


@dataclass(frozen=True)
class Deadline:
    """How long a person may wait for an answer, and by how much that may be put off, once and with a notice.

    clock_stops: it stands while we wait for the person to prove who they are (UK GDPR Art. 12A). keep_refused_days: how long
    what was asked for is kept after a refusal. source, reviewed_on: where the law was read, and when; unverified: what of it nobody
    could verify there."""

    days: int
    months: int
    source: str
    reviewed_on: date
    extend_days: int = 0
    extend_months: int = 0
    clock_stops: bool = False
    keep_refused_days: int = 0
    unverified: str = ""

    def due(self, asked_on: date) -> date:
        """A month ends on the day of the same number, or on its last day where it has none (Regulation 1182/71, Art. 3)."""
        return after(asked_on, self.months, self.days)

    def extended(self, due_on: date) -> date:
        """The same day where this law allows no extension."""
        return after(due_on, self.extend_months, self.extend_days)

    def is_stale(self, today: date) -> bool:
        return today - self.reviewed_on > timedelta(days=STALE_DAYS)


def after(day: date, months: int, days: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1])) + timedelta(days=days)


def deadline_of(config: Path, jurisdiction: str) -> Deadline:
    """The jurisdiction's own, else the default. Raises ConfigError at file and line."""
    path, top = _load(config)
    return _entry(path, top, jurisdiction if jurisdiction in top else "default")


def deadlines_of(config: Path) -> dict[str, Deadline]:
    """Every one of the file, by law; `default` is that of all others. Raises ConfigError at file and line."""
    path, top = _load(config)
    return {name: _entry(path, top, name) for name in top}


def problems_of(config: Path) -> list[str]:
    """What is wrong in the file, each entry by its line."""
    problems = []
    try:
        path, top = _load(config)
    except ConfigError as error:
        return [str(error)]
    for name in top:
        if wrong := law.no_law(name, "default"):
            problems.append(f"{path}:{top.lc.key(name)[0] + 1}: {wrong}")
            continue
        try:
            _entry(path, top, name)
        except ConfigError as error:
            problems.append(str(error))
    return problems


def _load(config: Path) -> tuple[Path, CommentedMap]:
    path, top = law.read(config, "deadlines.yaml", "It says how long each law gives to answer a person.")
    if not isinstance(top, CommentedMap) or "default" not in top:
        raise ConfigError(
            f"{path}:1: there is no “default”.", "Write default: {months: 1, source: ..., reviewed_on: ...}"
        )
    return path, top


def _entry(path: Path, top: CommentedMap, name: str) -> Deadline:
    return _read(f"{path}:{top.lc.key(name)[0] + 1}", top[name])


def _read(where: str, block: Any) -> Deadline:
    if (
        not isinstance(block, dict)
        or not {"source", "reviewed_on"} <= set(block)
        or not {"days", "months"} & set(block)
    ):
        raise ConfigError(f"{where}: a deadline needs days or months, source and reviewed_on.")
    unknown = sorted(set(block) - KEYS)
    if unknown:
        raise ConfigError(f"{where}: there is no “{unknown[0]}” in a deadline.", f"Known: {', '.join(sorted(KEYS))}.")
    periods = {name: block.get(name, 0) for name in PERIODS}
    whole = all(type(number) is int and 0 <= number <= MOST for number in periods.values())
    if not whole or not periods["days"] + periods["months"]:
        raise ConfigError(f"{where}: days and months are whole numbers from 1 to {MOST}.")
    if not isinstance(block["reviewed_on"], date):
        raise ConfigError(f"{where}: reviewed_on is no day.", "Write YYYY-MM-DD.")
    stops = block.get("clock_stops", False)
    if not isinstance(stops, bool):
        raise ConfigError(f"{where}: clock_stops is true or false.")
    unverified = block.get("unverified", "")
    if not isinstance(unverified, str):
        raise ConfigError(f"{where}: unverified says in words what nobody could verify.")
    return Deadline(
        source=str(block["source"]),
        reviewed_on=block["reviewed_on"],
        clock_stops=stops,
        unverified=unverified,
        **periods,
    )

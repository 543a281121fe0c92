"""The desks in force: config/desks read again when a file changes, and kept as they were when the new ones are wrong."""

import logging
from functools import lru_cache
from pathlib import Path

from hub.core import Hub
from hub.flow.levels import calendars
from rules.desks import FRONT, DeskRule, desk_for, load_desks
from rules.errors import RuleError
from rules.hours import Calendar

log = logging.getLogger(__name__)
Stamps = tuple[tuple[str, int, int], ...]
_stood: dict[Path, tuple[DeskRule, ...]] = {}


def desks(hub: Hub) -> tuple[DeskRule, ...]:
    folder = hub.settings.config / "desks"
    stamps = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.yaml")))
    return _read(folder, stamps, tuple(calendars(hub)), tuple(hub.settings.regions))


@lru_cache(maxsize=8)
def _read(folder: Path, _stamps: Stamps, known: tuple[str, ...], regions: tuple[str, ...]) -> tuple[DeskRule, ...]:
    try:
        _stood[folder] = load_desks(folder, known, regions)
    except RuleError as error:
        if folder not in _stood:
            raise
        log.warning("desks kept as they were", extra={"reason": str(error.problems[0])})
    return _stood[folder]


def desk_of(hub: Hub, branch: str | None, language: str) -> DeskRule:
    """The desk that serves such a customer of this region."""
    return desk_for(desks(hub), hub.region_code, branch, language)


def desk_named(hub: Hub, name: str) -> DeskRule:
    """One that has left the configuration promises what the front desk does."""
    return next((desk for desk in desks(hub) if desk.name == name), FRONT)


def calendar_named(hub: Hub, name: str) -> Calendar:
    """One that has left the configuration is the clock on the wall."""
    known = calendars(hub)
    return known.get(name, known["always"])

"""How much company each number needs before it is told: config/privacy/releases.yaml."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from compliance import law
from hub.errors import ConfigError

HISTORY, RETURNS = "history", "returns"
PERIODS = ("month", "quarter", "year")
GROUPS = ("branch", "law")
SENSITIVE = ("kind",)
LEAST_K, LEAST_L = 10, 2  # below them a number is not anonymous by our own promise
KEYS = {
    HISTORY: {"k", "l", "quasi_identifiers", "sensitive", "source", "reviewed_on"},
    RETURNS: {"k", "source", "reviewed_on"},
}


@dataclass(frozen=True)
class Release:
    """k, l: see compliance.anonymity. groups: columns of the quasi-identifiers; period: the one that is a time."""

    k: int
    l: int  # noqa: E741 - as the literature calls it
    groups: tuple[str, ...]
    period: str
    source: str
    reviewed_on: date


def release_of(config: Path, name: str) -> Release:
    """Raises ConfigError at file and line."""
    path, top = _load(config)
    return _entry(f"{path}:{top.lc.key(name)[0] + 1}", name, top[name])


def problems_of(config: Path) -> list[str]:
    try:
        path, top = _load(config)
    except ConfigError as error:
        return [str(error)]
    problems = []
    for name in KEYS:
        try:
            _entry(f"{path}:{top.lc.key(name)[0] + 1}", name, top[name])
        except ConfigError as error:
            problems.append(str(error))
    return problems


def _load(config: Path) -> tuple[Path, CommentedMap]:
    path, top = law.read(config, "releases.yaml", "It says how many people a number must count before it is told.")
    if not isinstance(top, CommentedMap) or set(top) != set(KEYS):
        raise ConfigError(f"{path}:1: these are not the releases there are.", f"Write {' and '.join(KEYS)}.")
    return path, top


def _entry(where: str, name: str, block: Any) -> Release:
    if not isinstance(block, dict) or set(block) != KEYS[name]:
        raise ConfigError(f"{where}: {name} has {', '.join(sorted(KEYS[name]))}.")
    k, l = block["k"], block.get("l", LEAST_L)  # noqa: E741
    if type(k) is not int or type(l) is not int or k < LEAST_K or l < LEAST_L:
        raise ConfigError(f"{where}: k is {LEAST_K} or more, l is {LEAST_L} or more.")
    if not isinstance(block["reviewed_on"], date):
        raise ConfigError(f"{where}: reviewed_on is no day.", "Write YYYY-MM-DD.")
    named = block.get("quasi_identifiers", ["month"])
    if not isinstance(named, list) or not set(named) <= {*GROUPS, *PERIODS} or len(set(named) & set(PERIODS)) != 1:
        raise ConfigError(f"{where}: quasi_identifiers are {', '.join(GROUPS)}, and one of {', '.join(PERIODS)}.")
    if block.get("sensitive", SENSITIVE[0]) not in SENSITIVE:
        raise ConfigError(f"{where}: sensitive is {' or '.join(SENSITIVE)}.")
    groups = tuple(one for one in GROUPS if one in named)
    period = next(one for one in PERIODS if one in named)
    return Release(k, l, groups, period, str(block["source"]), block["reviewed_on"])

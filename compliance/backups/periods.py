"""How long generations of backups are kept: config/privacy/backups.yaml."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from compliance import law
from hub.errors import ConfigError
from hub.vault.rotation import KEPT_AFTER_END

MOST = {"data": timedelta(days=65), "keys": KEPT_AFTER_END}
KEYS = {"days", "source", "reviewed_on"}


@dataclass(frozen=True)
class Term:
    """days: after which a generation is destroyed. source, reviewed_on: where that was read, and when."""

    days: int
    source: str
    reviewed_on: date


def read_terms(config: Path) -> dict[str, Term]:
    """`data` and `keys`. Raises ConfigError."""
    path, top = law.read(config, "backups.yaml", "It says how long backups are kept.")
    if not isinstance(top, CommentedMap) or set(top) != set(MOST):
        raise ConfigError(f"{path}:1: it names data and keys, and nothing else.")
    return {name: _term(f"{path}:{top.lc.key(name)[0] + 1}", name, block) for name, block in top.items()}


def problems_of(config: Path) -> list[str]:
    try:
        read_terms(config)
    except ConfigError as error:
        return [str(error)]
    return []


def _term(where: str, name: str, block: Any) -> Term:
    if not isinstance(block, dict) or set(block) != KEYS or not isinstance(block["reviewed_on"], date):
        raise ConfigError(f"{where}: “{name}” needs days, source and reviewed_on.")
    days, most = block["days"], MOST[name].days
    if type(days) is not int or not 1 <= days <= most:
        raise ConfigError(
            f"{where}: days of {name} is a whole number from 1 to {most}.", "Erased people outlive longer ones."
        )
    return Term(days, str(block["source"]), block["reviewed_on"])

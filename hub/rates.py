"""What talking to customers costs beside the ledger, as config/rates.yaml has it, and how long its effect is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError

FILE = "rates.yaml"
FIELDS = ("effect_days", "held_back", "messages", "tasks")
Price = Mapping[str, Decimal]  # currency -> amount of it


@dataclass(frozen=True)
class Rates:
    """effect_days: after somebody was dealt an arm. held_back: the share that the garage's own system leaves alone of its
    offers; None: nobody said. messages: kind of connection -> price of one. tasks: role -> price of one."""

    effect_days: int = 90
    held_back: float | None = None
    messages: Mapping[str, Price] = field(default_factory=dict)
    tasks: Mapping[str, Price] = field(default_factory=dict)


def read_rates(config: Path) -> Rates:
    """Without the file nothing has a price. Raises ConfigError with what is wrong and where."""
    path = config / FILE
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else Rates()


@lru_cache(maxsize=16)
def _read(path: Path, _mtime: int) -> Rates:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {str(error).splitlines()[0]}") from None
    if strange := sorted(set(_map(path, "the file", document)) - set(FIELDS)):
        raise ConfigError(f"{path}: {', '.join(strange)} is not known.", f"Known: {', '.join(FIELDS)}.")
    days, held = document.get("effect_days", 90), document.get("held_back")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 730:
        raise ConfigError(f"{path}: effect_days is {days!r}.", "A number of days, 1 to 730.")
    if held is not None and not (isinstance(held, int | float) and 0 < held < 1):
        raise ConfigError(f"{path}: held_back is {held!r}.", "A share between 0 and 1, such as 0.2.")
    messages = {
        str(name): _price(path, f"messages.{name}", one)
        for name, one in _map(path, "messages", document.get("messages", {})).items()
    }
    tasks = {str(name): _task(path, name, one) for name, one in _map(path, "tasks", document.get("tasks", {})).items()}
    return Rates(days, float(held) if held is not None else None, messages, tasks)


def _task(path: Path, name: str, given: Any) -> Price:
    words = _map(path, f"tasks.{name}", given)
    minutes = words.get("minutes")
    if set(words) != {"minutes", "hour"} or not isinstance(minutes, int | float) or minutes <= 0:
        raise ConfigError(f"{path}: tasks.{name} is not complete.", "advisor: {minutes: 6, hour: {EUR: 46.00}}")
    return {code: hour * Decimal(str(minutes)) / 60 for code, hour in _price(path, name, words["hour"]).items()}


def _price(path: Path, where: str, given: Any) -> Price:
    found = {}
    for code, amount in _map(path, where, given).items():
        try:
            found[str(code)] = Decimal(str(amount))
        except InvalidOperation:
            raise ConfigError(f"{path}: {where}.{code} is {amount!r}.", "An amount, such as 0.075.") from None
        if len(str(code)) != 3 or not found[str(code)].is_finite() or found[str(code)] < 0:
            raise ConfigError(f"{path}: {where}.{code} is {amount!r}.", "A currency and an amount: {EUR: 0.075}.")
    return found


def _map(path: Path, where: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: {where} must be a map.", "name: value")
    return given

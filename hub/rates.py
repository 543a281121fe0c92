"""What talking to customers costs beside the ledger, as config/rates.yaml has it, and how long its effect is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.blocks import no_yaml, place
from hub.errors import ConfigError

FILE = "rates.yaml"
FIELDS = ("effect_days", "held_back", "winsorise", "messages", "tasks")
MOST_DAYS = 730
WINSORISE, LEAST_WINSORISE = 0.99, 0.9
Price = Mapping[str, Decimal]  # currency -> amount of it


@dataclass(frozen=True)
class Rates:
    """effect_days: after somebody was dealt an arm. held_back: the share that the garage's own system leaves alone of its
    offers; None: nobody said. winsorise: the quantile of what somebody brings, above which it counts as that much. messages:
    kind of connection -> price of one. tasks: role -> price of one."""

    effect_days: int = 90
    held_back: float | None = None
    winsorise: float = WINSORISE
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
    except (YAMLError, UnicodeDecodeError) as error:
        raise no_yaml(path, error) from None
    return _Reader(path).rates(document)


@dataclass(frozen=True)
class _Reader:
    path: Path

    def rates(self, document: Any) -> Rates:
        for strange in sorted(map(str, set(self._map((), document)) - set(FIELDS))):
            raise self._wrong((strange,), f"{strange} is not known.", f"Known: {', '.join(FIELDS)}.")
        days, held = document.get("effect_days", 90), document.get("held_back")
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise self._wrong(("effect_days",), f"effect_days is {days!r}.", f"A number of days, 1 to {MOST_DAYS}.")
        if held is not None and not (isinstance(held, int | float) and 0 < held < 1):
            raise self._wrong(("held_back",), f"held_back is {held!r}.", "A share between 0 and 1, such as 0.2.")
        quantile = document.get("winsorise", WINSORISE)
        if isinstance(quantile, bool) or not isinstance(quantile, int | float) or not LEAST_WINSORISE <= quantile <= 1:
            raise self._wrong(
                ("winsorise",),
                f"winsorise is {quantile!r}.",
                f"A quantile from {LEAST_WINSORISE:g} to 1, which is none at all.",
            )
        messages = self._map(("messages",), document.get("messages", {}))
        tasks = self._map(("tasks",), document.get("tasks", {}))
        return Rates(
            days,
            float(held) if held is not None else None,
            float(quantile),
            {str(name): self._price(("messages", name), one) for name, one in messages.items()},
            {str(name): self._task(("tasks", name), one) for name, one in tasks.items()},
        )

    def _task(self, where: tuple[str, ...], given: Any) -> Price:
        words = self._map(where, given)
        minutes = words.get("minutes")
        if set(words) != {"minutes", "hour"} or not isinstance(minutes, int | float) or minutes <= 0:
            raise self._wrong(where, f"{'.'.join(where)} is not complete.", "advisor: {minutes: 6, hour: {EUR: 46.00}}")
        hours = self._price((*where, "hour"), words["hour"])
        return {code: hour * Decimal(str(minutes)) / 60 for code, hour in hours.items()}

    def _price(self, where: tuple[str, ...], given: Any) -> Price:
        found = {}
        for code, amount in self._map(where, given).items():
            what = f"{'.'.join(where)}.{code} is {amount!r}."
            try:
                found[str(code)] = Decimal(str(amount))
            except InvalidOperation:
                raise self._wrong((*where, code), what, "An amount, such as 0.075.") from None
            if len(str(code)) != 3 or not found[str(code)].is_finite() or found[str(code)] < 0:
                raise self._wrong((*where, code), what, "A currency and an amount: {EUR: 0.075}.")
        return found

    def _map(self, where: tuple[str, ...], given: Any) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            raise self._wrong(where, f"{'.'.join(where) or 'the file'} must be a map.", "name: value")
        return given

    def _wrong(self, where: tuple[str, ...], what: str, hint: str) -> ConfigError:
        return ConfigError(f"{place(self.path, *where)}: {what}", hint)

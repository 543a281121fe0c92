"""What the garage sells, as config/services.yaml names it: which codes of lines and advice belong together, for which cars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.blocks import no_yaml, place
from hub.errors import ConfigError

FILE = "services.yaml"
FIELDS = {"codes", "titles", "offer", "unless_fuel"}


@dataclass(frozen=True)
class Service:
    """titles: language -> what customers and advisors read. offer: can it be proposed (nobody is offered a breakdown)?
    unless_fuel: cars it makes no sense for."""

    name: str
    codes: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    offer: bool = True
    unless_fuel: frozenset[str] = frozenset()

    def title(self, language: str) -> str:
        return self.titles.get(language) or self.titles.get("en") or self.name.replace("_", " ")


@dataclass(frozen=True)
class Services:
    """A code that no service names is one itself."""

    named: Mapping[str, Service]

    @cached_property
    def by_code(self) -> Mapping[str, str]:
        return {code: one.name for one in self.named.values() for code in (one.name, *one.codes)}

    def of(self, name: str) -> Service:
        return self.named.get(name) or Service(name)


def read_services(config: Path) -> Services:
    """None named where there is no such file. Raises ConfigError with what is wrong and where."""
    path = config / FILE
    if not path.is_file():
        return Services({})
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise no_yaml(path, error) from None
    given = document.get("services") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise ConfigError(
            f"{place(path, 'services')}: “services” must be a map of names.", "services: {brakes: {codes: [brk-l]}}"
        )
    services = Services({name: _service(path, name, one or {}) for name, one in given.items()})
    _check_codes(path, services)
    return services


def _service(path: Path, name: str, given: Any) -> Service:
    if not isinstance(given, dict) or set(given) - FIELDS:
        strange = min(set(given) - FIELDS) if isinstance(given, dict) else "no map"
        where = place(path, "services", name, strange)
        raise ConfigError(f"{where}: service {name}: {strange} is not known.", f"Known: {', '.join(sorted(FIELDS))}.")
    codes = tuple(str(one).lower() for one in given.get("codes", ()))
    fuels = frozenset(map(str, given.get("unless_fuel", ())))
    return Service(str(name), codes, dict(given.get("titles", {})), bool(given.get("offer", True)), fuels)


def _check_codes(path: Path, services: Services) -> None:
    owners: dict[str, str] = {}
    for one in services.named.values():
        for code in one.codes:
            if owners.setdefault(code, one.name) != one.name:
                where = place(path, "services", one.name, "codes")
                raise ConfigError(
                    f"{where}: code {code} belongs to {owners[code]} and to {one.name}.",
                    "Take it out of one.",
                )

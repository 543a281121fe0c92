"""What one chain of garages says of itself to its customers: name, colour, names of work, and how its points work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError

FILE = "chain.yaml"
KEYS = {"title", "brand", "works", "points"}
BRAND_KEYS = {"hue", "chroma"}
POINTS_KEYS = {"tiers", "within_months", "expire_months"}
LONGEST_TITLE = 40
MOST_MONTHS = 120
MOST_CHROMA = 0.16  # up to here every hue keeps 4.5 : 1 on all our grounds


@dataclass(frozen=True)
class Points:
    """tiers: name -> points earned within `months` that it takes. worth_minor: what one point is worth, if anything is said.

    expire_months: how long a point lasts; None, if points do not end."""

    tiers: Mapping[str, int] = field(default_factory=dict)
    months: int = 12
    expire_months: int | None = None


@dataclass(frozen=True)
class Chain:
    """hue in degrees, chroma from 0 to 0.16, both of OKLCH. works: our word for a kind of work -> codes of the shop's lines."""

    title: str = "Garage Hub"
    hue: float = 205
    chroma: float = 0.075
    works: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    points: Points = Points()

    def work_of(self, code: str) -> str | None:
        return next((name for name, codes in self.works.items() if code in codes), None)


def read_chain(config: Path) -> Chain:
    """Without a file, the chain is nobody's in particular. Raises ConfigError at file and line."""
    path = config / FILE
    if not path.exists():
        return Chain()
    try:
        top = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{path}{f':{mark.line + 1}' if mark else ''}: this is no YAML.") from None
    if not isinstance(top, CommentedMap):
        raise ConfigError(f"{path}:1: this must be a mapping.", "Start with: title: the name of the chain")
    return _Reader(path).chain(top)


def problems_of(config: Path) -> list[str]:
    try:
        read_chain(config)
    except ConfigError as error:
        return [str(error)]
    return []


@dataclass(frozen=True)
class _Reader:
    path: Path

    def chain(self, top: CommentedMap) -> Chain:
        self._known(top, KEYS)
        brand, works, points = (self._block(top, name) for name in ("brand", "works", "points"))
        self._known(brand, BRAND_KEYS)
        return Chain(
            title=self._text(top, "title"),
            hue=self._number(brand, "hue", 0, 360, 205),
            chroma=self._number(brand, "chroma", 0, MOST_CHROMA, 0.075),
            works={str(name): self._codes(works, name) for name in works},
            points=self._points(points),
        )

    def _points(self, block: CommentedMap) -> Points:
        self._known(block, POINTS_KEYS)
        tiers = self._block(block, "tiers")
        expire = int(self._number(block, "expire_months", 0, MOST_MONTHS, 0))
        return Points(
            tiers={str(name): int(self._number(tiers, name, 0, 10**9, 0)) for name in tiers},
            months=int(self._number(block, "within_months", 1, MOST_MONTHS, 12)),
            expire_months=expire or None,
        )

    def _wrong(self, block: CommentedMap, key: Any, what: str, hint: str) -> ConfigError:
        line = block.lc.key(key)[0] if key in block else block.lc.line
        return ConfigError(f"{self.path}:{line + 1}: {what}", hint)

    def _known(self, block: CommentedMap, known: set[str]) -> None:
        for key in block:
            if key not in known:
                raise self._wrong(block, key, f"“{key}” is no setting here.", f"Known: {', '.join(sorted(known))}.")

    def _block(self, block: CommentedMap, key: str) -> CommentedMap:
        found = block.get(key, CommentedMap())
        if not isinstance(found, CommentedMap):
            raise self._wrong(block, key, f"“{key}” must be a mapping.", f"Write {key}: and below it one line each.")
        return found

    def _text(self, block: CommentedMap, key: str) -> str:
        found = block.get(key)
        if not isinstance(found, str) or not 1 <= len(found) <= LONGEST_TITLE:
            raise self._wrong(
                block, key, f"“{key}” must be a text of 1 to {LONGEST_TITLE} letters.", "Customers read it on top."
            )
        return found

    def _number(self, block: CommentedMap, key: Any, low: float, high: float, default: float) -> float:
        found = block.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            raise self._wrong(block, key, f"“{key}” must be a number from {low} to {high}.", "")
        return float(found)

    def _codes(self, block: CommentedMap, key: Any) -> tuple[str, ...]:
        found = block[key]
        if not isinstance(found, list) or not all(isinstance(code, str) for code in found):
            raise self._wrong(block, key, f"“{key}” must be a list of codes.", "As in: service: [srv-l]")
        return tuple(str(code) for code in found)

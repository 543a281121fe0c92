"""Blocks of hub.yaml, read with line and column: everything wrong in the file is gathered and told at once."""

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError

SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def place(path: Path, *keys: object) -> str:
    """`file:line` of the last of these keys that is there, one below the other, for whoever has read the file without its lines."""
    block, line = _document(path.read_text(encoding="utf-8")), 0
    for key in keys:
        if not isinstance(block, CommentedMap) or key not in block:
            break
        line, block = block.lc.key(key)[0], block[key]
    return f"{path}:{line + 1}"


@lru_cache(maxsize=8)
def _document(text: str) -> Any:
    """Remembered by the text, as parsing takes longest of a start, and a command reads its settings several times; nobody changes
    what comes out."""
    return YAML(typ="rt").load(text)


def no_yaml(path: Path, error: Exception) -> ConfigError:
    """What a parser has stumbled over, and where."""
    mark = getattr(error, "problem_mark", None)
    where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    return ConfigError(f"{path}{where}: This is no YAML: {getattr(error, 'problem', None) or error}")


def said(words: str, **default: Any) -> Any:
    """A field of hub.yaml with its meaning, which the reference shows."""
    return field(metadata={"meaning": words}, **default)


class Reader:
    """Reads one hub.yaml and gathers everything wrong in it, with line and column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self) -> CommentedMap:
        try:
            top = _document(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(
                f"{self.path} does not exist.", "Name the folder by HUB_CONFIG, or run: hub init"
            ) from None
        except (YAMLError, UnicodeDecodeError) as error:
            raise no_yaml(self.path, error) from None
        if not isinstance(top, CommentedMap):
            raise ConfigError(f"{self.path}:1:1: hub.yaml must be a mapping.", "Start with: plugins: [...]")
        return top

    def wrong(self, block: CommentedMap, key: str | None, what: str, hint: str = "") -> None:
        line, column = block.lc.key(key) if key in block else (block.lc.line, block.lc.col)
        self.problems.append(f"{self.path}:{line + 1}:{column + 1}: {what} {hint}".strip())

    def finish(self) -> None:
        if self.problems:
            raise ConfigError("\n".join(self.problems))

    def blocks(self, top: CommentedMap, name: str) -> list[tuple[str, CommentedMap]]:
        block = top.get(name)
        if not isinstance(block, CommentedMap) or not block:
            self.wrong(top, name, f"“{name}” must name at least one.", f"Write {name}: and below it one block each.")
            return []
        good = []
        for key, value in block.items():
            if isinstance(value, CommentedMap):
                good.append((str(key), value))
            else:
                self.wrong(block, key, f"“{key}” must be a mapping.")
        return good

    def numbers(self, top: CommentedMap, name: str, known: Mapping[str, Any], above: float = 0) -> dict[str, float]:
        block = top.get(name) or CommentedMap()
        if not isinstance(block, CommentedMap):
            self.wrong(top, name, f"“{name}” must be a mapping.")
            return {}
        self.unknown(block, set(known))
        found = {key: item for key, item in block.items() if key in known and isinstance(item, int | float)}
        for key in [key for key, item in found.items() if item <= above]:
            self.wrong(block, key, f"“{key}” must be above {above:g}.")
        return {key: float(item) for key, item in found.items()}

    def unknown(self, block: CommentedMap, known: set[str]) -> None:
        from_known = ", ".join(sorted(known))
        for key in block:
            if key not in known:
                self.wrong(block, key, f"“{key}” is no setting here.", f"Known: {from_known}.")

    def different(self, top: CommentedMap, key: str, values: list[int], what: str) -> None:
        if len(set(values)) != len(values):
            self.wrong(top, key, f"Two {key} have the same {what}.", f"Give each its own {what}.")

    def text(self, block: CommentedMap, key: str, default: str | None = None) -> str:
        value = block.get(key, default)
        if not isinstance(value, str):
            self.wrong(block, key, f"“{key}” is missing or no text.")
            return default or ""
        return value

    def number(self, block: CommentedMap, key: str, low: int, high: int, default: int | None = None) -> int:
        value = block.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(block, key, f"“{key}” must be a whole number from {low} to {high}.")
            return low
        return value

    def texts(self, block: CommentedMap, key: str) -> tuple[str, ...]:
        value = block.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(block, key, f"“{key}” must be a list of words.", "Quote NO, ON and the like.")
            return ()
        return tuple(str(item) for item in value)

    def secrets(self, block: CommentedMap) -> dict[str, str]:
        """role -> the name under which the environment or a file has it."""
        found: dict[str, str] = {}
        for role, value in (block.get("secrets") or {}).items():
            match = SECRET.fullmatch(str(value))
            if match:
                found[str(role)] = match.group(1)
            else:
                self.wrong(
                    block,
                    "secrets",
                    f"The secret “{role}” stands in the file.",
                    "Write ${NAME} and set NAME in the environment.",
                )
        return found

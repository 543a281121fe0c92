"""Files of config/privacy: laws and periods as data, read with the places of their lines."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError
from rules.countries import country_meant, is_jurisdiction

Found = TypeVar("Found")


def read(config: Path, name: str, says: str) -> tuple[Path, Any]:
    """Where the file is, and what is in it. says: what it is for, should it be missing. Raises ConfigError."""
    return read_file(config / "privacy" / name, says)


def read_file(path: Path, says: str) -> tuple[Path, Any]:
    """The same of a file wherever it lies. Raises ConfigError."""
    try:
        return path, _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist.", says) from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{path}{f':{mark.line + 1}' if mark else ''}: this is no YAML.") from None


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    """Once for each text, as periods are asked for by every erasure and many pages; nobody changes what comes out."""
    return YAML(typ="rt").load(text)


def sound(found: Found | None, problems: list[str]) -> Found:
    """What was read. Raises ConfigError for the first mistake."""
    if found is None:
        raise ConfigError(problems[0])
    return found


def no_law(name: object, *others: str) -> str:
    """What is wrong with the law that an entry is named by; empty for a country, and for one of the others."""
    return "" if name in others or is_jurisdiction(name) else f"“{name}” is no country. {country_meant(name)}"


def unread(block: Any) -> str:
    """What is wrong with the place and the day where a law was read; empty if nothing is."""
    if not str(block["source"] or "").strip():
        return "source names no place in a law."
    return "" if isinstance(block["reviewed_on"], date) else "reviewed_on is no day. Write YYYY-MM-DD."

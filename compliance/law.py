"""Files of config/privacy: laws and periods as data, read with the places of their lines."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError


def read(config: Path, name: str, says: str) -> tuple[Path, Any]:
    """Where the file is, and what is in it. says: what it is for, should it be missing. Raises ConfigError."""
    path = config / "privacy" / name
    try:
        return path, YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist.", says) from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{path}{f':{mark.line + 1}' if mark else ''}: this is no YAML.") from None

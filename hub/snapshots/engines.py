"""The engines that can work on a snapshot, each an extra of its own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hub.errors import ConfigError
from rules.sql.columnar import Query

ENGINES: Mapping[str, tuple[str, ...]] = {"duckdb": ("duckdb", "pyarrow"), "spark": ("pyspark", "pyarrow")}
Ask = Callable[[Query], list[int]]
Opened = Callable[[Mapping[str, Any], Path, Mapping[str, str]], AbstractContextManager[Ask]]


def check_installed(name: str) -> None:
    """Raises ConfigError where the engine's extra is not installed."""
    missing = [package for package in ENGINES[name] if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"The engine {name} needs {' and '.join(missing)}, not installed here.",
            f"Install the hub's extra “{name}”, or use --engine sql.",
        )


def engine(name: str) -> Opened:
    """What opens it over the tables of a snapshot, in the snapshot's folder, by the environment; what it is asked it answers by
    customer ids."""
    found: Opened = import_module(f"hub.snapshots.in_{name}").opened
    return found

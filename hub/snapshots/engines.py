"""The engines that can work on a snapshot, each an extra of its own."""

from collections.abc import Callable, Iterator, Mapping
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

Judged = Callable[[Any, Path, Mapping[str, str], Any], AbstractContextManager[Iterator[Any]]]


def check_installed(name: str) -> None:
    """Raises ConfigError where the engine's extra is not installed."""
    missing = [package for package in ENGINES[name] if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"The engine {name} needs {' and '.join(missing)}, not installed here.",
            f"Install the hub's extra “{name}”, or leave --engine out.",
        )


def engine(name: str) -> Opened:
    """What opens it over the tables of a snapshot, in the snapshot's folder, by the environment; what it is asked it answers by
    customer ids."""
    found: Opened = import_module(f"hub.snapshots.in_{name}").opened
    return found


def judging(name: str) -> Judged:
    """What shares the rows of a table out to a scorer (hub.snapshots.judged) and brings its answers, in any order."""
    found: Judged = import_module(f"hub.snapshots.in_{name}").judged
    return found

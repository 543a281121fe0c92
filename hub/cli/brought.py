"""What plugins bring to the command line, as the last `hub --help` wrote it down: importing them all takes ten times as long as
printing their lines."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path

from hub.settings import config_folder

FILE = "help.json"


def recall() -> Mapping[str, str] | None:
    """Command -> its line; None where nothing is written down, or where plugins or configuration changed since."""
    with suppress(OSError, ValueError, TypeError, LookupError, RuntimeError):  # the last: nobody's home is known
        told = json.loads(_file().read_text(encoding="utf-8"))
        if told["stamp"] == _stamp():
            rows: dict[str, str] = told["commands"]
            return rows
    return None


def remember(commands: Mapping[str, str]) -> None:
    """A help makes no folder of state; what it wrote down without one is the user's own and may be thrown away at any time."""
    with suppress(OSError, RuntimeError):
        file = _file()
        if not file.parent.is_dir():
            file.parent.mkdir(parents=True, mode=0o700)
        half = file.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps({"stamp": _stamp(), "commands": dict(commands)}), encoding="utf-8")
        half.replace(file)


def _file() -> Path:
    """In the folder of state, where there is one, else in the user's cache (XDG Base Directory Specification)."""
    state = Path(os.environ.get("HUB_HOME", "var"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "garage-hub"
    return (state if state.is_dir() else cache) / FILE


def _stamp() -> str:
    """Of the configuration, and of every source file of a package that brings plugins."""
    points = sorted((point.name, point.value) for point in entry_points(group="hub.plugins"))
    seen = sha256(repr([version("garage-hub"), sys.version, points]).encode())
    with suppress(OSError):
        seen.update((config_folder() / "hub.yaml").read_bytes())
    for package in sorted({value.split(":")[0].split(".")[0] for _, value in points}):
        for file in sorted(_sources(package)):
            seen.update(f"{file}:{file.stat().st_mtime_ns}".encode())
    return seen.hexdigest()


def _sources(package: str) -> Iterator[Path]:
    spec = find_spec(package)  # of a top-level package, so that nothing is imported
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield from Path(folder).rglob("*.py")

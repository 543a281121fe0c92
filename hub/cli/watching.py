"""A folder of configuration checked again at every change of a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

Mark = tuple[tuple[str, int, int], ...]


def watch(folder: Path, look: Callable[[], list[str]], wait: Callable[[], bool]) -> Iterator[list[str]]:
    """The problems as they stand, and again whenever a file has changed. wait: rests a moment; False: no longer."""
    seen: Mark | None = None
    while True:
        mark = mark_of(folder)
        if mark != seen:
            seen = mark
            yield look()
        if not wait():
            return


def mark_of(folder: Path) -> Mark:
    """Changes when a file is written, comes or goes."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            state = path.stat()
        except OSError:
            continue  # an editor put another in its place just now
        if path.is_file():
            found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)

"""Where snapshots lie: folders of the region's own, private, locked while somebody works in them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from hub.regions import Region

ROOM = "snapshots"


@contextmanager
def folder_for(region: Region) -> Iterator[Path]:
    """Emptied whatever happens."""
    room = region.folder / ROOM
    room.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(room):
        folder = Path(mkdtemp(dir=room))
        handle = _lock(folder)
    try:
        yield folder
    finally:
        rmtree(folder)
        os.close(handle)


def clear(region: Region) -> int:
    """What killed processes left; answers how many folders went."""
    room, gone = region.folder / ROOM, 0
    if not room.exists():
        return 0
    with _locked(room):
        for folder in room.iterdir():
            with suppress(BlockingIOError):  # somebody works in it
                handle = _lock(folder, fcntl.LOCK_NB)
                rmtree(folder)
                os.close(handle)
                gone += 1
    return gone


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = _lock(folder)
    try:
        yield
    finally:
        os.close(handle)


def _lock(folder: Path, how: int = 0) -> int:
    """Held until the handle is closed, or its process is gone. Raises BlockingIOError where it is not to be waited for."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | how)
    except BlockingIOError:
        os.close(handle)
        raise
    return handle

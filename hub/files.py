"""Where a region's documents lie as files: written whole or not at all, under random names that say nothing."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hub.errors import Unreadable

PART = ".part"  # of a file that is being written


class Files(Protocol):
    """Names are 32 hex digits; the first two are the shelf, so that no folder grows without end."""

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """The file is there when the block ends well, and never in parts."""

    def open(self, name: str) -> BinaryIO:
        """Seekable. Raises Unreadable when there is no such file."""

    def remove(self, name: str) -> None:
        """Idempotent."""

    def shelf(self, number: int) -> Iterator[tuple[str, float]]:
        """What lies on one of 256 shelves: (name, age in seconds); also parts that were left behind."""


def new_name() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class FolderFiles:
    """On a disk of this machine, or one that it mounts."""

    folder: Path

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{name}{PART}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync(path.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def open(self, name: str) -> BinaryIO:
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise Unreadable("The file of this document is gone.", "Restore it from a backup of the region.") from None

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def shelf(self, number: int) -> Iterator[tuple[str, float]]:
        folder = self.folder / f"{number:02x}"
        for path in folder.iterdir() if folder.exists() else ():
            with suppress(FileNotFoundError):  # somebody else was quicker
                yield path.name, time.time() - path.stat().st_mtime

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def _sync(folder: Path) -> None:
    """A rename is only safe from a power cut once its folder has been written, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

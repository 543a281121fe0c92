"""Where a region's documents lie as files: written whole or not at all, under random names that say nothing."""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO, Protocol

from hub.errors import Unreadable

PART = ".part"  # of a file that is being written
# Every kind of file below HUB_HOME, and what it holds of people. A new kind is classified here, or the build fails.
KINDS: Mapping[str, str] = {
    "demo/*": "the demo's invented people and what is true of them; nowhere else",
    "sandboxes/*": "books of the partners' stand-ins, as partners have their own; nowhere else",
    "directory.db*": "random refs and the region each lives in",
    "backups/*/data/*/*": "a generation of data, sealed under a key of its own; documents as they lie",
    "backups/*/keys/*/*": "a generation of the key store, kept for days",
    "regions/*/hub.db*": "the database and its log: personal values are ciphertext",
    "regions/*/keys/*.key*": "the region's own keys",
    "regions/*/secrets.env": "the region's own credentials",
    "regions/*/documents/??/*": "documents, each sealed under a key of its own",
    "regions/*/workbench/*": "a document while it is scanned or made playable; cleared by the clock",
    "regions/*/models/*": "what scorers learned: weights, and refs of whom they learned from",
    "regions/*/snapshots/*": "facts by ref for statistics over all, no personal value",
    "regions/*/valkey/*": "the queue: names of connections",
    "regions/*/anchors*.jsonl": "signed heads of the audit chain",
    "regions/*/erasures.jsonl": "erasures by ref, keyed hashes, and archived invoices as ciphertext",
    "regions/*/restored.json": "which backup was put back",
}


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


def unclassified(home: Path) -> list[str]:
    """Files of a kind that nobody has classified, from HUB_HOME on."""
    names = (path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    return sorted(name for name in names if not any(fnmatch(name, kind) for kind in KINDS))


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

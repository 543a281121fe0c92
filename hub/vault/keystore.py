"""Where a region's own keys lie, apart from its data: one key and one pepper per epoch, and the fingerprint key."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.errors import Unreadable

KEY = 32
RECALL_SECONDS = 30  # a destroyed epoch is forgotten by every process after this long


@dataclass(frozen=True)
class EpochKeys:
    """wrap: encrypts data keys. pepper: keys the blind index."""

    wrap: bytes
    pepper: bytes


class KeyStore(Protocol):
    def make(self, epoch: int) -> EpochKeys: ...

    def get(self, epoch: int) -> EpochKeys: ...

    def destroy(self, epoch: int) -> None: ...

    def fingerprint(self) -> bytes: ...

    def signing(self) -> bytes: ...


class FileKeyStore:
    """A folder of key files, readable by their owner only; production puts a key service behind the same calls."""

    def __init__(self, folder: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.monotonic = monotonic
        self.known: dict[int, tuple[float, EpochKeys]] = {}

    def make(self, epoch: int) -> EpochKeys:
        return self._remember(epoch, self._read_or_make(self._file(epoch), 2 * KEY))

    def get(self, epoch: int) -> EpochKeys:
        recalled = self.known.get(epoch)
        if recalled and self.monotonic() - recalled[0] < RECALL_SECONDS:
            return recalled[1]
        self.known.pop(epoch, None)
        try:
            raw = self._file(epoch).read_bytes()
        except FileNotFoundError as error:
            raise Unreadable(
                f"The region key of epoch {epoch} is gone.", "It was destroyed, or the key store is not ours."
            ) from error
        return self._remember(epoch, raw)

    def destroy(self, epoch: int) -> None:
        self.known.pop(epoch, None)
        path = self._file(epoch)
        if path.exists():
            with path.open("r+b") as file:
                file.write(os.urandom(2 * KEY))
                os.fsync(file.fileno())
            path.unlink()

    def fingerprint(self) -> bytes:
        return self._read_or_make(self.folder / "fingerprint.key", KEY)

    def signing(self) -> bytes:
        """The seed of the region's Ed25519 key: it signs certificates and the audit chain's anchors."""
        return self._read_or_make(self.folder / "signing.key", KEY)

    def _file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:06d}.key"

    def _remember(self, epoch: int, raw: bytes) -> EpochKeys:
        keys = EpochKeys(raw[:KEY], raw[KEY:])
        self.known[epoch] = (self.monotonic(), keys)
        return keys

    def _read_or_make(self, path: Path, size: int) -> bytes:
        """Written under another name first, so that a kill never leaves half a key; the first of two writers wins."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(size))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()

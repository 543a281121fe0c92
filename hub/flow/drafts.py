"""Files that no row knows yet: sealed while they come in, whole or not there, and gone again unless somebody takes them."""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from hub.core import Hub
from hub.errors import TooLarge
from hub.files import new_name
from hub.vault import FrameReader, FrameWriter

KEY = 32


@dataclass(frozen=True)
class Stored:
    """key: the file's own, 32 bytes. digest: SHA-256 of its bytes."""

    file: str
    key: bytes = field(repr=False)
    size: int
    digest: bytes = field(repr=False)


class Draft(io.RawIOBase):
    """Written to like a file; no byte of it ever lies open on a disk. `seek` means that it is whole, as readers of forms do
    when a file has ended. `close` without `take` leaves nothing. Raises TooLarge behind `most` bytes."""

    def __init__(self, hub: Hub, most: int) -> None:
        self.files = hub.files
        self.most = most
        self.name, self.secret, self.digest = new_name(), os.urandom(KEY), hashlib.sha256()
        self.open_until_sealed = ExitStack()
        file = self.open_until_sealed.enter_context(self.files.create(self.name))
        self.writer = FrameWriter(file, self.secret, hub.region_code)
        self.taken = False

    def writable(self) -> bool:
        return True

    def write(self, some) -> int:  # type: ignore[no-untyped-def]
        if self.writer.size + len(some) > self.most:
            raise TooLarge(
                f"The file has more than {self.most // 1_000_000} MB.", "Nothing was stored. Send a smaller one."
            )
        self.digest.update(some)
        return self.writer.write(some)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.writer.close()
        self.open_until_sealed.close()
        return 0

    def take(self) -> Stored:
        """From here on the file is the caller's."""
        self.seek(0)
        self.taken = True
        return Stored(self.name, self.secret, self.writer.size, self.digest.digest())

    def close(self) -> None:
        if not self.closed and not self.taken:
            broken = BrokenPipeError("nobody took it")
            self.open_until_sealed.__exit__(BrokenPipeError, broken, None)  # a part that is not whole goes by itself
            self.files.remove(self.name)
        super().close()


def store(hub: Hub, chunks: Iterable[bytes], most: int) -> Stored:
    """All of it at once. Raises TooLarge."""
    with Draft(hub, most) as draft:
        for chunk in chunks:
            draft.write(chunk)
        return draft.take()


def discard(hub: Hub, stored: Stored) -> None:
    hub.files.remove(stored.file)


@contextmanager
def opened(hub: Hub, stored: Stored) -> Iterator[BinaryIO]:
    """Its bytes, seekable."""
    with hub.files.open(stored.file) as raw, io.BufferedReader(FrameReader(raw, stored.key, hub.region_code)) as file:
        yield cast(BinaryIO, file)


def chunks_of(file: BinaryIO, size: int = 262_144) -> Iterator[bytes]:
    return iter(lambda: file.read(size), b"")

"""A large value in frames that are sealed one by one, so that any stretch of it opens without the rest."""

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import Unreadable

MAGIC = b"GHF\x01"
HEADER = struct.Struct(">4s4s16s")  # magic and version, region padded with zeros, random salt
FRAME = 65_536  # bytes of the value in a frame
TAG = 16
PLACE = struct.Struct(">xxxxQ")  # a frame's nonce is its number: the key seals one value only, once
SALT = 16


class FrameWriter(io.RawIOBase):
    """Seals what is written to it; `close` seals the last frame. key: 32 bytes, of this value alone.

    STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: each frame is bound to header, number, and whether
    it is the last one, so that frames that are cut off, doubled or moved do not open."""

    def __init__(self, file: BinaryIO, key: bytes, region: str) -> None:
        self.file = file
        self.cipher = AESGCM(key)
        self.header = HEADER.pack(MAGIC, region.encode(), os.urandom(SALT))
        self.held = bytearray()
        self.number = 0
        self.size = 0
        file.write(self.header)

    def writable(self) -> bool:
        return True

    def write(self, some) -> int:  # type: ignore[no-untyped-def]
        self.held += some
        self.size += len(some)
        while len(self.held) > FRAME:  # a full frame waits: it may be the last one
            self._seal(bytes(self.held[:FRAME]), last=False)
            del self.held[:FRAME]
        return len(some)

    def close(self) -> None:
        """Whoever broke off has closed the file beneath: then nothing is sealed as whole."""
        if not self.closed and not self.file.closed:
            self._seal(bytes(self.held), last=True)
            self.held.clear()
        super().close()

    def _seal(self, plain: bytes, last: bool) -> None:
        self.file.write(self.cipher.encrypt(PLACE.pack(self.number), plain, self.header + bytes([last])))
        self.number += 1


class FrameReader(io.RawIOBase):
    """The value as a file that can be read from anywhere: one frame is in memory at a time. Raises Unreadable."""

    def __init__(self, file: BinaryIO, key: bytes, region: str) -> None:
        self.file = file
        self.cipher = AESGCM(key)
        self.header = file.read(HEADER.size)
        sealed = file.seek(0, os.SEEK_END) - HEADER.size
        self.last = max(0, -(-sealed // (FRAME + TAG)) - 1)
        self.size = sealed - (self.last + 1) * TAG
        self.at = 0
        self.number, self.frame = -1, b""
        if not self.header.startswith(MAGIC + region.encode()) or self.size < 0:
            raise Unreadable("These bytes are no frames of ours.", "The file is damaged, or of another region.")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        self.at = max(0, start + offset)
        return self.at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Less than the buffer holds only at the end: whoever reads an archive takes a short answer for one that was cut off."""
        filled = 0
        while filled < len(buffer) and self.at < self.size:
            number, start = divmod(self.at, FRAME)
            some = self._open(number)[start : start + len(buffer) - filled]
            buffer[filled : filled + len(some)] = some
            self.at += len(some)
            filled += len(some)
        return filled

    def close(self) -> None:
        self.file.close()
        super().close()

    def _open(self, number: int) -> bytes:
        if number != self.number:
            self.file.seek(HEADER.size + number * (FRAME + TAG))
            sealed = self.file.read(FRAME + TAG)
            try:
                self.frame = self.cipher.decrypt(PLACE.pack(number), sealed, self.header + bytes([number == self.last]))
            except (InvalidTag, ValueError) as error:
                raise Unreadable("A frame does not open with its key.", "The file was altered or cut off.") from error
            self.number = number
        return self.frame

"""Authenticated encryption with a header that says version, region and key, so that any stray byte can be traced."""

import os
import struct
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import Unreadable

MAGIC = b"GH\x01"
HEADER = struct.Struct(">3s4sQ")  # magic and version, region padded with zeros, key id
NONCE = 12


class Cipher(Protocol):
    def encrypt(self, key: bytes, plain: bytes, context: bytes) -> bytes: ...

    def decrypt(self, key: bytes, body: bytes, context: bytes) -> bytes: ...


class AesGcm:
    """AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce in front."""

    def encrypt(self, key: bytes, plain: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(key).encrypt(nonce, plain, context)

    def decrypt(self, key: bytes, body: bytes, context: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(body[:NONCE], body[NONCE:], context)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(
                "A ciphertext does not open with its key.", "It was altered, or moved to another row."
            ) from error


@dataclass(frozen=True)
class Sealed:
    region: str
    key_id: int
    body: bytes

    def to_bytes(self) -> bytes:
        return HEADER.pack(MAGIC, self.region.encode(), self.key_id) + self.body


def read_header(raw: bytes) -> Sealed:
    if len(raw) < HEADER.size or not raw.startswith(MAGIC):
        raise Unreadable("These bytes are no ciphertext of ours.")
    _, region, key_id = HEADER.unpack_from(raw)
    return Sealed(region.rstrip(b"\0").decode("ascii", "replace"), key_id, raw[HEADER.size :])

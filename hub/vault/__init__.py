"""Keys per person, envelope encryption and the blind index: what makes erasing a matter of shredding a key."""

from hub.vault.cipher import AesGcm, Cipher, Sealed, read_header
from hub.vault.frames import FrameReader, FrameWriter
from hub.vault.keystore import FileKeyStore, KeyStore
from hub.vault.rotation import destroy_ended, rotate
from hub.vault.vault import OpenKey, Vault

__all__ = [
    "AesGcm", "Cipher", "FileKeyStore", "FrameReader", "FrameWriter", "KeyStore", "OpenKey", "Sealed", "Vault",
    "destroy_ended", "read_header", "rotate",
]  # fmt: skip

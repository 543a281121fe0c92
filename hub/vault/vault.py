"""Opens and seals: data keys wrapped by the epoch's region key, values bound to their place, keyed hashes for look-ups."""

import hashlib
import hmac
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from hub.errors import CrossingRefused, Unreadable
from hub.models import DataKey, Epoch
from hub.vault.cipher import Cipher, Sealed, read_header
from hub.vault.keystore import KEY, KeyStore

HASH = 20  # bytes of a blind index entry
WRAPPED = select(DataKey.id, DataKey.wrapped).where(DataKey.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True)
class OpenKey:
    id: int
    secret: bytes = field(repr=False)


class Vault:
    """One per region and process. Contexts name the place of a value (table, field, owner), so that a ciphertext that is
    moved to another row does not open."""

    def __init__(self, region: str, store: KeyStore, cipher: Cipher) -> None:
        self.region = region
        self.store = store
        self.cipher = cipher
        self._fingerprint: bytes | None = None
        self._epochs: tuple[int, ...] = ()
        self._lock = threading.Lock()

    # --- epochs

    def begin_epoch(self, session: Session, now: datetime) -> int:
        number = (session.scalar(select(func.max(Epoch.number))) or 0) + 1
        self.store.make(number)
        session.add(Epoch(number=number, began_at=now))
        session.flush()
        self.forget_epochs()
        return number

    def epochs(self, session: Session) -> tuple[int, ...]:
        """Live epochs, newest first; the first one wraps and hashes what is new."""
        with self._lock:
            if not self._epochs:
                rows = session.scalars(
                    select(Epoch.number).where(Epoch.destroyed_at.is_(None)).order_by(Epoch.number.desc())
                )
                self._epochs = tuple(rows)
            if not self._epochs:
                raise Unreadable("This region has no epoch yet.", "Run: hub init")
            return self._epochs

    def forget_epochs(self) -> None:
        """Read the list of epochs anew: called after a rotation, and by every process each 30 s."""
        with self._lock:
            self._epochs = ()

    # --- data keys

    def make_key(self, key_id: int) -> OpenKey:
        """Kept nowhere: whoever makes one keeps it wrapped."""
        return OpenKey(key_id, os.urandom(KEY))

    def wrap(self, key: OpenKey, epoch: int) -> bytes:
        body = self.cipher.encrypt(self.store.get(epoch).wrap, key.secret, b"data_key:%d" % key.id)
        return Sealed(self.region, epoch, body).to_bytes()

    def unwrap(self, key_id: int, wrapped: bytes) -> OpenKey:
        header = self._own(wrapped)
        secret = self.cipher.decrypt(self.store.get(header.key_id).wrap, header.body, b"data_key:%d" % key_id)
        return OpenKey(key_id, secret)

    def open_key(self, session: Session, key_id: int | None) -> OpenKey:
        keys = self.open_keys(session, [key_id] if key_id is not None else [])
        if key_id is None or key_id not in keys:
            raise Unreadable("This data key has been shredded.")
        return keys[key_id]

    def open_keys(self, session: Session, key_ids: Iterable[int]) -> Mapping[int, OpenKey]:
        """Those of them that still exist."""
        wanted = list(set(key_ids))
        rows = session.execute(WRAPPED, {"ids": wanted}) if wanted else ()
        return {key_id: self.unwrap(key_id, wrapped) for key_id, wrapped in rows}

    # --- values

    def seal(self, key: OpenKey, plain: bytes, context: str) -> bytes:
        return Sealed(self.region, key.id, self.cipher.encrypt(key.secret, plain, context.encode())).to_bytes()

    def unseal(self, key: OpenKey, sealed: bytes, context: str) -> bytes:
        header = self._own(sealed)
        if header.key_id != key.id:
            raise Unreadable("This value was sealed under another key.")
        return self.cipher.decrypt(key.secret, header.body, context.encode())

    # --- hashes

    def blind(self, epoch: int, kind: str, value: str) -> bytes:
        """Keyed hash of one value for look-ups; dies with the epoch's pepper."""
        return hmac.digest(self.store.get(epoch).pepper, f"{kind}\0{value}".encode(), hashlib.sha256)[:HASH]

    def blinds(self, session: Session, kind: str, value: str) -> list[bytes]:
        """The value's hash under every live epoch, newest first."""
        return [self.blind(epoch, kind, value) for epoch in self.epochs(session)]

    def fingerprint(self, *parts: str) -> bytes:
        """Keyed hash for telling repeats apart over years; its key never leaves the region and is never rotated."""
        if self._fingerprint is None:
            self._fingerprint = self.store.fingerprint()
        return hmac.digest(self._fingerprint, "\0".join(parts).encode(), hashlib.sha256)[:HASH]

    # --- signatures

    def sign(self, statement: bytes) -> bytes:
        """Ed25519 (RFC 8032) under the region's own key."""
        return self._signer().sign(statement)

    def signer(self) -> bytes:
        """The public key that checks what `sign` made, 32 raw bytes."""
        return self._signer().public_key().public_bytes_raw()

    def _signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.store.signing())

    def _own(self, raw: bytes) -> Sealed:
        header = read_header(raw)
        if header.region != self.region:
            raise CrossingRefused(f"A ciphertext of region {header.region} was used in {self.region}.")
        return header

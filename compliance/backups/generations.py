"""A generation of backups: a folder that is there as a whole or not at all, with a signed list of what is in it."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.errors import WrongInput
from hub.vault import Vault

MANIFEST, DRAFT, STAMP = "manifest.json", ".draft-", "%Y%m%dT%H%M%S%fZ"
NAME = re.compile(r"\d{8}T\d{12}Z")
DRAFT_AGE = timedelta(days=1)  # of one that a kill left behind


@contextmanager
def new(place: Path, now: datetime) -> Iterator[tuple[Path, Path]]:
    """The folder to fill, and the place it moves to when the block ends well."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = now.astimezone(UTC).strftime(STAMP)
    draft = place / f"{DRAFT}{name}-{os.urandom(4).hex()}"
    draft.mkdir(mode=0o700)
    try:
        yield draft, place / name
        draft.rename(place / name)
        _sync(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sign(folder: Path, vault: Vault, told: Mapping[str, Any]) -> None:
    """The last file of a generation: what it is, and the SHA-256 of each other file."""
    hashes = {str(path.relative_to(folder)): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    text = json.dumps({**told, "sha256": hashes}, sort_keys=True)
    manifest = {"statement": text, "signature": vault.sign(text.encode()).hex(), "signer": vault.signer().hex()}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def opened(folder: Path, kind: str, region: str, signer: bytes | None) -> dict[str, Any]:
    """What the generation says of itself, with every file checked. signer: of the region; None: its keys are lost, and the
    generation's own is believed. Raises WrongInput."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        key = Ed25519PublicKey.from_public_bytes(signer or bytes.fromhex(manifest["signer"]))
        key.verify(bytes.fromhex(manifest["signature"]), manifest["statement"].encode())
        told: dict[str, Any] = json.loads(manifest["statement"])
        damaged = [name for name, wanted in told["sha256"].items() if digest(folder / name) != wanted]
    except InvalidSignature:
        raise WrongInput(f"{folder} was not signed by {region}.", "It is of another region, or was altered.") from None
    except (OSError, KeyError, ValueError) as error:
        raise WrongInput(f"{folder} is no whole backup ({type(error).__name__}).", "See: hub backup --help") from None
    if damaged:
        raise WrongInput(f"{damaged[0]} of {folder} was altered.", "Take another generation.")
    if (told["kind"], told["region"]) != (kind, region):
        raise WrongInput(f"{folder} holds the {told['kind']} of {told['region']}, not the {kind} of {region}.")
    return told


def prune(place: Path, days: int, now: datetime) -> list[str]:
    """Destroy generations that are older, and what kills left behind; answers the names of the former."""
    gone = []
    for folder in sorted(place.iterdir()) if place.exists() else ():
        name = folder.name.removeprefix(DRAFT)
        made = NAME.match(name)
        if not made:
            continue
        age = now - datetime.strptime(made.group(), STAMP).replace(tzinfo=UTC)
        if age > (DRAFT_AGE if name != folder.name else timedelta(days=days)):
            shutil.rmtree(folder)
            gone += [name] if name == folder.name else []
    return gone


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

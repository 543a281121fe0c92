"""Erasures that a backup cannot know: a file beside the database, in order, each line signed, refs and keyed hashes only.

A database that is put back from a backup is older than some of them. Nothing starts on it until they have been done again."""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import PartDown
from hub.models import ErasureRequest
from hub.regions import Region
from hub.vault import AesGcm, FileKeyStore, Vault

LEDGER, RESTORED = "erasures.jsonl", "restored.json"
UNDER_WAY = ("approved", "telling", "held", "certified")
BATCH = 500
Line = Mapping[str, Any]


def note(folder: Path, vault: Vault, line: Line) -> None:
    """On the disk before the call returns. Written again after a kill, it stands there twice, which means the same."""
    text = json.dumps(line, sort_keys=True, ensure_ascii=False)
    signed = json.dumps({"line": text, "signature": vault.sign(text.encode()).hex()})
    with (folder / LEDGER).open("a", encoding="utf-8") as file:
        file.write(signed + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path, vault: Vault) -> Iterator[Line]:
    """Those this region signed, in order: what a crash cut short was not done, and what others wrote does not count."""
    signer = Ed25519PublicKey.from_public_bytes(vault.signer())
    for _, signed in _lines(folder / LEDGER):
        try:
            signer.verify(bytes.fromhex(signed["signature"]), signed["line"].encode())
            yield json.loads(signed["line"])
        except (InvalidSignature, KeyError, ValueError):
            continue


def merge(folder: Path, other: Path) -> int:
    """Add the lines of another copy that this one lacks; answers how many."""
    known = {raw for raw, _ in _lines(folder / LEDGER)}
    new = [raw for raw, _ in _lines(other) if raw not in known]
    if new:
        with (folder / LEDGER).open("a", encoding="utf-8") as file:
            file.writelines(raw + "\n" for raw in new)
            file.flush()
            os.fsync(file.fileno())
    return len(new)


def missing(session: Session, lines: Iterable[Line], settled: Collection[str] = UNDER_WAY) -> dict[str, Line]:
    """Erasures that are in none of these states in this database, by request. One that is under way goes on by itself."""
    told = {line["request"]: line for line in lines if line["kind"] == "erasure"}
    refs = list(told)
    for start in range(0, len(refs), BATCH):
        some = ErasureRequest.ref.in_(refs[start : start + BATCH])
        for ref in session.scalars(select(ErasureRequest.ref).where(some, ErasureRequest.state.in_(settled))):
            del told[ref]
    return told


def refuse_to_start(session: Session, region: Region) -> None:
    """Raises PartDown on a database that was put back, by whatever tool, and is older than an erasure."""
    behind = 0
    if (region.folder / LEDGER).exists():
        vault = Vault(region.code, FileKeyStore(region.folder / "keys"), AesGcm())
        behind = len(missing(session, read(region.folder, vault)))
    if behind or (region.folder / RESTORED).exists():
        what = f"{behind} erasure(s) are not in this backup" if behind else "erasures since the backup are not replayed"
        raise PartDown(
            f"The database of {region.code} was restored: {what}.", f"Run: hub restore replay -r {region.code}"
        )


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for raw in file:
            try:
                found = json.loads(raw)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield raw.rstrip("\n"), found

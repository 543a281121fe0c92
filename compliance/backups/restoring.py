"""Putting a generation back: data into a region that stands still, keys into one that lost them.

Afterwards nothing starts on the region until the erasures since are replayed (`hub.ledger`, `compliance.backups.replay`)."""

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, LargeBinary, delete, func, insert, select

from compliance.backups import dump, generations
from compliance.backups.making import DATABASE, DOCUMENTS, KEY_TABLES, STORE, copy_files
from hub import ledger
from hub.clock import is_gone
from hub.core import files_of
from hub.errors import HubError, Unreadable, WrongInput
from hub.files import FolderFiles
from hub.gate import PASS
from hub.models import Base, DataKey, Instant, Lease, table
from hub.regions import Region, open_region
from hub.settings import Settings
from hub.vault import AesGcm, FileKeyStore, FrameReader, Vault

Clock = Callable[[], datetime]


def restore_data(settings: Settings, code: str, folder: Path, clock: Clock) -> dict[str, Any]:
    """All rows and documents as they were, in one transaction. Raises WrongInput, HubError."""
    with _still(settings, code, clock) as (region, vault):
        told = generations.opened(folder, "data", code, vault.signer())
        if (told["database"], told["heads"]) != (region.engine.dialect.name, dump.heads(region)):
            made = f"{told['database']} at schema {', '.join(told['heads'])}"
            raise WrongInput(
                f"This backup is of {made}.", "Restore it with the version that made it, then run: hub init"
            )
        with region.sessions() as session:
            try:
                key = vault.open_key(session, told["key_id"])
            except Unreadable:
                raise WrongInput(
                    "The key of this backup is gone: it was destroyed with its generation, or the keys were lost.",
                    "Put the keys back first: hub restore keys GENERATION",
                ) from None
        _mark(region.folder, told)
        reader = FrameReader((folder / DATABASE).open("rb"), key.secret, code)
        with tempfile.TemporaryDirectory(dir=region.folder) as workbench:
            dump.load(region, reader, Path(workbench))  # type: ignore[arg-type]
        if (folder / DOCUMENTS).exists():
            copy_files(FolderFiles(folder / DOCUMENTS), files_of(settings, settings.region(code), region.folder))
        return told


def restore_keys(settings: Settings, code: str, folder: Path, clock: Clock) -> dict[str, Any]:
    """Key files, and in a region that holds nobody's key yet the wrapped keys, too: a key that was shredded since the backup
    never comes back beside the data it opened. Raises WrongInput where the region has keys that work."""
    with _still(settings, code, clock) as (region, vault):
        told = generations.opened(folder, "keys", code, None)
        with region.sessions() as session:
            held = session.scalar(select(func.count()).select_from(DataKey)) or 0
            if held and _works(vault, session):
                raise WrongInput(f"The keys of {code} work.", "Restore keys only where they were lost.")
        _mark(region.folder, told)
        _put_store(folder / STORE, region.folder / "keys")
        if not held:
            with region.engine.begin() as connection:
                for name, model in KEY_TABLES.items():
                    connection.execute(delete(table(model)).execution_options(**{PASS: True}))
                    rows = [
                        _row(model, json.loads(line)) for line in (folder / f"{name}.jsonl").read_text().splitlines()
                    ]
                    if rows:
                        connection.execute(insert(table(model)), rows)
        if (folder / ledger.LEDGER).exists():
            ledger.merge(region.folder, folder / ledger.LEDGER)
        return told


@contextmanager
def _still(settings: Settings, code: str, clock: Clock) -> Iterator[tuple[Region, Vault]]:
    here = settings.region(code)
    region = open_region(code, here.cell, settings.owner_url(code), settings.folder(code))
    try:
        with region.sessions() as session:
            lease = session.get(Lease, "clock")
            if lease is not None and lease.until > clock() and not is_gone(lease.holder):
                raise WrongInput(f"{code} is running.", "Stop it first: what it does now would be lost.")
        yield region, Vault(code, FileKeyStore(region.folder / "keys"), AesGcm())
    finally:
        region.engine.dispose()


def _works(vault: Vault, session: Any) -> bool:
    """Does the newest key of anybody open?"""
    newest = session.execute(select(DataKey.id, DataKey.wrapped).order_by(DataKey.made_at.desc()).limit(1)).first()
    try:
        return newest is None or bool(vault.unwrap(*newest))
    except HubError:
        return False


def _mark(folder: Path, told: dict[str, Any]) -> None:
    """Before anything is changed, so that a kill in the middle is not forgotten."""
    draft = folder / f"{ledger.RESTORED}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"kind": told["kind"], "made_at": told["made_at"]}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / ledger.RESTORED)


def _put_store(source: Path, store: Path) -> None:
    """Each file whole or not at all."""
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in sorted(source.iterdir()):
        draft = store / f"{path.name}.{os.urandom(4).hex()}"
        shutil.copy(path, draft)
        draft.chmod(0o600)
        draft.rename(store / path.name)


def _row(model: type[Base], plain: dict[str, Any]) -> dict[str, Any]:
    def read(name: str, value: Any) -> Any:
        kind = table(model).c[name].type
        if value is None or isinstance(kind, LargeBinary):
            return None if value is None else base64.b64decode(value)
        return datetime.fromisoformat(value) if isinstance(kind, Instant | DateTime) else value

    return {name: read(name, value) for name, value in plain.items()}

"""Making generations, and destroying those that are too old: data under a key of their own that dies with them."""

import base64
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance import storage
from compliance.backups import dump, generations
from compliance.backups.periods import read_terms
from hub.clock import ANCHORS
from hub.core import Hub
from hub.errors import PartDown, Unreadable
from hub.files import PART, Files, FolderFiles
from hub.flow.documents import SHELVES
from hub.gate import erase_rows
from hub.ledger import LEDGER
from hub.models import Base, DataKey, Epoch, table
from hub.vault import FrameWriter

KINDS = ("data", "keys")
OWNER = "backup"
CHUNK = 1 << 20  # bytes
DATABASE, DOCUMENTS, STORE = "database.sealed", "documents", "store"
KEY_TABLES: Mapping[str, type[Base]] = {"data_keys": DataKey, "epochs": Epoch}
COPIED = (LEDGER, ANCHORS)  # they outlive the database, and should the disk


def place_of(hub: Hub) -> Path:
    """Where generations lie, unless somebody says otherwise."""
    return storage.backups_of(hub.settings, hub.region_code)


def back_up(hub: Hub, place: Path, kinds: tuple[str, ...], actor: str) -> list[Path]:
    """Data first, so that the keys know theirs. Raises ConfigError for a place outside the policy of storage, before anything is
    written; PartDown where there is no room."""
    at = storage.check_backup(hub.settings, hub.region_code, place)
    try:
        made = [DOING[kind](hub, place / kind) for kind in KINDS if kind in kinds]
    except OSError as error:
        raise PartDown(f"{place} cannot be written: {error.strerror}.", "Nothing half-done stays there.") from None
    with hub.begin() as work:
        work.audit(actor, storage.BACKED_UP, "region", None, kinds=sorted(kinds), at=at)
    prune(hub, place)
    return made


def prune(hub: Hub, place: Path) -> dict[str, list[str]]:
    """Destroy what is older than config/privacy/backups.yaml allows; a copy of old data that lies elsewhere loses its key."""
    terms, now = read_terms(hub.settings.config), hub.clock()
    gone = {kind: generations.prune(place / kind, terms[kind].days, now) for kind in KINDS}
    old = (DataKey.owner_kind == OWNER) & (DataKey.made_at < now - timedelta(days=terms["data"].days))
    with hub.look() as session:
        due = session.scalar(select(DataKey.id).where(old).limit(1))
    if due is not None:
        with hub.begin() as work:
            keys = erase_rows(work.session, DataKey, old, record_set="backups", persons=(), now=now)
            work.audit("clock", "backups_forgotten", "region", None, keys=keys)
    return gone


def _data(hub: Hub, place: Path) -> Path:
    made_at = hub.clock()
    with generations.new(place, made_at) as (draft, path):
        with hub.begin() as work:
            key = work.new_key(OWNER)
        sealed = draft / DATABASE
        with sealed.open("wb") as file, FrameWriter(file, key.secret, hub.region_code) as out:
            dump.write(hub.region, out, draft)  # type: ignore[arg-type]
        copy_files(hub.files, FolderFiles(draft / DOCUMENTS))
        told = {"kind": "data", "region": hub.region_code, "made_at": made_at.isoformat(), "key_id": key.id,
                "database": hub.region.engine.dialect.name, "heads": dump.heads(hub.region)}  # fmt: skip
        generations.sign(draft, hub.vault, told)
    return path


def copy_files(source: Files, target: Files) -> None:
    """Names are random and never used again: one that is there is the same file."""
    for number in range(SHELVES):
        there = {name for name, _ in target.shelf(number)}
        for name, _ in source.shelf(number):
            if name in there or name.endswith(PART):
                continue
            with suppress(Unreadable), source.open(name) as old, target.create(name) as new:  # removed meanwhile
                shutil.copyfileobj(old, new, CHUNK)


def _keys(hub: Hub, place: Path) -> Path:
    made_at = hub.clock()
    with generations.new(place, made_at) as (draft, path):
        with hub.look() as session:
            for name, model in KEY_TABLES.items():
                (draft / f"{name}.jsonl").write_text("".join(_lines(session, model)), encoding="utf-8")
        shutil.copytree(hub.region.folder / "keys", draft / STORE, ignore=shutil.ignore_patterns("*.key.*"))
        for name in COPIED:
            if (hub.region.folder / name).exists():
                shutil.copy(hub.region.folder / name, draft / name)
        told = {"kind": "keys", "region": hub.region_code, "made_at": made_at.isoformat()}
        generations.sign(draft, hub.vault, told)
    return path


DOING = {"data": _data, "keys": _keys}


def _lines(session: Session, model: type[Base]) -> list[str]:
    rows = session.execute(select(table(model)).order_by(*table(model).primary_key))
    return [json.dumps({name: _plain(value) for name, value in row._mapping.items()}) + "\n" for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else value

"""Audit entries into a chain: each sealed text is hashed with the one before it, and the head is signed and kept twice.

Entries are plain appends that wait for nobody; what was appended since the last anchor is the unsealed tail."""

import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from hub.ids import first_at, made_at
from hub.models import Anchor, AuditEntry, AuditSeal
from hub.work import Work

START = b"\0" * 32
BATCH = 5_000
LATEST_COMMIT = timedelta(hours=1)


def text_of(entry: AuditEntry) -> str:
    """The entry as it is sealed: JSON with sorted keys."""
    told: dict[str, Any] = {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "about": entry.about,
        "about_id": entry.about_id,
        "detail": entry.detail,
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def link(before: bytes, text: str) -> bytes:
    return hashlib.sha256(before + text.encode()).digest()


def statement(region: str, position: int, head: bytes, at: datetime) -> bytes:
    """What an anchor signs."""
    return f"{region}\n{position}\n{head.hex()}\n{at.isoformat()}".encode()


def seal(work: Work) -> int:
    """Seal what is not sealed yet and anchor the head; answers how many. The caller is the region's only sealer.

    Looks an hour back: by then every transaction that took an id has committed or is gone."""
    last = work.session.scalar(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    position, head = (last.position, last.hash) if last else (0, START)
    since = first_at(made_at(last.entry_id) - LATEST_COMMIT) if last else 0
    sealed = select(AuditSeal.entry_id).where(AuditSeal.entry_id == AuditEntry.id).exists()
    waiting = select(AuditEntry).where(AuditEntry.id >= since, ~sealed).order_by(AuditEntry.id).limit(BATCH)
    rows = []
    for entry in work.session.scalars(waiting):
        text = text_of(entry)
        position, head = position + 1, link(head, text)
        rows.append({"position": position, "entry_id": entry.id, "text": text, "hash": head})
    if rows:
        work.insert_all(AuditSeal, rows)
        signature = work.vault.sign(statement(work.region.code, position, head, work.now))
        work.add(Anchor(position=position, hash=head, at=work.now, signature=signature))
    return len(rows)


def copy_anchors(work: Work, path: Path) -> int:
    """Append the anchors that the file outside the database lacks; answers how many. Called after `seal` has committed."""
    last = read_anchors(path)[-1]["position"] if path.exists() else 0
    rows = work.session.scalars(select(Anchor).where(Anchor.position > last).order_by(Anchor.position)).all()
    lines = [json.dumps(told(work.region.code, row)) + "\n" for row in rows]
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    return len(lines)


def read_anchors(path: Path) -> list[dict[str, Any]]:
    """A line that a crash cut short is no anchor."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found or [{"position": 0}]


def told(region: str, anchor: Anchor) -> dict[str, Any]:
    return {
        "region": region,
        "position": anchor.position,
        "head": anchor.hash.hex(),
        "at": anchor.at.isoformat(),
        "signature": anchor.signature.hex(),
    }


def unsealed(work: Work) -> int:
    """Entries since the last seal."""
    return int(
        (work.session.scalar(select(func.count()).select_from(AuditEntry)) or 0)
        - (work.session.scalar(select(func.count()).select_from(AuditSeal)) or 0)
    )

"""Audit entries into a chain: each sealed text is hashed with the one before it, and the head is signed and kept twice.

Entries are plain appends that wait for nobody; what was appended since the last anchor is the unsealed tail."""

import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.ids import first_at, made_at
from hub.models import Anchor, AuditEntry, AuditSeal
from hub.work import Work

START = b"\0" * 32
BATCH = 5_000
LATEST_COMMIT, SOON = timedelta(hours=1), timedelta(minutes=1)  # after its id: of any entry, and of nearly all
TAIL = 4096  # bytes, of which an anchor has some 300


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


def seal(work: Work, back: timedelta = LATEST_COMMIT) -> int:
    """Seal what is not sealed yet and anchor the head; answers how many. The caller is the region's only sealer.

    Looks so far back from the last one that was sealed. After an hour every transaction that took an id has committed or is gone;
    a shorter look, between such ones, reads less and leaves out an entry that took longer."""
    last = work.session.scalar(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    position, head = (last.position, last.hash) if last else (0, START)
    since = first_at(made_at(last.entry_id) - back) if last else 0
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


def copy_anchors(session: Session, region: str, path: Path) -> int:
    """Append the anchors that the file outside the database lacks; answers how many. Called after `seal` has committed."""
    last = _last_position(path)
    rows = session.scalars(select(Anchor).where(Anchor.position > last).order_by(Anchor.position)).all()
    lines = [json.dumps(told(region, row)) + "\n" for row in rows]
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    return len(lines)


def read_anchors(path: Path) -> list[dict[str, Any]]:
    """All of them, as they were told."""
    return _anchors_in(path.read_text(encoding="utf-8")) if path.exists() else []


def _last_position(path: Path) -> int:
    """Read from the end: the file grows for years, and the clock asks every few seconds."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        found = _anchors_in(file.read().decode("utf-8"))
    return int(found[-1]["position"]) if found else 0


def _anchors_in(text: str) -> list[dict[str, Any]]:
    """A line that a crash, or the beginning of the tail, cut short is no anchor."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [one for one in found if isinstance(one, dict)]


def told(region: str, anchor: Anchor) -> dict[str, Any]:
    return {
        "region": region,
        "position": anchor.position,
        "head": anchor.hash.hex(),
        "at": anchor.at.isoformat(),
        "signature": anchor.signature.hex(),
    }


def last_position(session: Session) -> int:
    """Of the last anchor in the database; 0: there is none."""
    return int(session.scalar(select(func.max(Anchor.position))) or 0)


def unsealed(session: Session) -> int:
    """Entries since the last seal."""
    return int(
        (session.scalar(select(func.count()).select_from(AuditEntry)) or 0)
        - (session.scalar(select(func.count()).select_from(AuditSeal)) or 0)
    )

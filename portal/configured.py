"""What is in force and what was: documents of the region with their versions, who changed them, and two of them line by line."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.actors import titles_of
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import versions
from hub.flow.proposals import OPEN
from hub.models import AuditEntry, JourneyVersion, Notice, Proposal, SegmentVersion

KINDS = ("segments", "journeys", "policies", "mappings", "notices")
FILES = ("policies", "mappings")  # their history is the one of the files
NAME = re.compile(r"[a-z][a-z0-9_]{0,79}(\.[a-z]{2})?")
ABOUT = ("segment_version", "journey_version", "notice", "connection", "proposal")
# What of the configuration a change is about, and how the audit calls it.
SUBJECTS = {
    "segments": ("segment_put", "segment_removed"), "journeys": ("journey_applied", "journey_ended"), "policies": ("policy_put",),
    "mappings": ("mapping_put",), "notices": ("notices_published",),
    "proposals": ("proposed", "proposal_approved", "proposal_withdrawn"), "connections": ("paused", "resumed"),
}  # fmt: skip
CHANGES, CONTEXT = 15, 3
KEPT = 50  # versions of a file that are listed


@dataclass(frozen=True)
class Document:
    """hash: of the version in force; empty for one that is not counted yet. versions: how many are kept."""

    name: str
    hash: str
    since: datetime | None
    versions: int


@dataclass(frozen=True)
class Version:
    hash: str
    text: str
    since: datetime
    until: datetime | None
    by: str


@dataclass(frozen=True)
class Change:
    """One entry of the audit about configuration. name: of the document, where the entry says it. by: a title, or a code."""

    at: datetime
    action: str
    name: str
    by: str


@dataclass(frozen=True)
class Row:
    """kind: same, old, new, or gap for lines left out. before, after: numbers of the line on either side."""

    kind: str
    before: int | None
    after: int | None
    text: str


def documents(hub: Hub, session: Session, kind: str) -> list[Document]:
    """By name. At most two statements."""
    if kind in FILES:
        return [_of_file(path) for path in sorted((hub.settings.config / kind).glob("*.yaml"))]
    if kind == "notices":
        columns = (Notice.purpose, Notice.language, func.max(Notice.made_at), func.count())
        rows: Any = session.execute(select(*columns).group_by(Notice.purpose, Notice.language).order_by(*columns[:2]))
        return [Document(f"{purpose}.{language}", "", at, count) for purpose, language, at, count in rows]
    model: Any = SegmentVersion if kind == "segments" else JourneyVersion
    name = model.segment if kind == "segments" else model.journey
    counted = {one: count for one, count in session.execute(select(name, func.count()).group_by(name))}
    rows = session.execute(select(name, model.hash, model.applied_at).where(model.ended_at.is_(None)).order_by(name))
    found = [Document(one, mark, at, counted[one]) for one, mark, at in rows]
    known = {one.name for one in found}
    waiting = sorted(set(hub.book.current().segments) - known) if kind == "segments" else []
    return sorted([*found, *(Document(one, "", None, 0) for one in waiting)], key=lambda one: one.name)


def history(hub: Hub, session: Session, kind: str, name: str) -> list[Version]:
    """The one in force first, then the latest. Raises NotFound."""
    found = _history(hub, session, kind, name) if NAME.fullmatch(name) else []
    if not found:
        raise NotFound("There is no such document.", "Those of this region stand in the list.")
    return found


def _history(hub: Hub, session: Session, kind: str, name: str) -> list[Version]:
    if kind in FILES:
        path = hub.settings.config / kind / f"{name}.yaml"
        return _of_desk(session, _version_of(path), kind, name) if path.is_file() else []
    if kind == "segments":
        rows = session.scalars(select(SegmentVersion).where(SegmentVersion.segment == name))
        found = [Version(one.hash, versions.text_of(one), one.applied_at, one.ended_at, "") for one in rows]
    elif kind == "journeys":
        ways = session.scalars(select(JourneyVersion).where(JourneyVersion.journey == name)).all()
        called = titles_of(session, [one.applied_by for one in ways])
        found = [Version(one.hash, one.text, one.applied_at, one.ended_at, called[one.applied_by]) for one in ways]
    else:
        purpose, _, language = name.partition(".")
        texts = session.scalars(select(Notice).where(Notice.purpose == purpose, Notice.language == language))
        found = [Version(one.hash, one.text, one.made_at, None, "") for one in texts]
    return sorted(found, key=lambda one: (one.until is None, one.since), reverse=True)


def changes_after(session: Session, place: int | None, most: int, subject: str = "") -> list[tuple[int, Change]]:
    """The latest first, each with its number. Two statements, the first along the index of what entries are about. place: the
    number of the last one of the page before. subject: one of SUBJECTS, or empty for all."""
    actions = SUBJECTS[subject] if subject else [action for some in SUBJECTS.values() for action in some]
    mine = select(AuditEntry).where(AuditEntry.about.in_(ABOUT), AuditEntry.action.in_(actions))
    mine = mine.where(AuditEntry.id < place) if place is not None else mine
    rows = session.scalars(mine.order_by(AuditEntry.id.desc()).limit(most)).all()
    called = titles_of(session, [row.actor for row in rows])
    return [(row.id, Change(row.at, row.action, _name_in(row.detail), called[row.actor])) for row in rows]


def _name_in(detail: Mapping[str, Any]) -> str:
    return next((str(detail[key]) for key in ("segment", "journey", "name") if detail.get(key)), "")


def open_proposals(session: Session) -> Sequence[Proposal]:
    """Those that wait for a second pair of eyes or are at work, the latest first."""
    mine = select(Proposal).where(Proposal.state.in_(OPEN)).order_by(Proposal.id.desc())
    return session.scalars(mine.limit(CHANGES)).all()


def compared(before: str, after: str) -> list[Row]:
    """Line by line, with a few unchanged ones around; empty when both are the same."""
    old, new, found = before.splitlines(), after.splitlines(), list[Row]()
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        if found or group[0][1] > 0:
            found.append(Row("gap", None, None, ""))
        for verb, a, b, c, d in group:
            if verb == "equal":
                found += [Row("same", a + n + 1, c + n + 1, line) for n, line in enumerate(old[a:b])]
                continue
            found += [Row("old", a + n + 1, None, line) for n, line in enumerate(old[a:b])]
            found += [Row("new", None, c + n + 1, line) for n, line in enumerate(new[c:d])]
    return found


def _of_desk(session: Session, now: Version, kind: str, name: str) -> list[Version]:
    """The file as it stands, and what was put in its place at a desk before: each with whoever did, and what they began from."""
    mine = (Proposal.kind == kind, Proposal.name == name, Proposal.state == "done")
    done = session.scalars(select(Proposal).where(*mine).order_by(Proposal.id.desc()).limit(KEPT)).all()
    called = titles_of(session, [one.author for one in done])
    found, until = list[Version](), None if done and done[0].hash == now.hash else now.since
    for one in done:
        at = one.settled_at or one.made_at
        found.append(Version(one.hash, one.text, at, until, called[one.author]))
        until = at
    if done and done[-1].former:
        first = done[-1]
        found.append(Version(first.base, first.former, first.made_at, until, "config"))
    unique = list({one.hash: one for one in reversed(found)}.values())[::-1]
    if unique and unique[0].hash == now.hash:
        return unique
    return [now, *(one for one in unique if one.hash != now.hash)]


def _of_file(path: Path) -> Document:
    version = _version_of(path)
    return Document(path.stem, version.hash, version.since, 1)


def _version_of(path: Path) -> Version:
    text = path.read_bytes()
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Version(hashlib.sha256(text).hexdigest(), text.decode("utf-8", "replace"), at, None, "")

"""Segments' documents over time: put in force, compared, rolled back, and taken away where nobody reads them."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import alongside, segments, written
from hub.flow.segments import Move
from hub.models import SegmentVersion
from rules import Rulebook, RuleError
from rules.order import named
from rules.parse import read

SHOWN = 12  # signs of a hash


def apply(hub: Hub, name: str, text: str, actor: str = "cli") -> list[Move]:
    """Write the segment's file, if the whole folder is right with it, and put it in force over everybody. Raises WrongInput."""
    rule = write(hub, name, text).segments[name]
    with hub.begin() as work:
        moves = segments.refresh(hub, work, rule, "rule")
        alongside.follow(hub, work, moves)
        work.audit(actor, "segment_put", "segment_version", None, segment=name, hash=rule.hash)
    return moves


def roll_back(hub: Hub, name: str, prefix: str | None) -> tuple[str, list[Move]]:
    """(hash, moves): the version before the one in force, or the one whose hash begins like this, as it was written. Raises
    NotFound, WrongInput."""
    former, text = _former(hub, name, prefix)
    return former, apply(hub, name, text)


def put_back(hub: Hub, name: str, prefix: str | None, actor: str) -> str:
    """As roll_back, for somebody who does not stand and wait: the file is the former one, and the clock takes everybody through
    it. Answers its hash. Raises NotFound, WrongInput."""
    former, text = _former(hub, name, prefix)
    write(hub, name, text)
    with hub.begin() as work:
        work.audit(actor, "segment_put", "segment_version", None, segment=name, hash=former)
    return former


def _former(hub: Hub, name: str, prefix: str | None) -> tuple[str, str]:
    with hub.look() as session:
        version = _version(session, name, prefix) if prefix else _before(session, name)
        return version.hash, text_of(version)


def remove(hub: Hub, name: str) -> list[Move]:
    """Delete the segment's file and end everybody's membership. Raises NotFound; WrongInput with the list of its users."""
    if not file_of(hub, name).exists():
        raise NotFound(f"There is no file of a segment “{name}”.", f"Looked for {file_of(hub, name)}.")
    if users := sorted(users_of(hub, name)):
        raise WrongInput(f"“{name}” is read by {', '.join(users)}.", "Change these first, or keep it.")
    book = write(hub, name, None)
    with hub.begin() as work:
        moves = segments.retire(work, list(book.segments))
        alongside.follow(hub, work, moves)
        work.audit("cli", "segment_removed", "segment_version", None, segment=name)
    return moves


def users_of(hub: Hub, name: str) -> Iterator[str]:
    """Documents of any kind that name this segment, as segments/lapsed."""
    for path in sorted(hub.settings.config.glob("*/*.yaml")):
        try:
            document = read(path).top
        except RuleError:
            continue  # it is not in force
        if path != file_of(hub, name) and name in named(dict(document)):
            yield f"{path.parent.name}/{path.stem}"


def difference(hub: Hub, name: str, one: str | None, other: str | None) -> list[str]:
    """Lines of a unified diff. one: a version's hash, None for the one in force; other: the same, None for the file as it
    stands. Raises NotFound."""
    with hub.look() as session:
        before = _version(session, name, one) if one else _in_force(session, name)
        after = _version(session, name, other) if other else None
    path = file_of(hub, name)
    text = text_of(after) if after else path.read_text(encoding="utf-8") if path.exists() else ""
    to = after.hash[:SHOWN] if after else path.name
    return list(unified_diff(text_of(before).splitlines(), text.splitlines(), before.hash[:SHOWN], to, lineterm=""))


def text_of(version: SegmentVersion) -> str:
    """As it was written; of a version from before texts were kept, its document in YAML."""
    if version.written:
        return version.written
    out = StringIO()
    YAML().dump(dict(version.document), out)
    return out.getvalue()


def file_of(hub: Hub, name: str) -> Path:
    return written.file_of(hub, "segments", name)


def write(hub: Hub, name: str, text: str | None) -> Rulebook:
    """The segment's file, if the whole folder is right with it. Raises WrongInput."""
    return written.put(hub, "segments", name, text)


def _versions(session: Session, name: str) -> Sequence[SegmentVersion]:
    """The latest first."""
    mine = select(SegmentVersion).where(SegmentVersion.segment == name)
    return session.scalars(mine.order_by(SegmentVersion.applied_at.desc())).all()


def _version(session: Session, name: str, prefix: str) -> SegmentVersion:
    found = [one for one in _versions(session, name) if one.hash.startswith(prefix)]
    if len(found) != 1:
        what = "several versions begin" if found else "no version begins"
        raise NotFound(f"Of “{name}” {what} with {prefix}.", f"hub segments history {name} lists them.")
    return found[0]


def _in_force(session: Session, name: str) -> SegmentVersion:
    standing = [one for one in _versions(session, name) if one.ended_at is None]
    if not standing:
        raise NotFound(f"No version of “{name}” is in force.", f"hub segments apply {name} puts its file in force.")
    return standing[0]


def _before(session: Session, name: str) -> SegmentVersion:
    ended = [one for one in _versions(session, name) if one.ended_at is not None]
    if not ended:
        raise NotFound(f"“{name}” has no version before the one in force.", "There is nothing to go back to.")
    return ended[0]

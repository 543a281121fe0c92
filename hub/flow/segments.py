"""Who is in which segment: reassessed for the customers that changed, refreshed for all when a rule or the day turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.core import Hub
from hub.flow.batches import batches
from hub.flow.identity import lock_customers
from hub.flow.seen import TABLES
from hub.models import Customer, Membership, SegmentVersion
from hub.work import Work
from rules import SegmentRule
from rules.calendar import local_day
from rules.sql import select_members


@dataclass(frozen=True)
class Move:
    """A customer entered or left. membership_id: the row that says so; the effect's key is made of it."""

    segment: str
    customer_id: int
    customer_ref: str
    entered: bool
    membership_id: int


def reassess(hub: Hub, work: Work, customer_ids: Iterable[int], cause: str) -> list[Move]:
    """Compare every segment's verdict with the memberships of these customers; the caller holds their locks."""
    ids = sorted(customer_ids)
    moves = []
    for rule in hub.book.current().segments.values():
        if _version(work, rule) is None:
            continue  # not filled yet: its first full refresh will see these customers, too
        for batch in batches(ids):
            moves += _move(work, rule, cause, batch)
    return moves


def refresh(hub: Hub, work: Work, rule: SegmentRule, cause: str) -> list[Move]:
    """One segment over all customers, by SQL."""
    moves = _move(work, rule, cause, None)
    version = _version(work, rule) or _apply(work, rule)
    version.refreshed_on = local_today(rule, work.now)
    return moves


def due(work: Work, rules: Iterable[SegmentRule]) -> list[tuple[SegmentRule, str]]:
    """Segments whose document is new, or whose windows have moved since the local day turned in their zone."""
    waiting = []
    for rule in rules:
        version = _version(work, rule)
        if version is None or version.refreshed_on is None:
            waiting.append((rule, "rule"))
        elif rule.reads.timed and version.refreshed_on < local_today(rule, work.now):
            waiting.append((rule, "clock"))
    return waiting


def retire(work: Work, names: Sequence[str]) -> list[Move]:
    """End segments that have left the configuration, and everybody's membership in them."""
    current = select(SegmentVersion).where(SegmentVersion.ended_at.is_(None), SegmentVersion.segment.not_in(names))
    moves = []
    for version in list(work.session.scalars(current)):
        version.ended_at = work.now
        moves += _leave(work, version.segment, _open_ids(work, version.segment), "rule")
    return moves


def local_today(rule: SegmentRule, now: datetime) -> date:
    return local_day(now, rule.zone)


def _version(work: Work, rule: SegmentRule) -> SegmentVersion | None:
    wanted = (SegmentVersion.segment == rule.name, SegmentVersion.hash == rule.hash, SegmentVersion.ended_at.is_(None))
    return work.session.scalars(select(SegmentVersion).where(*wanted)).first()


def _apply(work: Work, rule: SegmentRule) -> SegmentVersion:
    """Put this document in force in place of the one before; an old document that comes back is opened again."""
    still = (SegmentVersion.segment == rule.name, SegmentVersion.ended_at.is_(None))
    work.session.execute(update(SegmentVersion).where(*still).values(ended_at=work.now))
    known = select(SegmentVersion).where(SegmentVersion.segment == rule.name, SegmentVersion.hash == rule.hash)
    version = work.session.scalars(known).first()
    if version is None:
        version = SegmentVersion(segment=rule.name, hash=rule.hash, document=rule.document)
        work.add(version)
    version.applied_at, version.ended_at = work.now, None
    work.audit("hub", "segment_applied", "segment_version", version.id, segment=rule.name, hash=rule.hash)
    return version


def _move(work: Work, rule: SegmentRule, cause: str, ids: list[int] | None) -> list[Move]:
    """Set-based: those who should be in and are not, and those who are in and should not be."""
    work.session.flush()
    members = select_members(rule.when, TABLES, work.now, rule.zone).subquery("members")
    open_rows = select(Membership.customer_id).where(Membership.segment == rule.name, Membership.left_at.is_(None))
    entering = select(members.c.customer_id).where(members.c.customer_id.not_in(open_rows))
    leaving = open_rows.where(Membership.customer_id.not_in(select(members.c.customer_id)))
    if ids is not None:
        entering = entering.where(members.c.customer_id.in_(ids))
        leaving = leaving.where(Membership.customer_id.in_(ids))
    enter, leave = sorted(work.session.scalars(entering)), sorted(work.session.scalars(leaving))
    if ids is None:
        lock_customers(work, sorted({*enter, *leave}))
    return [*_enter(work, rule, enter, cause), *_leave(work, rule.name, leave, cause)]


def _enter(work: Work, rule: SegmentRule, ids: list[int], cause: str) -> list[Move]:
    if not ids:
        return []
    refs = _refs(work, ids)
    insert = sqlite_insert if work.region.on_sqlite else pg_insert
    rows = [
        {
            "id": work.ids.next(),
            "region": work.region.code,
            "segment": rule.name,
            "customer_id": one,
            "rule_hash": rule.hash,
            "entered_at": work.now,
            "cause": cause,
        }
        for one in ids
    ]
    statement = insert(Membership).on_conflict_do_nothing(
        index_elements=["segment", "customer_id"], index_where=Membership.left_at.is_(None)
    )
    made = {row["customer_id"]: row["id"] for row in rows}
    work.session.execute(statement, rows)
    ours = select(Membership.id, Membership.customer_id).where(
        Membership.segment == rule.name, Membership.left_at.is_(None), Membership.customer_id.in_(ids)
    )
    won = [(row_id, one) for row_id, one in work.session.execute(ours) if made[one] == row_id]
    return [Move(rule.name, one, refs[one], True, row_id) for row_id, one in sorted(won)]


def _leave(work: Work, segment: str, ids: list[int], cause: str) -> list[Move]:
    if not ids:
        return []
    refs = _refs(work, ids)
    mine = (Membership.segment == segment, Membership.left_at.is_(None), Membership.customer_id.in_(ids))
    rows = work.session.execute(select(Membership.id, Membership.customer_id).where(*mine)).all()
    work.session.execute(update(Membership).where(*mine).values(left_at=work.now, left_cause=cause))
    return [Move(segment, one, refs[one], False, row_id) for row_id, one in sorted(map(tuple, rows))]


def _open_ids(work: Work, segment: str) -> list[int]:
    mine = (Membership.segment == segment, Membership.left_at.is_(None))
    return sorted(work.session.scalars(select(Membership.customer_id).where(*mine)))


def _refs(work: Work, ids: list[int]) -> dict[int, str]:
    refs: dict[int, str] = {}
    for batch in batches(ids):
        rows = work.session.execute(select(Customer.id, Customer.ref).where(Customer.id.in_(batch)))
        refs |= {customer_id: ref for customer_id, ref in rows}
    return refs

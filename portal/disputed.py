"""What waits for a person's word at one connection: fields that both sides changed, and customers who may be one; masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from hub.core import Hub, Partner
from hub.errors import Unreadable
from hub.flow import conflicts, outward
from hub.flow.effects import Subject, load_subjects, open_keys
from hub.models import Conflict, Customer, Duplicate
from hub.targets import SYNCED
from hub.work import Work
from portal.masks import shown

SHOWN = 50  # of one page


@dataclass(frozen=True)
class Dispute:
    """base, ours, theirs: masked where the field is personal and was not asked for open; None where nobody can read them any
    more. ours_at, theirs_at: when each side came to say so, if anybody knows."""

    id: int
    kind: str
    field: str
    customer: str
    made_at: datetime
    ours_at: datetime | None
    theirs_at: datetime | None
    base: str | None
    ours: str | None
    theirs: str | None


@dataclass(frozen=True)
class Likeness:
    """Two customers, by their refs, and why they may be one: email, phone or merged_there."""

    id: int
    customer: str
    other: str
    why: str
    found_at: datetime


def disputes(hub: Hub, partner: Partner, after: int | None, opened: int = 0, reader: str = "") -> list[Dispute]:
    """Of a page one more than is shown, which says that there are more; three statements, however many. after: the last one of the
    page before. opened: the one whose values the reader asked to see; that is written down before."""
    with hub.begin() as work:
        if opened:
            work.audit(reader, "conflict_opened", "conflict", opened)
        rows = [row for row, _ in conflicts.waiting_after(work.session, partner, after, SHOWN + 1)]
        subjects = load_subjects(work, {row.customer_id for row in rows})
        open_keys(work, subjects.values())
        plain = _plain(hub, partner)
        return [
            _dispute(work, row, subjects[row.customer_id], row.id == opened or (row.kind, row.field) in plain)
            for row in rows
        ]


def _plain(hub: Hub, partner: Partner) -> set[tuple[str, str]]:
    """(kind, their field) of values that are nobody's in particular; all others are masked."""
    mapping = outward.map_of(hub, partner)
    return {
        (rule.kind, one.theirs)
        for rule in (mapping.objects if mapping else ())
        for one in rule.fields
        if not SYNCED[rule.ours][one.ours].personal
    }


def _dispute(work: Work, row: Conflict, subject: Subject, plain: bool) -> Dispute:
    try:
        words = conflicts.told(work, row, subject.data_key_id)
    except Unreadable:
        words = {}
    base, ours, theirs = (
        shown(words[side] or "", plain) if side in words else None for side in ("base", "ours", "theirs")
    )
    return Dispute(
        row.id, row.kind, row.field, subject.customer_ref, row.made_at, row.ours_at, row.theirs_at, base, ours, theirs
    )


def likenesses(hub: Hub, partner: Partner, after: int | None) -> Sequence[Likeness]:
    """The same of the pairs, the oldest first."""
    other = aliased(Customer)
    rows = (
        select(Duplicate.id, Customer.ref, other.ref, Duplicate.why, Duplicate.found_at)
        .join(Customer, Customer.id == Duplicate.customer_id)
        .join(other, other.id == Duplicate.other_id)
        .where(Duplicate.state == "open", Duplicate.connection_id == partner.id, Duplicate.id > (after or 0))
    )
    with hub.look() as session:
        return [Likeness(*row) for row in session.execute(rows.order_by(Duplicate.id).limit(SHOWN + 1))]

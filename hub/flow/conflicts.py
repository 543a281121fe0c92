"""Conflicts are written down, whoever wins: what was there, what each side said, which rule decided; some wait for a person."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from hub.core import Partner
from hub.errors import NotFound
from hub.flow.agreements import Agreed
from hub.flow.effects import Subject
from hub.models import Conflict, Customer
from hub.work import Work
from rules.merging import Merged, Side
from rules.syncmap import FieldRule


def note(
    work: Work, partner: Partner, agreed: Agreed, subject: Subject, rule: FieldRule, base: str | None,
    ours: Side, theirs: Side, merged: Merged,
) -> None:  # fmt: skip
    """An open one of the same field is told anew instead of twice."""
    words = json.dumps({"base": base, "ours": ours.value, "theirs": theirs.value, "result": merged.value}).encode()
    row = _open(work, partner, agreed.customer_id, agreed.kind, rule.theirs)
    if row is None:
        row = Conflict(id=work.ids.next(), connection_id=partner.id, kind=agreed.kind, field=rule.theirs, made_at=work.now,
                       customer_id=agreed.customer_id, person_id=agreed.person_id)  # fmt: skip
    row.rule = rule.owner if rule.direction == "both" else f"direction {rule.direction}"
    row.won, row.ours_at, row.theirs_at = merged.winner, ours.at, theirs.at
    row.sealed = work.vault.seal(work.key(subject.data_key_id), words, _context(row))
    if merged.winner != "open":
        row.settled_at, row.settled_by = work.now, "rule"
    work.add(row)
    agreed.word(rule.theirs).held = merged.winner == "open"


def close(work: Work, partner: Partner, agreed: Agreed, name: str, won: str, actor: str) -> None:
    """A conflict that waited is over: a person chose, or both sides came to say the same."""
    row = _open(work, partner, agreed.customer_id, agreed.kind, name)
    if row is not None:
        row.won, row.settled_at, row.settled_by = won, work.now, actor
    agreed.word(name).held = False


def waiting(work: Work, conflict_id: int) -> Conflict:
    """As it stands now, whatever was read of it before. Raises NotFound."""
    row = work.session.get(Conflict, conflict_id, populate_existing=True)
    if row is None or row.won != "open":
        raise NotFound(f"No conflict {conflict_id} waits for a word.", "See: hub sync conflicts CONNECTION")
    return row


def told(work: Work, row: Conflict, data_key_id: int | None) -> dict[str, Any]:
    """base, ours, theirs, result: personal values, for whoever is allowed to decide. Raises Unreadable."""
    found: dict[str, Any] = json.loads(work.vault.unseal(work.key(data_key_id), row.sealed, _context(row)))
    return found


def counts(session: Any, partner: Partner) -> dict[str, int]:
    rows = session.execute(
        select(Conflict.won, func.count()).where(Conflict.connection_id == partner.id).group_by(Conflict.won)
    )
    return {won: count for won, count in rows}


def latest(session: Any, partner: Partner, only_open: bool, most: int = 100) -> Sequence[Conflict]:
    rows = select(Conflict).where(Conflict.connection_id == partner.id)
    if only_open:
        rows = rows.where(Conflict.won == "open")
    found: Sequence[Conflict] = session.scalars(rows.order_by(Conflict.id.desc()).limit(most)).all()
    return found


def waiting_after(session: Any, partner: Partner, place: int | None, most: int) -> Sequence[tuple[Conflict, str]]:
    """Those that wait, the latest first, with the customer's ref. place: the number of the last one of the page before."""
    rows = select(Conflict, Customer.ref).join(Customer, Customer.id == Conflict.customer_id)
    rows = rows.where(Conflict.connection_id == partner.id, Conflict.won == "open")
    rows = rows.where(Conflict.id < place) if place is not None else rows
    return [(row, ref) for row, ref in session.execute(rows.order_by(Conflict.id.desc()).limit(most))]


def _open(work: Work, partner: Partner, customer_id: int, kind: str, name: str) -> Conflict | None:
    row: Conflict | None = work.session.scalar(
        select(Conflict).where(
            Conflict.connection_id == partner.id,
            Conflict.customer_id == customer_id,
            Conflict.kind == kind,
            Conflict.field == name,
            Conflict.won == "open",
        )
    )
    return row


def _context(row: Conflict) -> str:
    return f"conflict:{row.id}"


def newer(one: datetime | None, other: datetime | None) -> bool:
    """Is `one` later than `other`, as far as both are known?"""
    return one is not None and other is not None and one > other

"""The one gate every delete goes through; it asks the legal holds, and the statement guard lets no other delete pass."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from hub.errors import Denied
from hub.models import Base, LegalHold

PASS = "gate_passed"  # noqa: S105 - an execution option, no password


def erase_rows(
    session: Session,
    model: type[Base],
    where: ColumnElement[bool],
    *,
    record_set: str,
    persons: Sequence[int],
    now: datetime,
    bound_to: Collection[str] = (),
) -> int:
    """Delete rows of one record set that concern these persons; answers how many. Raises Denied under a hold.

    bound_to: record sets that these rows hang below, or that hang below them: a hold on one of those holds these, too."""
    held = holds_on(session, record_set, persons, now, bound_to)
    if held:
        raise Denied(f"{len(held)} legal hold(s) protect {record_set}.", "Release them first: hub holds list")
    outcome: Any = session.execute(
        delete(model).where(where), execution_options={PASS: True, "synchronize_session": False}
    )
    return int(outcome.rowcount)


def binding(now: datetime) -> ColumnElement[bool]:
    """Holds that are in force."""
    return LegalHold.released_at.is_(None) & or_(LegalHold.ends_at.is_(None), LegalHold.ends_at > now)


def holds_on(
    session: Session, record_set: str, persons: Sequence[int], now: datetime, bound_to: Collection[str] = ()
) -> list[LegalHold]:
    """Holds in force on any of these persons; record set `*` holds everything."""
    if not persons:
        return []
    matches = LegalHold.record_set.in_([record_set, "*", *bound_to])
    return list(session.scalars(select(LegalHold).where(LegalHold.person_id.in_(list(persons)), matches, binding(now))))

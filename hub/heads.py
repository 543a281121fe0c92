"""How many customers there are, and how many are in each segment: what takes the longer to count the more there are.

A small chain's are counted at each look. Once that takes long they are counted ahead, and looks read the last count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, func, literal, select, union_all
from sqlalchemy.orm import Session

from hub.models import Membership, Profile, ReturnReport, SegmentVersion
from hub.models.campaigns import used

SPAN = "people"  # its rows among the reports
QUICK = 0.05  # seconds; what takes no longer is counted at each look
SHARE = 60  # at most one part in so many of the time is spent on counting ahead
SOONEST = timedelta(minutes=1)
MISSED = 3  # counts that were due and did not come: then nobody counts ahead, and a look counts for itself


@dataclass(frozen=True)
class Heads:
    """memberships: by segment, of people whose data may be used. filled: segments that were ever filled. counted_at: None for now."""

    customers: int
    memberships: Mapping[str, int]
    filled: Sequence[str]
    counted_at: datetime | None = None


def rests(took: float) -> timedelta:
    """For how long a count stands that took so many seconds."""
    return max(SOONEST, timedelta(seconds=SHARE * took))


def count(session: Session) -> Heads:
    """All of it, in one statement."""
    everybody: Any = select(literal(""), func.count()).select_from(Profile)
    inside: Any = select(Membership.segment, func.count()).where(used()).group_by(Membership.segment)
    filled: Any = select(SegmentVersion.segment, literal(None, Integer)).where(SegmentVersion.refreshed_on.is_not(None))
    rows = session.execute(union_all(everybody, inside, filled)).all()
    found = {name: number for name, number in rows if number is not None}
    return Heads(found.pop(""), found, sorted({name for name, number in rows if number is None}))


def ahead() -> list[Any]:
    """What `heads` has to know of the last count ahead, to be asked along with something else: took, counted_at, document."""
    mine = (ReturnReport.span == SPAN, ReturnReport.branch == "")
    columns = (ReturnReport.took, ReturnReport.counted_at, ReturnReport.document)
    return [select(column).where(*mine).scalar_subquery() for column in columns]


def heads(
    session: Session, now: datetime, took: float | None, counted_at: datetime, document: Mapping[str, Any]
) -> Heads:
    """As counted ahead, where counting takes long and somebody does; else counted now."""
    if took is None or took <= QUICK or now - counted_at > MISSED * rests(took):
        return count(session)
    return Heads(**document, counted_at=counted_at)

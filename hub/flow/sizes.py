"""How many are in each segment, how that came over the last weeks, and who is in two at once: one document, counted ahead."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from hub.core import Hub
from hub.models import Membership, SegmentVersion

WEEKS = 13  # up to now; so a quarter of a year is seen
WEEK = timedelta(weeks=1)


def sizes(hub: Hub) -> dict[str, Any]:
    """segment -> members, weeks: [moment, how many were in it then], overlaps: other -> members of both."""
    points = [hub.clock() - WEEK * (WEEKS - n) for n in range(WEEKS + 1)]
    with hub.look() as session:
        over = _over(session, points)
        overlaps = _overlaps(session)
        rows = select(SegmentVersion.segment, SegmentVersion.applied_at).where(SegmentVersion.ended_at.is_(None))
        since = {name: at for name, at in session.execute(rows)}
    moments = [at.isoformat() for at in points]
    nobody = [0] * len(points)
    return {
        name: {
            "members": over.get(name, nobody)[-1],
            "since": at.isoformat(),
            "weeks": [list(pair) for pair in zip(moments, over.get(name, nobody), strict=True)],
            "overlaps": dict(sorted(overlaps[name].items())),
        }
        for name, at in sorted(since.items())
    }


def _over(session: Session, points: list[Any]) -> dict[str, list[int]]:
    inside = [
        (Membership.entered_at <= at) & (Membership.left_at.is_(None) | (Membership.left_at > at)) for at in points
    ]
    counts = [func.count().filter(one) for one in inside]
    rows = session.execute(select(Membership.segment, *counts).group_by(Membership.segment))
    return {name: list(found) for name, *found in rows}


def _overlaps(session: Session) -> dict[str, dict[str, int]]:
    one, other = aliased(Membership), aliased(Membership)
    both = (one.customer_id == other.customer_id, one.left_at.is_(None), other.left_at.is_(None))
    rows = (
        select(one.segment, other.segment, func.count())
        .join(other, one.customer_id == other.customer_id)
        .where(*both, one.segment != other.segment)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for mine, theirs, count in session.execute(rows.group_by(one.segment, other.segment)):
        found[mine][theirs] = count
    return found

"""Returns counted ahead: whoever looks at them reads one row, however many customers there are.

A walk through everybody is taken when the last one is old, measured by its own length: at most one part in 60 of the
time is spent on counting. A small garage sees a minute back, one of a million customers some hours."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from hub import heads
from hub.core import Hub
from hub.errors import ConfigError, NotFound
from hub.flow import bandits, guarding, roi
from hub.flow.roi import WHOLE
from hub.flow.sizes import sizes
from hub.flow.standings import standings
from hub.models import Here, ReturnReport
from rules.calendar import local_day

SPANS: Mapping[str, int] = {"30d": 30, "90d": 90, "365d": 365}  # days; the last one is what is shown unasked
USUAL = "365d"
LEARNED = "90d"  # what splits that follow success go by: long enough to tell, short enough to turn
JOURNEYS = "journeys"  # no span: how far people came on each journey, for the whole region
SEGMENTS = "segments"  # no span: how many are in each, and were
PEOPLE = heads.SPAN  # no span: how many there are, for whoever looks every few seconds
COUNTED = (*SPANS, JOURNEYS, SEGMENTS, PEOPLE)


@dataclass(frozen=True)
class Report:
    """document: as roi tells it. mark: changes when it does. branches: for which there are reports of this span."""

    span: str
    branch: str
    since: date
    until: date
    counted_at: datetime
    mark: str
    document: Mapping[str, Any]
    branches: tuple[str, ...]


def latest(hub: Hub, span: str = USUAL, branch: str = WHOLE) -> Report | None:
    """None while nobody has counted yet. Raises NotFound for a span or a branch that nothing is counted for."""
    if span not in COUNTED:
        raise NotFound(f"Nothing is counted for “{span}”.", f"Spans: {', '.join(SPANS)}.")
    mine = select(ReturnReport).where(ReturnReport.span == span, ReturnReport.branch == branch)
    with hub.look() as session:
        row = session.scalars(mine).first()
        names = select(ReturnReport.branch).where(ReturnReport.span == span, ReturnReport.branch != WHOLE)
        branches = tuple(session.scalars(names.order_by(ReturnReport.branch)))
    if row is None and branch != WHOLE:
        raise NotFound("There is no report of this branch.", f"Branches: {', '.join(branches) or 'none yet'}.")
    return Report(span, branch, row.since, row.until, row.counted_at, row.mark, row.document, branches) if row else None


def count_due(hub: Hub) -> bool:
    """Counts the span whose last count is oldest by its own measure; answers whether there was one."""
    span = due(hub)
    if span is None:
        return False
    try:
        count(hub, span)
    except ConfigError:  # nobody brings the statistics: there is nothing to count with
        return False
    return True


def due(hub: Hub) -> str | None:
    """None while all are fresh, or the history of a region that was just opened is still on its way in."""
    now = hub.clock()
    with hub.look() as session:
        if now - session.scalars(select(Here.opened_at)).one() < heads.SOONEST:
            return None
        columns = (ReturnReport.span, func.min(ReturnReport.counted_at), func.max(ReturnReport.took))
        known = {span: (at, took) for span, at, took in session.execute(select(*columns).group_by(ReturnReport.span))}
    late = {span: _lateness(now, *known[span]) if span in known else now.timestamp() for span in COUNTED}
    span = max(late, key=lambda one: late[one])
    return span if late[span] > 0 else None


def _lateness(now: datetime, counted_at: datetime, took: float) -> float:
    """Seconds past the moment at which it should have been counted anew."""
    return (now - counted_at - heads.rests(took)).total_seconds()


def count(hub: Hub, span: str) -> None:
    """One walk, and a row for each branch that has, or had, something to tell. Raises ConfigError."""
    began, until = time.monotonic(), local_day(hub.clock(), hub.here.zone)
    since, mine = until - timedelta(days=SPANS.get(span, 1) - 1), select(ReturnReport).where(ReturnReport.span == span)
    with hub.look() as session:
        standing = {row.branch: row.document for row in session.scalars(mine)}
    now_only = {JOURNEYS: standings, SEGMENTS: sizes, PEOPLE: _people}
    found = {WHOLE: now_only[span](hub)} if span in now_only else roi.reports(hub, since, until, list(standing))
    took = time.monotonic() - began
    with hub.begin() as work:
        rows = {row.branch: row for row in work.session.scalars(mine.with_for_update())}
        for branch, document in found.items():
            row = rows.get(branch) or work.add(ReturnReport(span=span, branch=branch))
            row.since, row.until, row.counted_at, row.took = since, until, work.now, took
            row.document, row.mark = document, _mark(document)
    if span == LEARNED:
        bandits.weigh(hub, found[WHOLE])
    if span == USUAL:
        guarding.heed(hub, found[WHOLE], standing.get(WHOLE, {}))


def _people(hub: Hub) -> dict[str, Any]:
    with hub.look() as session:
        found = heads.count(session)
    return {"customers": found.customers, "memberships": dict(found.memberships), "filled": list(found.filled)}


def _mark(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

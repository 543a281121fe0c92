"""Trainings and scorings as jobs: queued by the clock, taken by one process at a time, with progress, taken up again after a kill."""

import logging
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from hub.core import Hub
from hub.errors import HubError
from hub.flow import scores
from hub.models import Here, ScorerRun
from hub.work import Work
from rules.calendar import local_day

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # longer than any step of a training
WEEK = timedelta(days=7)
SEED = 0


def queue(work: Work, scorer: str, verb: str, as_of: date) -> ScorerRun:
    return work.add(ScorerRun(scorer=scorer, verb=verb, as_of=as_of, state="waiting", made_at=work.now))


def queue_due(hub: Hub) -> int:
    """Once a local day: yesterday is scored, and a model that is a week old gets a challenger; answers how many were queued.

    A region that was opened today has no yesterday: its history may still be on its way in."""
    as_of = local_day(hub.clock(), hub.here.zone) - timedelta(days=1)
    names = scores.scorers_of(hub)
    if not names:
        return 0
    with hub.begin() as work:
        if local_day(work.session.scalars(select(Here.opened_at)).one(), hub.here.zone) > as_of:
            return 0
        rows = select(ScorerRun.scorer, ScorerRun.verb, ScorerRun.as_of).where(ScorerRun.as_of > as_of - WEEK)
        known = {(scorer, verb): day for scorer, verb, day in work.session.execute(rows.order_by(ScorerRun.as_of))}
        wanted = [(name, "train") for name in names if (name, "train") not in known]
        wanted += [(name, "score") for name in names if known.get((name, "score"), date.min) < as_of]
        for name, verb in wanted:
            queue(work, name, verb, as_of)
    return len(wanted)


def work_off(hub: Hub, holder: str) -> bool:
    """The next run that nobody works on; answers whether there was one."""
    with hub.begin() as work:
        lost = (ScorerRun.state == "running") & or_(ScorerRun.until.is_(None), ScorerRun.until < work.now)
        row = work.session.scalars(
            select(ScorerRun).where((ScorerRun.state == "waiting") | lost).order_by(ScorerRun.id).limit(1)
            .with_for_update(skip_locked=True)
        ).first()  # fmt: skip
        if row is None:
            return False
        _take(work, row, holder)
    _do(hub, row.id, row.scorer, row.verb, row.as_of)
    return True


def begin(hub: Hub, scorer: str, verb: str, as_of: date, holder: str) -> int:
    """A run of one's own: for whoever does it at once, in front of somebody who waits."""
    with hub.begin() as work:
        row = queue(work, scorer, verb, as_of)
        _take(work, row, holder)
        work.session.flush()
        return row.id


def tell(hub: Hub, run_id: int, step: int, steps: int) -> None:
    with hub.begin() as work:
        row = work.session.get_one(ScorerRun, run_id)
        row.step, row.steps, row.until = step, steps, work.now + LEASE


def settle(hub: Hub, run_id: int, state: str, reason: str = "", **found: Any) -> None:
    with hub.begin() as work:
        row = work.session.get_one(ScorerRun, run_id)
        row.state, row.reason, row.settled_at, row.until = state, reason[:400], work.now, None
        for name, value in found.items():
            setattr(row, name, value)


def _take(work: Work, row: ScorerRun, holder: str) -> None:
    row.state, row.holder, row.until = "running", holder, work.now + LEASE


def _do(hub: Hub, run_id: int, scorer: str, verb: str, as_of: date) -> None:
    def progress(step: int, steps: int) -> None:
        tell(hub, run_id, step, steps)

    try:
        if verb == "train":
            learned = scores.train(hub, scorer, as_of, SEED, progress, "clock")
            settle(hub, run_id, "done", learned.said, model=learned.version)
        else:
            done = scores.score(hub, scorer, as_of, progress)
            settle(hub, run_id, "done", model=done.version, rows=done.rows)
    except HubError as error:
        settle(hub, run_id, "refused", str(error))
    except Exception as error:  # noqa: BLE001 - a scorer is anybody's code: it must not end the process that runs the others
        log.error("run failed", extra={"scorer": scorer, "reason": type(error).__name__})  # noqa: TRY400 - a trace may carry values
        settle(hub, run_id, "refused", f"our own code failed: {type(error).__name__}")

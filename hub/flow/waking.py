"""Time takes people on: those whose wait is over, many to a transaction, and everybody whom a schedule lets in."""

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hub.core import Hub
from hub.errors import PartDown
from hub.flow import alongside, journeys, seen
from hub.flow.batches import batches
from hub.flow.enrollments import ENROLLMENT
from hub.flow.identity import lock_customers
from hub.flow.in_force import Version
from hub.flow.looks import Look
from hub.models import JourneyVersion
from hub.work import Work
from rules.journeys.documents import JourneyRule
from rules.journeys.entering import due_next
from rules.sql import select_members

log = logging.getLogger(__name__)
AT_ONCE = 500  # due enrollments to a transaction
ROUNDS = 40  # of them to a tick, so that the clock has its hands free again


def tick(hub: Hub) -> int:
    """Those whose time has come, many to a transaction; one that fails is run again alone. Answers how many were looked at."""
    count = _schedules(hub)
    for _ in range(ROUNDS):
        with hub.look() as session:
            due = select(ENROLLMENT.c.id, ENROLLMENT.c.customer_id).where(ENROLLMENT.c.wake_at <= hub.clock())
            rows = session.execute(due.order_by(ENROLLMENT.c.wake_at).limit(AT_ONCE)).all()
        if not rows:
            break
        _wake(hub, [(row[0], row[1]) for row in rows])
        count += len(rows)
        if len(rows) < AT_ONCE:
            break
    return count


def _wake(hub: Hub, due: Sequence[tuple[int, int]]) -> None:
    try:
        with hub.begin() as work:
            lock_customers(work, sorted({customer_id for _, customer_id in due}))
            alongside.heed(hub, work, journeys.advance(hub, work, {customer_id for _, customer_id in due}))
            _rest(work, [enrollment_id for enrollment_id, _ in due])
    except PartDown:
        raise
    except SQLAlchemyError as error:
        if len(due) > 1:
            for one in due:
                _wake(hub, [one])
            return
        log.exception("enrollment failed")
        with hub.begin() as work:
            _park(work, due[0][0], type(error).__name__)


def _rest(work: Work, ids: Sequence[int]) -> None:
    """One that was due and that nothing moved (its customer was erased, its journey cannot be read) is put aside."""
    for batch in batches(ids):
        still = (ENROLLMENT.c.id.in_(batch), ENROLLMENT.c.wake_at < work.now)
        work.session.execute(
            ENROLLMENT.update().where(*still).values(state="parked", wake_at=None, reason="nothing moved it")
        )


def _park(work: Work, enrollment_id: int, reason: str) -> None:
    mine = ENROLLMENT.c.id == enrollment_id
    work.session.execute(ENROLLMENT.update().where(mine).values(state="parked", wake_at=None, reason=reason))


def _schedules(hub: Hub) -> int:
    """Journeys whose day of the week, month or year has come: everybody whom the condition holds for."""
    with hub.begin() as work:
        rows = work.session.scalars(select(JourneyVersion).where(JourneyVersion.due_at <= work.now)).all()
        wanted = []
        for row in rows:
            rule = hub.book.journey(row.text)
            row.due_at = due_next(rule, work.now)
            if row.ended_at is None and rule.entry.when is not None:
                wanted.append(Version(row.id, rule))
        found = [(one, sorted(_members(work, one.rule))) for one in wanted]
        for version, ids in found:
            lock_customers(work, ids)
            for batch in batches(ids):
                alongside.heed(hub, work, Look(hub, work, [version], batch).let_in_all("schedule"))
    return sum(len(ids) for _, ids in found)


def _members(work: Work, rule: JourneyRule) -> Iterable[int]:
    when = rule.entry.when
    return [] if when is None else work.session.scalars(select_members(when, seen.TABLES, work.now, rule.zone))

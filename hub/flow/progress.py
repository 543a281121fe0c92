"""How far people came on a journey, in numbers: who is where, which way they went, and how it ended; one count, no names."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.flow.enrollments import ENROLLMENT
from hub.models import StepLog, table
from rules.journeys.documents import JourneyRule
from rules.journeys.picture import Counts, counts_of

STEP = table(StepLog)


def progress(session: Session, rule: JourneyRule) -> Counts:
    """Of all versions together: a step keeps its id from one to the next."""
    mine = ENROLLMENT.c.journey == rule.name
    columns = (ENROLLMENT.c.state, ENROLLMENT.c.node, ENROLLMENT.c.reason)
    here, states, ended = Counter[str](), Counter[str](), Counter[str]()
    came_in = func.count(ENROLLMENT.c.entered_at)
    rows = session.execute(select(*columns, func.count(), came_in).where(mine).group_by(*columns)).all()
    for state, node, reason, count, came in rows:
        states[state] += count
        if state == "waiting" and node is not None:
            here[node] += count
        elif state in ("done", "exited") and came:  # one that was only expected never came in, so it left nothing
            ended[reason] += came
    log = select(STEP.c.node, STEP.c.outcome, func.count()).join(ENROLLMENT, ENROLLMENT.c.id == STEP.c.enrollment_id)
    steps = session.execute(log.where(mine).group_by(STEP.c.node, STEP.c.outcome)).all()
    return counts_of(
        rule,
        [(node, outcome, count) for node, outcome, count in steps],
        here=dict(here),
        entered=sum(row[4] for row in rows) - states["held"],
        expected=states["expected"] + states["queued"],
        held=states["held"],
        ended=dict(ended),
    )

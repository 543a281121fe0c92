"""What went in the past weeks, as each transaction of a run wrote it down, judged once more by other periods."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.keeping import Keeping
from hub.core import Hub
from hub.models import AuditEntry
from hub.work import Work
from rules.calendar import local_day

ABOUT = "retention"
DEED, BATCH = "retention_run", "retention_batch"  # a run that came to its end, and each of its transactions


class Went(Counter[tuple[str, str, str, int]]):
    """(record set, class of retention, law of whose they were, days since they had ended) -> rows."""

    def written(self) -> list[list[Any]]:
        """As it stands in the audit log: counts of rows, and nothing that leads to one."""
        return [[*key, rows] for key, rows in sorted(self.items())]


@dataclass(frozen=True)
class Past:
    """since: where the look back begins. went: rows by record set; kept: those of them that would still be there by the other periods.
    untold: rows of runs that did not write down how old they were."""

    since: datetime
    went: Mapping[str, int]
    kept: Mapping[str, int]
    untold: int


def age(now: datetime, ended: date | datetime) -> int:
    """In whole days."""
    return (now - ended).days if isinstance(ended, datetime) else (now.date() - ended).days


def day(hub: Hub, now: datetime) -> int:
    """The day of a run as the audit log has it."""
    return local_day(now, hub.here.zone).toordinal()


def note(hub: Hub, record_set: str, retention: str, rows: Sequence[Any], actor: str, work: Work) -> None:
    """What this transaction lets go. rows: (id, person, since when its period ran, law)."""
    told = Went((record_set, retention, row[3] or "", age(work.now, row[2])) for row in rows)
    work.audit(actor, BATCH, ABOUT, day(hub, work.now), rows=len(rows), went=told.written())


def judged(session: Session, other: Keeping, now: datetime, days: int) -> Past:
    """The runs of the last `days`, also those that were killed. The index leads along the days of the runs, which are numbers there."""
    since = now - timedelta(days=days)
    lately = (AuditEntry.about_id >= since.toordinal() - 1, AuditEntry.at >= since)
    runs = select(AuditEntry).where(AuditEntry.about == ABOUT, AuditEntry.action.in_((DEED, BATCH)), *lately)
    went, kept, untold = Counter[str](), Counter[str](), 0
    for run in session.scalars(runs.order_by(AuditEntry.id)):
        told = run.detail.get("went")
        untold += run.detail["rows"] if told is None else 0
        for record_set, retention, law, aged, rows in told or ():
            went[record_set] += rows
            kept[record_set] += rows if retention in other.periods and not other.is_over(retention, law, aged) else 0
    return Past(since, went, kept, untold)

"""What went in the past weeks, as each run wrote it down, judged once more by other periods."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.keeping import Keeping
from hub.models import AuditEntry

ABOUT, DEED = "retention", "retention_run"


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


def judged(session: Session, other: Keeping, now: datetime, days: int) -> Past:
    """The runs of the last `days`. The index leads along the days of the runs, which are numbers there."""
    since = now - timedelta(days=days)
    runs = select(AuditEntry).where(
        AuditEntry.about == ABOUT, AuditEntry.about_id >= since.toordinal() - 1, AuditEntry.action == DEED, AuditEntry.at >= since
    )  # fmt: skip
    went, kept, untold = Counter[str](), Counter[str](), 0
    for run in session.scalars(runs.order_by(AuditEntry.id)):
        told = run.detail.get("went")
        untold += run.detail["rows"] if told is None else 0
        for record_set, retention, law, aged, rows in told or ():
            went[record_set] += rows
            kept[record_set] += rows if retention in other.periods and not other.is_over(retention, law, aged) else 0
    return Past(since, went, kept, untold)

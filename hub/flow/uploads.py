"""Uploads of many rows: kept as a job in parts, worked off part by part, each with its verdicts in one transaction."""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select

from hub.core import Hub
from hub.errors import PartDown, Unreadable
from hub.flow import belongings, endpoints
from hub.flow.fleets import Folded, Verdict, fold_statements, yard
from hub.flow.statements import Statement
from hub.gate import erase_rows
from hub.models import DataKey, Fleet, Job, JobPart, new_ref
from hub.own import OWN
from hub.sdk import RowProblem
from hub.work import Work

PART = 5_000  # rows to a transaction
TRIES = 5
BROKEN = ("defect", "the row could not be taken in", "It is noted on our side; send the file again later.")
log = logging.getLogger(__name__)


@dataclass
class Part:
    """Rows that are read and not yet stored."""

    last_line: int = 0
    good: list[list[Any]] = field(default_factory=list)
    bad: list[Verdict] = field(default_factory=list)


def cut(found: Iterable[Statement | RowProblem]) -> list[Part]:
    """Reads to the end before anything is stored: what is wrong with a file as a whole leaves nothing behind."""
    parts = [Part()]
    for count, one in enumerate(found):
        if count and count % PART == 0:
            parts.append(Part())
        part = parts[-1]
        part.last_line = one.line
        if isinstance(one, Statement):
            part.good.append(one.to_row())
        else:
            part.bad.append([one.line, "rejected", one.column, one.reason, one.hint])
    return parts


def keep(work: Work, fleet: Fleet, principal_id: int, parts: list[Part]) -> Job:
    """The caller's transaction; the bell rings when it has been committed."""
    key = work.new_key("job")
    rows = sum(len(part.good) + len(part.bad) for part in parts)
    job = Job(ref=new_ref(), kind="assignments", principal_id=principal_id, fleet_id=fleet.id, state="waiting", rows=rows,
              counts={}, made_at=work.now, data_key_id=key.id)  # fmt: skip
    work.add(job)
    for number, part in enumerate(parts):
        part_id = work.ids.next()
        sealed = work.vault.seal(key, json.dumps(part.good, separators=(",", ":")).encode(), f"job_part:{part_id}")
        work.add(JobPart(id=part_id, job_id=job.id, number=number, last_line=part.last_line, state="waiting", payload=sealed,
                         verdicts={"rows": part.bad}))  # fmt: skip
    work.ring(OWN)
    return job


def work_off(hub: Hub) -> int:
    """The next part of the first fleet that nobody else works for; answers whether there was one. What fails is tried again
    by the sweep, and in the end its rows are rejected: one broken part never stands in the way for ever."""
    taken: list[int] = []
    try:
        with hub.begin() as work:
            row = _take(work)
            if row is None:
                return 0
            part, job, fleet = row
            taken.append(part.id)
            folded = fold_statements(work, yard(hub, work, fleet, job.id), _open(work, job, part))
            _settle(work, job, part, folded.verdicts)
            _follow(hub, work, folded)
            if job.state == "done":
                words = {"fleet": fleet.code, "job": job.ref, "rows": job.rows, "counts": job.counts}
                endpoints.tell(hub, work, job.principal_id, "upload.done", words, job.ref)
            return 1
    except PartDown:
        raise
    except Exception as error:  # noqa: BLE001 - whatever fails, the part is tried again and then given up
        log.error("upload part failed", extra={"reason": type(error).__name__})  # noqa: TRY400 - a trace may carry values
        for part_id in taken:
            _stumble(hub, part_id)
        return 0


def _follow(hub: Hub, work: Work, folded: Folded) -> None:
    """Partners who have these customers have their cars and fleets as well, and hear of what moved; also a fleet that a car left."""
    belongings.notice(hub, work, {one: {"vehicles"} for one in folded.customers})
    belongings.notice_by_id(hub, work, "fleet", folded.fleets)


def _take(work: Work) -> tuple[JobPart, Job, Fleet] | None:
    """The lock on the fleet's row keeps the parts of one fleet in order, whatever the number of workers."""
    waits = Fleet.id.in_(select(Job.fleet_id).where(Job.state == "waiting"))
    fleet = work.session.scalars(
        select(Fleet).where(waits).order_by(Fleet.id).limit(1).with_for_update(skip_locked=True)
    ).first()
    if fleet is None:
        return None
    mine = (Job.fleet_id == fleet.id, JobPart.state == "waiting")
    found = work.session.execute(
        select(JobPart, Job).join(Job, Job.id == JobPart.job_id).where(*mine).order_by(JobPart.id).limit(1)
    )
    row = found.first()
    return (row[0], row[1], fleet) if row else None


def _open(work: Work, job: Job, part: JobPart) -> list[Statement]:
    if part.payload is None:
        raise Unreadable("This part of an upload has no payload.")
    plain = work.vault.unseal(work.key(job.data_key_id), part.payload, f"job_part:{part.id}")
    return [Statement.from_row(row) for row in json.loads(plain)]


def _settle(work: Work, job: Job, part: JobPart, verdicts: list[Verdict]) -> None:
    rows = sorted([*part.verdicts["rows"], *verdicts], key=lambda row: row[0])
    part.state, part.payload, part.settled_at, part.verdicts = "done", None, work.now, {"rows": rows}
    counts = Counter(job.counts) + Counter(row[1] for row in rows)
    counts["warned"] += sum(row[1] != "rejected" and len(row) > 2 for row in rows)
    job.counts = {name: count for name, count in counts.items() if count}
    work.session.flush()
    left = select(func.count()).select_from(JobPart).where(JobPart.job_id == job.id, JobPart.state == "waiting")
    if not work.session.scalar(left):
        job.state, job.settled_at = "done", work.now
        key_id, job.data_key_id = job.data_key_id, None
        work.session.flush()
        erase_rows(work.session, DataKey, DataKey.id == key_id, record_set="traffic", persons=(), now=work.now)


def _stumble(hub: Hub, part_id: int) -> None:
    with hub.begin() as work:
        part = work.session.get_one(JobPart, part_id)
        part.attempts += 1
        if part.attempts >= TRIES and part.state == "waiting":
            job = work.session.get_one(Job, part.job_id)
            _settle(work, job, part, [[one.line, "rejected", *BROKEN] for one in _open(work, job, part)])


def overdue(work: Work) -> bool:
    """The sweep rings for parts that wait."""
    return work.session.scalar(select(Job.id).where(Job.state == "waiting").limit(1)) is not None


def report(session: Any, job: Job, after: int, limit: int, verdict: str | None) -> tuple[list[Verdict], int | None]:
    """Verdicts behind line `after`, and the line to go on from (None: no more). Parts that wait show their bad rows already."""
    found: list[Verdict] = []
    for row in _rows(session.scalars(_parts(job, after)), after):
        if verdict is None or row[1] == verdict:
            if len(found) == limit:
                return found, int(found[-1][0])
            found.append(row)
    return found, None


def _parts(job: Job, after: int) -> Select[JobPart]:
    return select(JobPart).where(JobPart.job_id == job.id, JobPart.last_line > after).order_by(JobPart.number)


def _rows(parts: Iterable[JobPart], after: int) -> Iterator[Verdict]:
    for part in parts:
        yield from (row for row in part.verdicts["rows"] if row[0] > after)

"""The operations of a day: what came in, went out and was given up hour by hour, who works, which partners rest, what is proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import BigInteger, cast, extract, func, select
from sqlalchemy.orm import Session

from hub.charts import SPARK, Spark, spark
from hub.core import Hub
from hub.flow import pending
from hub.models import Anchor, AuditEntry, Connection, Delivery, Lease, Message
from hub.status import incidents_of
from hub.web.webhooks import this_hub
from portal.connections import oldest_due, partners_of
from portal.desks import OPERATORS
from portal.guard import opens_to
from portal.pages import page, tongue
from portal.standing import GOAL

bp = Blueprint("operations_day", __name__, url_prefix="/desk/operations")
HOURS, HOUR = 24, 3600
STREAMS = ("in", "out", "dead")
BACKUP_STALE = timedelta(days=2)
SEAL_STALE = timedelta(hours=2)


@dataclass(frozen=True)
class Stream:
    """name: one of STREAMS. counts: by hour, the running one last."""

    name: str
    counts: Sequence[int]
    drawn: Spark

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Crew:
    """Workers and bells as Valkey knows them."""

    workers: int
    busy: int
    bells: int


@dataclass(frozen=True)
class Breaker:
    """A partner that is not simply well. state: resting, paused, parked, off, or failing (tried again at each message)."""

    name: str
    state: str
    failures: int
    until: datetime | None
    reason: str


@bp.get("/")
@opens_to(*OPERATORS)
def day() -> Response:
    hub = this_hub()
    now, partners = hub.clock(), partners_of(hub)
    ids = [one.id for one in partners]
    with hub.look() as session:
        lease = session.get(Lease, "clock")
        due = [at for _, _, at in session.execute(oldest_due(ids, now))] if ids else []
        found: dict[str, Any] = {
            "streams": _streams(session, now),
            "breakers": _breakers(session, now),
            "incidents": incidents_of(session, now),
            "sealed_at": session.scalar(select(Anchor.at).order_by(Anchor.position.desc()).limit(1)),
            "backed_up_at": _backed_up_at(session),
            "counts": pending.counts(session, ids),
        }
    return page(
        "operations_day.html", **found, crew=_crew(hub), clock=lease is not None and lease.until > now, now=now, spark=SPARK,
        hours=[_hour_of(now) - timedelta(hours=n) for n in reversed(range(HOURS))], lag=(now - min(due)).total_seconds() if due else 0.0,
        goal=GOAL, wanted=hub.here.workers, regions=list(hub.settings.regions.values()), partners=len(partners), capped=pending.CAPPED,
        seal_stale=SEAL_STALE, backup_stale=BACKUP_STALE,
    )  # fmt: skip


def _streams(session: Session, now: datetime) -> list[Stream]:
    """One look along the index of settled rows for each side."""
    first = _hour_of(now) - timedelta(hours=HOURS - 1)
    counts = {name: [0] * HOURS for name in STREAMS}
    for model in (Delivery, Message):
        hour = cast(extract("epoch", model.settled_at), BigInteger) // HOUR
        mine = (model.settled_at >= first, model.state.in_(("done", "sent", "dead")))
        rows: Any = session.execute(select(hour, model.state, func.count()).where(*mine).group_by(hour, model.state))
        for number, state, count in rows:
            place = int(number) - int(first.timestamp()) // HOUR
            name = "dead" if state == "dead" else "in" if model is Delivery else "out"
            counts[name][min(max(place, 0), HOURS - 1)] += count
    mirrored = tongue().direction == "rtl"
    return [Stream(name, counts[name], spark(counts[name], mirrored)) for name in STREAMS]


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _breakers(session: Session, now: datetime) -> list[Breaker]:
    rows = session.scalars(select(Connection).order_by(Connection.name))
    found = []
    for row in rows:
        resting = row.rest_until is not None and row.rest_until > now
        state = row.state if row.state != "active" else "resting" if resting else "failing" if row.failures else ""
        if state:
            found.append(Breaker(row.name, state, row.failures, row.rest_until if resting else None, row.reason))
    return found


def _backed_up_at(session: Session) -> datetime | None:
    mine = (AuditEntry.about == "region", AuditEntry.about_id.is_(None), AuditEntry.action == "backup_made")
    return session.scalar(select(AuditEntry.at).where(*mine).order_by(AuditEntry.id.desc()).limit(1))


def _crew(hub: Hub) -> Crew | None:
    """None when Valkey does not answer."""
    try:
        workers = Worker.all(queue=hub.bell.queue)
        return Crew(len(workers), sum(one.get_state() == "busy" for one in workers), hub.bell.queue.count)
    except RedisError:
        return None

"""Service levels and their timers: started and stopped by what the garage tells, warned of and broken at the moment it happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.flow import endpoints
from hub.flow.batches import batches
from hub.flow.levels import KINDS, MEASURES, calendars, current_levels
from hub.flow.stopwatch import Happening, Standing, replay
from hub.models import Assignment, Fleet, ServiceLevel, Timer, TimerEvent, TimerMark, Vehicle, Visit, new_ref
from hub.sdk import EventRecord, Record, VisitRecord
from hub.work import Work
from rules.calendar import local_day

AT_ONCE = 200  # timers to a tick


@dataclass(frozen=True)
class Told:
    """Something that happened to a vehicle in a visit. visit: keyed hash of it, the same for all that belongs to it."""

    kind: str
    vehicle_id: int
    visit: bytes
    at: datetime


# --- what the garage tells


def hear(hub: Hub, work: Work, partner: Partner, records: Sequence[Record], vehicles: Mapping[str, int]) -> None:
    """Visits as they stand after they were folded, and plain events (visit_opened, waits_for_customer ...) that name their
    visit. vehicles: the partner's id -> ours."""
    told = [*_of_visits(work, partner, [one for one in records if isinstance(one, VisitRecord)])]
    for record in records:
        if isinstance(record, EventRecord) and record.kind in KINDS and (record.vehicle_partner_id or "") in vehicles:
            visit = work.vault.fingerprint("visit", partner.name, str(record.attributes.get("visit", "")))
            told.append(Told(record.kind, vehicles[record.vehicle_partner_id or ""], visit, record.at))
    if told:
        note(hub, work, told)


def _of_visits(work: Work, partner: Partner, records: Sequence[VisitRecord]) -> list[Told]:
    hashes = [
        work.vault.fingerprint("visit", partner.name, record.key) for record in records if record.vehicle_partner_id
    ]
    if not hashes:
        return []
    work.session.flush()
    mine = (Visit.connection_id == partner.id, Visit.key_hash.in_(hashes), Visit.vehicle_id.is_not(None))
    columns = (Visit.vehicle_id, Visit.key_hash, Visit.status, Visit.opened_at, Visit.closed_at)
    told = []
    for vehicle_id, key_hash, status, opened_at, closed_at in work.session.execute(select(*columns).where(*mine)):
        told.append(Told("visit_opened", vehicle_id or 0, key_hash, opened_at))
        ends = opened_at if status == "cancelled" else closed_at  # one that never was took no time
        told.append(Told("visit_closed" if ends else "visit_reopened", vehicle_id or 0, key_hash, ends or opened_at))
    return told


def note(hub: Hub, work: Work, told: Sequence[Told]) -> None:
    """Each event at its own time, whenever it is told; a late one moves the marks, and may take a breach back."""
    moved: dict[int, Timer] = {}
    promised = _promised(work, {one.vehicle_id for one in told})
    for one in told:
        if one.vehicle_id not in promised:
            continue
        for timer in _timers_of(hub, work, one):
            kind = MEASURES[timer.measure][one.kind]
            if _is_told(work, timer, kind, one.at):
                work.add(TimerEvent(timer_id=timer.id, kind=kind, at=one.at, told_at=work.now))
                moved[timer.id] = timer
    work.session.flush()
    for timer in moved.values():
        turn(hub, work, timer)


def _promised(work: Work, vehicle_ids: set[int]) -> set[int]:
    """Those of them for which a fleet has, or had, a promise: most vehicles belong to nobody's contract."""
    with_contract = select(ServiceLevel.fleet_id).distinct()
    found: set[int] = set()
    for batch in batches(vehicle_ids):
        mine = (
            Assignment.vehicle_id.in_(batch),
            Assignment.superseded_at.is_(None),
            Assignment.fleet_id.in_(with_contract),
        )
        found |= set(work.session.scalars(select(Assignment.vehicle_id).where(*mine)))
    return found


def _timers_of(hub: Hub, work: Work, one: Told) -> list[Timer]:
    rows = list(work.session.scalars(select(Timer).where(Timer.visit_hash == one.visit).order_by(Timer.id)))
    timers = [row for row in rows if one.kind in MEASURES[row.measure]]
    starts = {measure for measure, kinds in MEASURES.items() if kinds.get(one.kind) == "start"} - {
        row.measure for row in timers
    }
    fleet = _fleet_at(work, one.vehicle_id, one.at, hub.here.zone) if starts else None
    for level in current_levels(work, fleet) if fleet else []:
        if level.measure in starts and level.recorded_at <= one.at:  # a contract is no promise about what was before it
            timer = Timer(ref=new_ref(), level_id=level.id, fleet_id=level.fleet_id, vehicle_id=one.vehicle_id, visit_hash=one.visit,
                          measure=level.measure, state="running", started_at=one.at, spent_seconds=0)  # fmt: skip
            timers.append(work.add(timer))
    work.session.flush()
    return timers


def _fleet_at(work: Work, vehicle_id: int, at: datetime, zone: str) -> Fleet | None:
    day = local_day(at, zone)
    holds = (
        Assignment.since <= day,
        or_(Assignment.until.is_(None), Assignment.until > day),
        Assignment.superseded_at.is_(None),
    )
    wanted = (
        select(Fleet)
        .join(Assignment, Assignment.fleet_id == Fleet.id)
        .where(Assignment.vehicle_id == vehicle_id, *holds)
    )
    return work.session.scalars(wanted).first()


def _is_told(work: Work, timer: Timer, kind: str, at: datetime) -> bool:
    """Is it news? What repeats the last word of its sort is none, and nothing is reopened that was not stopped."""
    same = ("stop", "reopen") if kind in {"stop", "reopen"} else (kind,)
    rows = (
        select(TimerEvent)
        .where(TimerEvent.timer_id == timer.id, TimerEvent.kind.in_(same))
        .order_by(TimerEvent.told_at, TimerEvent.id)
    )
    before = list(work.session.scalars(rows))
    if kind == "reopen":
        return bool(before) and before[-1].kind == "stop"
    if kind in {"start", "stop"}:
        return not before or (before[-1].kind, before[-1].at) != (kind, at)
    return all(one.at != at for one in before)


# --- time


def tick(hub: Hub) -> int:
    """Marks whose moment has come; answers how many timers were turned. `at` is the moment itself, not that of the look."""
    with hub.begin() as work:
        due = (
            select(Timer)
            .where(Timer.due_at <= work.now)
            .order_by(Timer.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        timers = list(work.session.scalars(due))
        for timer in timers:
            turn(hub, work, timer)
    return len(timers)


def turn(hub: Hub, work: Work, timer: Timer) -> Standing:
    """Compute the timer anew from its events, raise what it reached, and withdraw what it never did."""
    level = work.session.get_one(ServiceLevel, timer.level_id)
    rows = select(TimerEvent).where(TimerEvent.timer_id == timer.id).order_by(TimerEvent.told_at, TimerEvent.id)
    told = [Happening(row.kind, row.at) for row in work.session.scalars(rows)]
    calendar = calendars(hub).get(level.calendar)
    if calendar is None:  # it has left the configuration; the promise is kept by the clock on the wall
        calendar = calendars(hub)["always"]
    found = replay(told, calendar, timedelta(minutes=level.minutes), work.now)
    timer.state, timer.started_at, timer.stopped_at = found.state, found.started_at, found.stopped_at
    timer.spent_seconds, timer.due_at = int(found.spent.total_seconds()), found.due_at
    _mark(hub, work, timer, level, dict(found.marks))
    return found


def _mark(hub: Hub, work: Work, timer: Timer, level: ServiceLevel, reached: Mapping[int, datetime]) -> None:
    rows = list(work.session.scalars(select(TimerMark).where(TimerMark.timer_id == timer.id)))
    for row in rows:
        if row.withdrawn_at is None and reached.get(row.percent) != row.at:
            row.withdrawn_at = work.now
            _tell(hub, work, timer, level, row, "timer.withdrawn")
    known = {(row.percent, row.at): row for row in rows}
    for percent, at in reached.items():
        mark = known.get((percent, at))
        if mark is not None and mark.withdrawn_at is None:
            continue
        if mark is None:
            credit, currency = (level.credit_minor, level.currency) if percent == 100 else (None, None)
            mark = TimerMark(timer_id=timer.id, percent=percent, at=at, credit_minor=credit, currency=currency)
            work.add(mark)
        mark.raised_at, mark.withdrawn_at = work.now, None
        work.session.flush()
        _tell(hub, work, timer, level, mark, "timer.breached" if percent == 100 else "timer.warning")


def _tell(hub: Hub, work: Work, timer: Timer, level: ServiceLevel, mark: TimerMark, event: str) -> None:
    fleet = work.session.get_one(Fleet, timer.fleet_id)
    vehicle = work.session.get_one(Vehicle, timer.vehicle_id)
    words = {
        "fleet": fleet.code,
        "timer": timer.ref,
        "vehicle": vehicle.ref,
        "measure": timer.measure,
        "percent": mark.percent,
        "limit_minutes": level.minutes,
        "at": mark.at.isoformat(),
        "credit_minor": mark.credit_minor,
        "currency": mark.currency,
    }
    endpoints.tell(
        hub, work, fleet.principal_id, event, words, f"{mark.id}:{event}:{mark.withdrawn_at or mark.raised_at}"
    )


# --- reports


def digest(work: Work, fleet: Fleet, since: datetime, until: datetime) -> dict[str, Any]:
    """What was promised and kept within [since, until): stopped timers per measure, breaches, and credits per currency."""
    ended = (Timer.fleet_id == fleet.id, Timer.stopped_at >= since, Timer.stopped_at < until)
    stopped = Counter(work.session.scalars(select(Timer.measure).where(*ended)))
    marks = select(Timer.measure, TimerMark.credit_minor, TimerMark.currency).join(
        Timer, Timer.id == TimerMark.timer_id
    )
    broken = (TimerMark.percent == 100, TimerMark.withdrawn_at.is_(None), TimerMark.at >= since, TimerMark.at < until)
    breached: Counter[str] = Counter()
    credits: Counter[str] = Counter()
    for measure, credit, currency in work.session.execute(marks.where(Timer.fleet_id == fleet.id, *broken)):
        breached[measure] += 1
        if credit and currency:
            credits[currency] += credit
    return {"stopped": dict(stopped), "breached": dict(breached), "credits_minor": dict(credits)}

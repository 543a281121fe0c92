"""The one process that moves time in a region: it sweeps up what was left, turns the day for segments, and turns epochs."""

import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from hub.core import Hub
from hub.errors import PartDown
from hub.flow import (
    alongside,
    assigned,
    attendance,
    breaches,
    documents,
    inbox,
    outbox,
    plans,
    proposals,
    pulls,
    releases,
    runs,
    seals,
    segments,
    timers,
    uploads,
    waking,
    warranties,
)
from hub.gate import erase_rows
from hub.models import Challenge, Conversation, Enrollment, IdempotencyKey, JourneyVersion, Lease, SignInLink, Timer
from hub.own import OWN
from hub.pouring import count_anew, outgrown
from hub.regions import empty_log
from hub.snapshots import room
from hub.vault.rotation import destroy_ended, rotate, rotation_due
from hub.work import Work

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=10)
KEYS_KEPT = timedelta(hours=24)
FIGURES = 5.0  # seconds between two looks at what has outgrown the planner's figures
HEAP = 1.0  # seconds of what is due that may come at once
ANCHORS = "anchors.jsonl"
NIGHT = (1, 6)  # hours of the region's own zone
PROVED = timedelta(hours=20)  # so that each night has its turn, also when the clocks change


def holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(name: str) -> bool:
    """Was the holder a process of this machine that no longer lives? Then nobody has to wait for its lease to run out."""
    host, _, pid = name.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def elect(hub: Hub, name: str) -> bool:
    """Be the clock, or stay it: a lease in the database, so that there is one however many processes stand ready."""
    with hub.begin() as work:
        row = work.session.get(Lease, "clock", with_for_update=True)
        if row is None:
            work.add(Lease(name="clock", holder=name, until=work.now + LEASE, fence=1))
            return True
        if row.holder != name and row.until > work.now and not is_gone(row.holder):
            return False
        row.fence += row.holder != name
        row.holder, row.until = name, work.now + LEASE
        return True


def tick(hub: Hub) -> int:
    """One move of time; answers how many connections were woken."""
    partners = {partner.id: partner for partner in hub.partners.values()}
    with hub.begin() as work:
        outbox.expire(work, partners)
        due = overdue(hub, work)
    hub.bell.ring_anew(due)
    turn_segments(hub)
    keep_time(hub)
    seal_audit(hub, seals.SOON)
    return len(due)


def overdue(hub: Hub, work: Work) -> list[str]:
    """Connections for which something is due, whoever rang; by name."""
    names = {partner.id: partner.name for partner in hub.partners.values()}
    waiting = inbox.overdue(work) | outbox.overdue(work.session, work.now)
    ringing = {names[one] for one in waiting if one in names} | pulls.due(hub, work)
    own = (
        uploads.overdue(work) or releases.overdue(work, releases.scanner_of(hub) is not None) or proposals.overdue(work)
    )
    return sorted(ringing | ({OWN} if own else set()))


def keep_time(hub: Hub) -> int:
    """All that has a moment of its own: service levels, promised answers, journeys. Answers how many people journeys moved."""
    timers.tick(hub)
    attendance.tick(hub)
    return waking.tick(hub)


def next_moment(hub: Hub) -> datetime | None:
    """The earliest of those moments, past ones included. What is made meanwhile lies a minute ahead at the least, so that a look
    at each sweep misses none."""
    dated = (Timer.due_at, Conversation.due_at, Enrollment.wake_at, JourneyVersion.due_at)
    with hub.look() as session:
        found = [session.scalar(select(func.min(column))) for column in dated]
    return min((moment for moment in found if moment is not None), default=None)


def rest(hub: Hub, stopping: Callable[[], bool], seconds: float) -> None:
    """Until the next sweep, awake at each moment that comes before it: so a timer is as late as the work on it takes. One that
    stays due whatever is done about it waits for the sweep."""
    end, before = time.monotonic() + seconds, None
    while (left := end - time.monotonic()) > 0 and not stopping():
        moment = next_moment(hub)
        ahead = (moment - hub.clock()).total_seconds() if moment is not None else left
        if ahead >= left or moment == before:
            time.sleep(left)
            return
        time.sleep(max(ahead, 0.0))
        before = None if keep_time(hub) else moment


def between(hub: Hub, stopping: Callable[[], bool], seconds: float) -> None:
    """From one sweep to the next, ringing each second for what is to be told: thousands that failed together come again spread
    out, and would else come in heaps of a sweep."""
    parts = max(1, round(seconds / HEAP))
    for part in range(parts):
        rest(hub, stopping, seconds / parts)
        if part < parts - 1 and not stopping():
            names = {partner.id: partner.name for partner in hub.partners.values()}
            with hub.look() as session:
                waiting = outbox.overdue(session, hub.clock())
            hub.bell.ring(sorted(names[one] for one in waiting if one in names))


def turn_segments(hub: Hub) -> int:
    """Refresh segments that are new, or whose windows moved with the local day; each in a transaction of its own."""
    rules = hub.book.current().segments
    with hub.begin() as work:
        waiting = segments.due(work, rules.values())
        gone = segments.retire(work, list(rules))
        alongside.follow(hub, work, gone)
    for rule, cause in waiting:
        with hub.begin() as work:
            moves = segments.refresh(hub, work, rule, cause)
            alongside.follow(hub, work, moves)
        log.info("segment refreshed", extra={"segment": rule.name, "cause": cause, "moves": len(moves)})
    return len(waiting)


def prove_segments(hub: Hub) -> int:
    """At night each segment is computed anew by SQL and compared, one at a call, so that time does not stand still for it. A
    difference is an incident, and mended. Answers how many there were."""
    now = hub.clock()
    if not NIGHT[0] <= now.astimezone(ZoneInfo(hub.here.zone)).hour < NIGHT[1]:
        return 0
    rules = plans.unverified(hub, hub.book.current().segments.values(), now - PROVED)
    found = plans.verify(hub, rules[:1], repair=True)
    for one in found:
        log.error("membership differed from its rule", extra={"segment": one.segment})
    return len(found)


def seal_audit(hub: Hub, back: timedelta = seals.LATEST_COMMIT) -> int:
    """Chain and anchor what was audited since; no flow ever waits for it. Answers how many entries."""
    with hub.begin() as work:
        count = seals.seal(work, back)
    with hub.look() as session:
        seals.copy_anchors(session, hub.region_code, hub.region.folder / ANCHORS)
    return count


def take_figures(hub: Hub) -> int:
    """The planner's figures of tables that have outgrown them: it takes a table for as small as it was when a statement was first
    made ready, so look-ups by key would read all of a young one. Autovacuum comes once a minute. Answers of how many tables."""
    with hub.look() as session:
        models = outgrown(session, hub.region)
    for model in models:  # one at a time, so that nobody waits for two of them
        with hub.begin() as work:
            count_anew(work.session, hub.region, [model])
    return len(models)


def turn_epoch(hub: Hub) -> None:
    """Every 28 days a new region key and pepper; 35 days after its end the old one is destroyed."""
    with hub.begin() as work:
        if rotation_due(work.session, work.now):
            rotate(work.session, hub.vault, work.now)
            work.audit("clock", "epoch_turned", "epoch")
        for number in destroy_ended(work.session, hub.vault, work.now):
            work.audit("clock", "epoch_destroyed", "epoch", number)
        gone = work.now - KEYS_KEPT
        for model, old in (
            (IdempotencyKey, IdempotencyKey.made_at < gone),
            (SignInLink, SignInLink.expires_at < gone),
            (Challenge, Challenge.expires_at < gone),
        ):
            erase_rows(work.session, model, old, record_set="traffic", persons=(), now=work.now)


def run(hub: Hub, stopping: Callable[[], bool]) -> None:
    """Tick until told to stop. A part that is down is waited for: time goes on when it is back."""
    name = holder()
    next_epoch_look = next_figures = 0.0
    while not stopping():
        end = time.monotonic() + hub.settings.timing.sweep
        try:
            if elect(hub, name):
                tick(hub)
                if time.monotonic() >= next_figures:
                    take_figures(hub)
                    next_figures = time.monotonic() + FIGURES
                if time.monotonic() >= next_epoch_look:
                    seal_audit(hub)
                    turn_epoch(hub)
                    prove_segments(hub)
                    documents.sweep(hub, hub.clock())
                    releases.clear_workbench(hub, time.time())
                    room.clear(hub.region)
                    warranties.tell(hub)
                    assigned.tell(hub)
                    breaches.tell(hub)
                    runs.queue_due(hub)
                    hub.plugins.hook.minute_passed(hub=hub)
                    empty_log(hub.region.engine)  # whatever was purged or shredded since
                    next_epoch_look = time.monotonic() + 60
                hub.vault.forget_epochs()
                end = time.monotonic() + hub.settings.timing.sweep
                between(hub, stopping, hub.settings.timing.sweep)
        except PartDown as error:
            log.warning("clock waits", extra={"reason": error.what})
        except Exception:
            log.exception("tick failed")
        hub.vault.forget_epochs()
        time.sleep(max(0.0, end - time.monotonic()))
    release(hub, name)


def release(hub: Hub, name: str) -> None:
    with hub.begin() as work:
        work.session.execute(update(Lease).where(Lease.name == "clock", Lease.holder == name).values(until=work.now))

"""A promise to a fleet that was broken happened to whoever's car it is, too: journeys of the fleet may speak of it."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.flow import pipeline
from hub.models import Customer, Event, Person, Timer, TimerMark, Visit
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day

KIND = "level_missed"
LATELY = timedelta(days=1)  # of a breach raised longer ago nobody is told any more
MOST = 500  # of one transaction; the next minute goes on


def tell(hub: Hub) -> int:
    """Called once a minute; answers how many breaches were told. One that was withdrawn meanwhile was none."""
    with hub.begin() as work:
        known = _known(work)
        rows = [row for row in _lately(hub, work) if row["source_hash"] not in known][:MOST]
        work.insert_all(Event, rows)
        touched: dict[int, set[str]] = defaultdict(set)
        for row in rows:
            touched[row["customer_id"]].add(f"event.{KIND}")
        if touched:
            pipeline.follow(hub, work, touched, [])
        return len(rows)


def _known(work: Work) -> set[bytes]:
    since = local_day(work.now - 2 * LATELY, "UTC")
    return set(work.session.scalars(select(Event.source_hash).where(Event.kind == KIND, Event.local_day >= since)))


def _lately(hub: Hub, work: Work) -> list[dict[str, Any]]:
    """Breaches as events, about the fleet: of the customer whose visit it was."""
    columns = (
        TimerMark.id,
        TimerMark.at,
        Timer.fleet_id,
        Timer.vehicle_id,
        Timer.measure,
        Timer.spent_seconds,
        Visit.customer_id,
    )
    broken = (TimerMark.percent == 100, TimerMark.withdrawn_at.is_(None), TimerMark.raised_at >= work.now - LATELY)
    marks = select(*columns).join(Timer, Timer.id == TimerMark.timer_id).join(Visit, Visit.key_hash == Timer.visit_hash)
    theirs = marks.join(Customer, Customer.id == Visit.customer_id).join(Person, Person.id == Customer.person_id)
    there = (Person.erased_at.is_(None), Person.restricted_at.is_(None))
    zone, found = hub.here.zone, []
    for mark, at, fleet, vehicle, measure, spent, customer in work.session.execute(theirs.where(*broken, *there)):
        found.append({
            "kind": KIND, "customer_id": customer, "vehicle_id": vehicle, "about_id": fleet, "at_utc": at,
            "local_day": local_day(at, zone), "zone": zone, "attributes": {"measure": measure, "minutes": spent // 60},
            "received_at": work.now, "connection_id": hub.partner(OWN).id,
            "source_hash": work.vault.fingerprint("event", OWN, f"{KIND}:{mark}"),
        })  # fmt: skip
    return found

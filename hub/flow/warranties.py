"""A warranty that is about to end happens to its customer, once: segments and journeys may speak of it while it still helps."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select

from hub.core import Hub
from hub.flow import pipeline
from hub.models import Customer, Document, Event, Person
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day

AHEAD = timedelta(days=28)
KIND = "warranty_ending"
MOST = 500  # of one transaction; the next minute goes on


def tell(hub: Hub) -> int:
    """Called once a minute; answers how many warranties were told of. One that came in late, with its last days running, is
    told of at once; one that has ended is not."""
    with hub.begin() as work:
        today = local_day(work.now, hub.here.zone)
        found = list(work.session.scalars(_ending(today)))
        work.insert_all(Event, [_event(hub, work, row, today) for row in found])
        touched: dict[int, set[str]] = defaultdict(set)
        for row in found:
            touched[row.customer_id].add(f"event.{KIND}")
        if touched:
            pipeline.follow(hub, work, touched, [])
        return len(found)


def _ending(today: date) -> Select[Document]:
    told = select(Event.id).where(Event.about_id == Document.id, Event.kind == KIND).exists()
    ending = (Document.kind == "warranty", Document.ends_on >= today, Document.ends_on <= today + AHEAD)
    theirs = select(Document).join(Customer, Customer.id == Document.customer_id)
    theirs = theirs.join(Person, Person.id == Customer.person_id)
    there = (Document.state == "released", Person.erased_at.is_(None), Person.restricted_at.is_(None))
    return theirs.where(*ending, *there, ~told).order_by(Document.ends_on, Document.id).limit(MOST)


def _event(hub: Hub, work: Work, row: Document, today: date) -> dict[str, Any]:
    days = (row.ends_on - today).days if row.ends_on else 0
    return {
        "kind": KIND, "customer_id": row.customer_id, "vehicle_id": row.vehicle_id, "about_id": row.id, "at_utc": work.now,
        "local_day": today, "zone": hub.here.zone, "amount_minor": None, "currency": None, "attributes": {"days": days},
        "received_at": work.now, "connection_id": hub.partner(OWN).id, "withdrawn_at": None,
        "source_hash": work.vault.fingerprint("event", OWN, f"{KIND}:{row.id}"),
    }  # fmt: skip

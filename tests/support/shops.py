"""What a garage's own system tells, for a test: rows as its README shows them, and records folded at once."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.flow import customers, facts
from hub.models import Event, Profile
from hub.sdk import BranchRecord, CustomerKey

README = Path(__file__).parents[2] / "connectors" / "shop" / "README.md"
ROWS: dict[str, dict[str, Any]] = {
    row["type"]: row
    for row in (json.loads(line) for line in README.read_text().splitlines() if line.startswith('{"type"'))
}
KEY = CustomerKey(partner_id="C-17")
BERLIN = BranchRecord(code="berlin-mitte", title="Berlin Mitte", zone="Europe/Berlin")


def a_row(kind: str, **more: Any) -> dict[str, Any]:
    """The README's example of this kind, with some fields changed; None takes one out."""
    return {name: value for name, value in {**ROWS[kind], **more}.items() if value is not None}


def at(day: str, hour: int = 8) -> datetime:
    found = date.fromisoformat(day)
    return datetime(found.year, found.month, found.day, tzinfo=UTC) + timedelta(hours=hour)


def folded(hub: Any, *records: Any, partner: str = "shop") -> customers.Folded:
    """Folded in one transaction, profiles included."""
    with hub.begin() as work:
        done = customers.fold(hub, work, hub.partners[partner], records)
        facts.refresh(work, done.touched)
    return done


def standing(hub: Any, *kinds: str) -> list[Event]:
    """Events that were not withdrawn, oldest first."""
    from sqlalchemy import select

    wanted = select(Event).where(Event.withdrawn_at.is_(None)).order_by(Event.at_utc, Event.kind)
    with hub.look() as session:
        return [event for event in session.scalars(wanted) if not kinds or event.kind in kinds]


def profile(hub: Any) -> Profile:
    from sqlalchemy import select

    with hub.look() as session:
        return session.scalars(select(Profile)).one()

"""A car comes to a fleet, or leaves it, because a day has come: nobody tells us anything then, and partners hear of it all the same."""

from datetime import date, timedelta

from sqlalchemy import or_, select

from hub.core import Hub
from hub.flow import belongings, fleets, pulls
from hub.flow.batches import batches
from hub.flow.identity import lock_customers
from hub.models import Assignment, Cursor
from hub.own import OWN
from rules.calendar import local_day

STREAM = "assignments"  # its position: the last day of which all was told


def tell(hub: Hub) -> int:
    """Called once a minute; answers how many cars came to a fleet or left one since the last day that was told of. Days while the
    hub stood still are made up for; a kill tells again, and then there is nothing that differs."""
    today = local_day(hub.clock(), hub.here.zone)
    own = hub.partner(OWN)
    with hub.look() as session:
        row = session.get(Cursor, (own.id, STREAM))
        before = row.position if row else None
        last = date.fromisoformat(before) if before else today - timedelta(days=1)
        if last >= today:
            return 0
        turned = or_(
            (Assignment.since > last) & (Assignment.since <= today),
            (Assignment.until > last) & (Assignment.until <= today),
        )
        cars: dict[int, set[int]] = {}
        for vehicle_id, fleet_id in session.execute(
            select(Assignment.vehicle_id, Assignment.fleet_id).where(turned, Assignment.superseded_at.is_(None))
        ):
            cars.setdefault(vehicle_id, set()).add(fleet_id)
    for some in batches(sorted(cars)):
        with hub.begin() as work:
            customers = {one for theirs in fleets.owners(work, some).values() for one in theirs}
            lock_customers(work, customers)
            belongings.notice(hub, work, {one: {"vehicles"} for one in customers})
            belongings.notice_by_id(hub, work, "fleet", {one for car in some for one in cars[car]})
    with hub.begin() as work:
        pulls.move(work, own, STREAM, before, today.isoformat())
    return len(cars)

"""Partners that are asked: page after page into the inbox, each committed with the place to go on from."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import AuthBroken, Gone, PartnerError, RetryLater, WrongInput
from hub.flow import inbox
from hub.models import Connection, Cursor
from hub.sdk import Fetches, full_jitter
from hub.work import Work

STREAM = "pull"


def every(partner: Partner) -> timedelta | None:
    """How long from one pass to the next; None for a partner that is not pulled."""
    seconds = partner.settings.options.get("pull_every")
    return timedelta(seconds=float(seconds)) if seconds and isinstance(partner.connector, Fetches) else None


def pull(hub: Hub, partner: Partner, rng: Random) -> int:
    """One page, if it is time; answers whether there was one. No transaction is open while the partner is asked. A worker
    that was overtaken meanwhile keeps its page (the inbox knows repeats) and leaves the cursor alone."""
    pause = every(partner)
    if pause is None or not isinstance(partner.connector, Fetches):
        return 0
    with hub.begin() as work:
        place = _place(work, partner)
        if not _may(work, partner) or _due(place) > work.now:
            return 0
    try:
        page = partner.connector.fetch(place.get("cursor"))
    except (PartnerError, WrongInput) as error:
        with hub.begin() as work:
            _stumble(hub, work, partner, place, error, rng)
        return 0
    with hub.begin() as work:
        inbox.keep(work, partner, page.incoming)
        if _place(work, partner) == place:
            due = work.now if page.cursor else work.now + pause
            _move(work, partner, {"cursor": page.cursor, "due": due.isoformat(), "failures": 0})
    return 1


def overdue(work: Work, partners: Mapping[str, Partner]) -> set[str]:
    """Partners whose next page is due; the sweep rings for them."""
    pulled = [one for one in partners.values() if every(one) is not None]
    return {one.name for one in pulled if _may(work, one) and _due(_place(work, one)) <= work.now}


def _stumble(
    hub: Hub, work: Work, partner: Partner, place: dict[str, Any], error: PartnerError | WrongInput, rng: Random
) -> None:
    """An outage waits with full jitter; a refused key parks the connection; words that make no sense start the pass anew."""
    failures = int(place.get("failures", 0)) + 1
    timing = hub.settings.timing
    after = error.after if isinstance(error, RetryLater) else None
    wait = full_jitter(failures, timing.retry_base, timing.retry_cap, rng, after=after)
    cursor = None if isinstance(error, WrongInput) else place.get("cursor")
    _move(
        work, partner, {"cursor": cursor, "due": (work.now + timedelta(seconds=wait)).isoformat(), "failures": failures}
    )
    row = work.session.get_one(Connection, partner.id)
    row.reason = error.what[:400]
    if isinstance(error, AuthBroken | Gone):
        row.state = "parked" if isinstance(error, AuthBroken) else "off"
        work.audit("hub", row.state, "connection", row.id)


def _may(work: Work, partner: Partner) -> bool:
    return work.session.scalar(select(Connection.state).where(Connection.id == partner.id)) == "active"


def _place(work: Work, partner: Partner) -> dict[str, Any]:
    row = work.session.get(Cursor, (partner.id, STREAM), populate_existing=True)
    found: dict[str, Any] = json.loads(row.position) if row and row.position else {}
    return found


def _due(place: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(place.get("due", "2000-01-01T00:00:00+00:00"))


def _move(work: Work, partner: Partner, place: Mapping[str, Any]) -> None:
    row = work.session.get(Cursor, (partner.id, STREAM), with_for_update=True)
    if row is None:
        row = Cursor(connection_id=partner.id, stream=STREAM, moved_at=work.now)
        work.session.add(row)
    row.position, row.moved_at = json.dumps(place), work.now

"""Partners that are asked: page after page into the inbox, each committed with the place to go on from."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.errors import AuthBroken, Gone, PartnerError, RetryLater, WrongInput
from hub.flow import inbox, outward
from hub.models import Connection, Cursor, SyncState
from hub.sdk import Fetches, Page, full_jitter
from hub.work import Work

STREAM = "changes"
PAGES = 20  # to a turn; a longer log goes on at the next


def pause_of(hub: Hub, partner: Partner) -> timedelta | None:
    """How long from one pass to the next: by the sync's mapping, or by `pull_every` for a feed. None: it is never asked."""
    mapping = outward.map_of(hub, partner)
    seconds = mapping.every if mapping else float(partner.settings.options.get("pull_every") or 0)
    return timedelta(seconds=max(1.0, seconds)) if seconds and isinstance(partner.connector, Fetches) else None


def state(work: Work, partner: Partner) -> SyncState:
    row = work.session.get(SyncState, partner.id)
    return row or work.add(SyncState(connection_id=partner.id, due_at=work.now, failures=0, reason="", resync=False))


def due(hub: Hub, work: Work) -> set[str]:
    """Connections that are to be asked now; the clock rings for them."""
    able = {one.id: one.name for one in hub.partners.values() if pause_of(hub, one)}
    if not able:
        return set()
    ended = select(SyncState.connection_id).join(Connection, Connection.id == SyncState.connection_id)
    for one in work.session.scalars(ended.where(Connection.state == "paused", SyncState.paused_until <= work.now)):
        if one in able:
            resume(work, hub.partners[able[one]], "clock")
    rows = (
        select(Connection.id)
        .outerjoin(SyncState, SyncState.connection_id == Connection.id)
        .where(Connection.id.in_(able), Connection.state == "active")
        .where(or_(SyncState.due_at.is_(None), SyncState.due_at <= work.now))
    )
    return {able[one] for one in work.session.scalars(rows)}


def turn(hub: Hub, partner: Partner, rng: Random) -> int:
    """Some pages, if it is time; answers how many there were. What goes wrong makes the next turn later, and nothing else."""
    pause = pause_of(hub, partner)
    if pause is None or not _is_due(hub, partner):
        return 0
    with hub.begin() as work:
        if partner.name not in due(hub, work):
            return 0
        state(work, partner).due_at = work.now + pause  # nobody else asks meanwhile
    count = 0
    try:
        for _ in pull(hub, partner, PAGES):
            count += 1
    except (PartnerError, WrongInput) as error:
        stumble(hub, partner, error, rng)
    return count


def pull(hub: Hub, partner: Partner, pages: int | None = None) -> Iterator[int]:
    """Read pages until the partner has no more, or so many; yields how many deliveries of each were new.

    No transaction is open while the partner is asked. Whoever was overtaken meanwhile keeps its page (the inbox knows
    repeats), leaves the cursor alone, and stops. Raises PartnerError, WrongInput."""
    connector = partner.connector
    while isinstance(connector, Fetches):
        with hub.look() as session:
            row = session.get(Cursor, (partner.id, STREAM))
            position = row.position if row else None
        page = connector.fetch(position)
        with hub.begin() as work:
            new = inbox.keep(work, partner, page.incoming)
            ahead = move(work, partner, STREAM, position, page.cursor)
            if ahead:
                _told(state(work, partner), page, work.now)
            pages = pages - 1 if pages is not None else None
            ended = not page.more or not ahead or pages == 0
            if ended and page.more:
                state(work, partner).due_at = work.now
        yield new
        if ended:
            return


def _is_due(hub: Hub, partner: Partner) -> bool:
    """A look that costs next to nothing, for it is taken at every turn of a drain."""
    with hub.look() as session:
        standing = session.get(SyncState, partner.id)
        return standing is None or standing.due_at <= hub.clock()


def _told(standing: SyncState, page: Page, now: datetime) -> None:
    standing.pulled_at, standing.failures, standing.reason = now, 0, ""
    standing.resync = standing.resync or page.resync
    times = [one.at for one in page.incoming if one.at]
    standing.told_at = max([*times, *([standing.told_at] if standing.told_at else [])], default=None)


def move(work: Work, partner: Partner, stream: str, before: str | None, position: str | None) -> bool:
    """False where it does not stand at `before` any more: somebody else moved it."""
    row = work.session.get(Cursor, (partner.id, stream), with_for_update=True, populate_existing=True)
    if (row.position if row else None) != before:
        return False
    if row is None:
        work.add(Cursor(connection_id=partner.id, stream=stream, position=position, moved_at=work.now))
    else:
        row.position, row.moved_at = position, work.now
    return True


def stumble(hub: Hub, partner: Partner, error: PartnerError | WrongInput, rng: Random) -> None:
    """An outage waits with full jitter; a refused key parks the connection; words that make no sense start the pass anew."""
    timing = hub.settings.timing
    with hub.begin() as work:
        standing, row = state(work, partner), work.session.get_one(Connection, partner.id)
        standing.failures, standing.reason = standing.failures + 1, error.what[:400]
        after = error.after if isinstance(error, RetryLater) else None
        wait = full_jitter(standing.failures, timing.retry_base, timing.retry_cap, rng, after=after)
        standing.due_at = work.now + timedelta(seconds=wait)
        if isinstance(error, WrongInput) and (cursor := work.session.get(Cursor, (partner.id, STREAM))):
            cursor.position, cursor.moved_at = None, work.now
        if isinstance(error, AuthBroken):
            row.state, row.reason = "parked", f"our key is refused: {error.what}"[:400]
        elif isinstance(error, Gone):
            row.state, row.reason = "off", error.what[:400]
        if isinstance(error, AuthBroken | Gone):
            work.audit("hub", row.state, "connection", row.id)


def pause(work: Work, partner: Partner, actor: str, reason: str, until: datetime | None = None) -> None:
    """Neither pull nor tell; what comes in is kept, and all of it waits in order. until: then it goes on by itself.
    Raises WrongInput without a reason, or for a connection that is off."""
    row = work.session.get_one(Connection, partner.id, with_for_update=True)
    if not reason.strip():
        raise WrongInput(
            "A pause needs a reason.", "Everybody who waits for this partner sees it. Nothing was changed."
        )
    if row.state == "off":
        raise WrongInput(f"“{partner.name}” is off: it cannot be paused.", "Nothing was changed.")
    row.state, row.reason = "paused", reason[:400]
    state(work, partner).paused_until = until
    work.audit(actor, "paused", "connection", partner.id, reason=reason[:200])


def resume(work: Work, partner: Partner, actor: str, **detail: str) -> None:
    """A connection goes on now; what waited goes in its order. detail: of the audit, codes only."""
    row, standing = work.session.get_one(Connection, partner.id, with_for_update=True), state(work, partner)
    row.state, row.reason, row.failures, row.rest_until = "active", "", 0, None
    standing.paused_until, standing.due_at = None, work.now
    work.audit(actor, "resumed", "connection", partner.id, **detail)
    work.ring(partner.name)

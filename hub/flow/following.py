"""Pulling: a partner's pages go into the inbox together with the cursor; fields are described, strangers are read first."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.errors import AuthBroken, PartnerError, RetryLater
from hub.flow import agreements, drift, effects, inbox, inward, outward, pipeline
from hub.flow.customers import Folded
from hub.flow.identity import Identities
from hub.models import Connection, Cursor, Link, Message, SyncState
from hub.sdk import SET_FIELDS, CustomerKey, Fetches, Lists, Observes, Seen
from hub.work import Work
from rules.syncmap import ObjectRule

STREAM = "changes"
PAGES = 20  # to a turn; a longer log goes on at the next
READ = 100  # objects read at once


def state(work: Work, partner: Partner) -> SyncState:
    row = work.session.get(SyncState, partner.id)
    return row or work.add(SyncState(connection_id=partner.id, due_at=work.now, failures=0, reason="", resync=False))


def due(hub: Hub, work: Work, only: int | None = None) -> set[str]:
    """Connections that are to be pulled now; the clock rings for them."""
    able = {
        one.id: one.name for one in hub.partners.values()
        if only in {None, one.id} and isinstance(one.connector, Fetches) and outward.map_of(hub, one)
    }  # fmt: skip
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


def turn(hub: Hub, partner: Partner) -> int:
    """Pull if it is time; an outage makes the next turn later, and nothing else. Answers how many deliveries are new."""
    mapping = outward.map_of(hub, partner)
    if mapping is None or not isinstance(partner.connector, Fetches):
        return 0
    with hub.begin() as work:
        if partner.name not in due(hub, work, partner.id):
            return 0
        state(work, partner).due_at = work.now + timedelta(seconds=max(1, mapping.every))  # nobody else pulls meanwhile
    try:
        return sum(pull(hub, partner, PAGES))
    except PartnerError as error:
        failed(hub, partner, error, mapping.every)
        return 0


def pull(hub: Hub, partner: Partner, pages: int | None = None) -> Iterator[int]:
    """Read pages until the partner has no more; each is kept with its cursor in one transaction. Yields what was new.

    Raises PartnerError."""
    connector = partner.connector
    while isinstance(connector, Fetches):
        with hub.look() as session:
            row = session.get(Cursor, (partner.id, STREAM))
            position = row.position if row else None
        page = connector.fetch(position)
        with hub.begin() as work:
            new = inbox.keep(work, partner, page.incoming)
            _move(work, partner, page.cursor)
            standing = state(work, partner)
            standing.pulled_at, standing.failures, standing.reason = work.now, 0, ""
            standing.resync = standing.resync or page.resync
            times = [one.at for one in page.incoming if one.at]
            standing.told_at = max([*times, *([standing.told_at] if standing.told_at else [])], default=None)
        yield new
        pages = pages - 1 if pages is not None else None
        if not page.more or pages == 0:
            return


def resume(work: Work, partner: Partner, actor: str) -> None:
    """A connection goes on; what waited goes in its order."""
    row, standing = work.session.get_one(Connection, partner.id), state(work, partner)
    row.state, row.reason, row.failures, row.rest_until = "active", "", 0, None
    standing.paused_until, standing.due_at = None, work.now
    work.audit(actor, "resumed", "connection", partner.id)
    work.ring(partner.name)


def failed(hub: Hub, partner: Partner, error: PartnerError, every: int) -> None:
    with hub.begin() as work:
        standing = state(work, partner)
        standing.failures, standing.reason = standing.failures + 1, error.what[:400]
        wait = min(3600.0, max(1, every) * 2.0 ** min(standing.failures, 10))
        after = error.after if isinstance(error, RetryLater) and error.after else wait
        standing.due_at = work.now + timedelta(seconds=after)
        if isinstance(error, AuthBroken):
            row = work.session.get_one(Connection, partner.id)
            row.state, row.reason = "parked", f"our key is refused: {error.what}"[:400]


def describe(hub: Hub, partner: Partner) -> list[drift.Drift]:
    """Ask the partner for its fields and compare; a field that came back is read anew by the next comparison."""
    mapping = outward.map_of(hub, partner)
    if mapping is None:
        return []
    shapes = drift.describe(partner, mapping)
    with hub.begin() as work:
        for rule in mapping.objects if shapes else ():
            if drift.take(work, partner, rule, shapes[rule.kind]):
                state(work, partner).resync = True
        work.session.flush()
        return drift.found(work.session, partner, mapping)


def meet(hub: Hub, partner: Partner) -> None:
    """Customers that are to be written for the first time are read first, so that nothing is overwritten unseen."""
    mapping, connector = outward.map_of(hub, partner), partner.connector
    if mapping is None or not isinstance(connector, Lists):
        return
    for rule in mapping.objects:
        if not _has_due(hub, partner):
            return
        with hub.begin() as work:
            ids = list(_strangers(work, partner, rule).values())
        if ids:
            try:
                seen = list(connector.read(rule.kind, ids, [one.theirs for one in rule.fields]))
            except PartnerError as error:
                failed(hub, partner, error, mapping.every)
                return
            fold_seen(hub, partner, seen)


def introduce(hub: Hub, partner: Partner) -> int:
    """Objects that the partner spoke of in parts and that nobody here knows are read, so that they become whole customers,
    or are found to be ours. Answers how many deliveries can go on."""
    mapping, connector = outward.map_of(hub, partner), partner.connector
    if mapping is None or not isinstance(connector, Lists) or not inbox.has_held(hub, partner):
        return 0
    with hub.begin() as work:
        strangers = _told_of(work, partner)
    seen: list[Seen] = []
    try:
        for rule in mapping.objects:
            ids = sorted({one.id for one in strangers.values() if one.kind == rule.kind})
            seen += connector.read(rule.kind, ids, [one.theirs for one in rule.fields]) if ids else ()
    except PartnerError as error:
        failed(hub, partner, error, mapping.every)
        return 0
    fold_seen(hub, partner, [one for one in seen if one.state == "live"])
    with hub.begin() as work:
        held = [one for one in inbox.held(work, partner, READ) if one.id in strangers]
        people = Identities(work, partner, hub.here.jurisdiction)
        keys = {number: CustomerKey(partner_id=one.id) for number, one in strangers.items()}
        people.load(keys.values())
        met = [one for one in held if people.find(keys[one.id])]
        inbox.release(work, met)
        for one in held:
            if one not in met:  # gone before anybody saw it, or about somebody who was erased
                inbox.done(work, one, {"gone": 1})
    return len(held)


def _told_of(work: Work, partner: Partner) -> dict[int, Seen]:
    """delivery id -> what it speaks of, while the connection may be asked."""
    connection, connector = work.session.get_one(Connection, partner.id), partner.connector
    if (
        connection.state != "active"
        or (connection.rest_until or work.now) > work.now
        or not isinstance(connector, Observes)
    ):
        return {}
    found = {one.id: connector.observe(inbox.open_payload(work, one)) for one in inbox.held(work, partner, READ)}
    return {number: seen[0] for number, seen in found.items() if seen}


def fold_seen(hub: Hub, partner: Partner, seen: list[Seen]) -> Folded:
    """What was read of the partner, through the same stations as a delivery, in one transaction."""
    with hub.begin() as work:
        folded = inward.fold(hub, work, partner, seen, whole=True)
        pipeline.follow(hub, work, folded.touched, folded.intents)
    return folded


def _has_due(hub: Hub, partner: Partner) -> bool:
    """A look that costs next to nothing, for it is taken at every turn of a drain."""
    mine = (Message.connection_id == partner.id, Message.topic == SET_FIELDS, Message.state == "waiting")
    with hub.look() as session:
        return session.scalar(select(Message.id).where(*mine, Message.not_before <= hub.clock()).limit(1)) is not None


def _strangers(work: Work, partner: Partner, rule: ObjectRule) -> dict[int, str]:
    """customer id -> partner's id, of customers whose message is due and whose object we have not seen as a whole."""
    connection = work.session.get_one(Connection, partner.id)
    if connection.state != "active" or (connection.rest_until or work.now) > work.now:
        return {}
    rows = select(Message.refs).where(
        Message.connection_id == partner.id, Message.topic == SET_FIELDS, Message.state == "waiting",
        Message.not_before <= work.now,
    )  # fmt: skip
    waiting = {refs["customer_id"] for refs in work.session.scalars(rows.limit(READ)) if refs.get("kind") == rule.kind}
    subjects = effects.load_subjects(work, waiting)
    met = agreements.load(work, partner, rule.kind, list(subjects.values()))
    strangers = [one for one in subjects.values() if not met[one.customer_id].whole]
    return dict(effects.open_links(work, partner, strangers))


def _move(work: Work, partner: Partner, position: str | None) -> None:
    row = work.session.get(Cursor, (partner.id, STREAM))
    if row is None:
        work.add(Cursor(connection_id=partner.id, stream=STREAM, position=position, moved_at=work.now))
    else:
        row.position, row.moved_at = position, work.now


def known_ids(work: Work, partner: Partner) -> set[int]:
    """Customers that have an object there, as far as we know."""
    rows = select(Link.about_id).where(
        Link.connection_id == partner.id, Link.about == "customer", Link.replaced_by.is_(None)
    )
    return set(work.session.scalars(rows))

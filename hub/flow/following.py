"""A partner that is kept in step is looked at: its fields are described, and strangers are read before they are written."""

from random import Random

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import PartnerError
from hub.flow import agreements, drift, effects, inbox, inward, outward, pipeline, pulls
from hub.flow.customers import Folded
from hub.flow.identity import Identities
from hub.models import Connection, Link, Message
from hub.models.traffic import WAITING
from hub.sdk import SET_FIELDS, CustomerKey, Lists, Observes, Seen
from hub.work import Work
from rules.syncmap import ObjectRule

READ = 100  # objects read at once


def describe(hub: Hub, partner: Partner) -> list[drift.Drift]:
    """Ask the partner for its fields and compare; a field that came back is read anew by the next comparison."""
    mapping = outward.map_of(hub, partner)
    if mapping is None:
        return []
    shapes = drift.describe(partner, mapping)
    with hub.begin() as work:
        for rule in mapping.objects if shapes else ():
            if drift.take(work, partner, rule, shapes[rule.kind]):
                pulls.state(work, partner).resync = True
        work.session.flush()
        return drift.found(work.session, partner, mapping)


def meet(hub: Hub, partner: Partner, rng: Random) -> None:
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
                pulls.stumble(hub, partner, error, rng)
                return
            fold_seen(hub, partner, seen)


def introduce(hub: Hub, partner: Partner, rng: Random) -> int:
    """Objects that the partner spoke of in parts and that nobody here knows are read, so that they become whole customers,
    or are found to be ours; and those of which it only said that they changed. Answers how many deliveries can go on."""
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
        pulls.stumble(hub, partner, error, rng)
        return 0
    hinted = {number for number, one in strangers.items() if one.state == "hinted"}
    changed = {strangers[number].id for number in hinted}
    fold_seen(
        hub, partner, [one for one in seen if one.state == "live" or (one.id in changed and one.state != "missing")]
    )
    with hub.begin() as work:
        held = [one for one in inbox.held(work, partner, READ) if one.id in strangers]
        inbox.done(work, [(one, {"read": 1}) for one in held if one.id in hinted])
        held, count = [one for one in held if one.id not in hinted], len(held)
        people = Identities(work, partner, hub.here.jurisdiction)
        keys = {number: CustomerKey(partner_id=one.id) for number, one in strangers.items()}
        people.load(keys.values())
        met = [one for one in held if people.find(keys[one.id])]
        inbox.release(work, met)
        for one in held:
            if one not in met:  # gone before anybody saw it, or about somebody who was erased
                inbox.done(work, [(one, {"gone": 1})])
    return count


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
    mine = (Message.connection_id == partner.id, Message.topic == SET_FIELDS, Message.state == WAITING)
    with hub.look() as session:
        return session.scalar(select(Message.id).where(*mine, Message.not_before <= hub.clock()).limit(1)) is not None


def _strangers(work: Work, partner: Partner, rule: ObjectRule) -> dict[int, str]:
    """customer id -> partner's id, of customers whose message is due and whose object we have not seen as a whole."""
    connection = work.session.get_one(Connection, partner.id)
    if connection.state != "active" or (connection.rest_until or work.now) > work.now:
        return {}
    rows = select(Message.refs).where(
        Message.connection_id == partner.id, Message.topic == SET_FIELDS, Message.state == WAITING,
        Message.not_before <= work.now,
    )  # fmt: skip
    waiting = {refs["customer_id"] for refs in work.session.scalars(rows.limit(READ)) if refs.get("kind") == rule.kind}
    subjects = effects.load_subjects(work, waiting)
    met = agreements.load(work, partner, rule.kind, list(subjects.values()))
    strangers = [one for one in subjects.values() if not met[one.customer_id].whole]
    return dict(effects.open_links(work, partner, strangers))


def known_ids(work: Work, partner: Partner) -> set[int]:
    """Customers that have an object there, as far as we know."""
    rows = select(Link.about_id).where(
        Link.connection_id == partner.id, Link.about == "customer", Link.replaced_by.is_(None)
    )
    return set(work.session.scalars(rows))

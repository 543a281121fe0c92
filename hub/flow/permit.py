"""May it go now? Quiet hours, caps, who gives way to whom, and age, read again in the transaction that claims: yes, later, or
never and why.

A customer's row is locked before their messages are counted, so that two workers cannot both use the last allowance. Who is
busy elsewhere is left for a moment later: whoever holds a customer may be waiting for one of the messages claimed here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.flow import outbox
from hub.flow.allowance import Standing
from hub.flow.batches import batches
from hub.flow.outbox import Claim
from hub.flow.rivals import Priced, Wanting, wanting
from hub.models import Branch, Customer, Message
from hub.rates import Rates, read_rates
from hub.sdk import Topic
from hub.work import Work
from rules.sending import CHANNELS, Cap, Sending

MOMENT = timedelta(seconds=0.25)


@dataclass(frozen=True)
class Wish:
    """A message that policy lets go to somebody."""

    claim: Claim
    topic: Topic
    customer_id: int
    jurisdiction: str


def facts_of(
    hub: Hub, partner: Partner, topic: Topic, jurisdiction: str, standing: str, consent: str
) -> dict[str, Any]:
    """The words of the question whether a topic may be told of somebody: refs and codes, which name nobody."""
    return {
        "purpose": topic.purpose,
        "channel": topic.channel,
        "topic": topic.name,
        "connector": partner.connector.name,
        "from_region": hub.region_code,
        "from_jurisdiction": jurisdiction,
        "to_jurisdiction": partner.settings.jurisdiction or hub.here.jurisdiction,
        "standing": standing,
        "consent": consent,
        "fields": tuple(sorted(topic.fields)),
    }


def heeded(hub: Hub, work: Work, partner: Partner, wishes: Sequence[Wish]) -> set[int]:
    """Ids of the messages that may go now; the others are put off or refused here, with their reason."""
    rules = hub.book.now().sending
    asked = [one for one in wishes if one.topic.channel in CHANNELS and one.topic.purpose not in rules.exempt]
    free = {one.claim.id for one in wishes} - {one.claim.id for one in asked}
    if not asked or not (rules.quiet or rules.caps or rules.stale_after):
        return free | {one.claim.id for one in asked}
    zones = _locked(hub, work, {one.customer_id for one in asked})
    made = _made(work, [one.claim.id for one in asked])
    rates = read_rates(hub.settings.config) if rules.caps else Rates()
    priced = Priced(work.session, rates, partner.connector.name, [one.customer_id for one in asked])
    wanted = {
        one.claim.id: wanting(one.claim.refs, work.now, one.topic.purpose, one.topic.channel, priced) for one in asked
    }
    told, rivals = _others(hub, work, rules.caps, asked, priced)
    for one in sorted(asked, key=lambda one: -(wanted[one.claim.id].minor or 0.0)):
        mine, whose = wanted[one.claim.id], one.claim.entity
        if one.customer_id not in zones:
            outbox.put_off(work, one.claim, work.now + MOMENT)
            continue
        stand = Standing(work.now, rules, mine, told[whose], rivals[whose])
        quiet = _quiet(rules, one, work.now, zones[one.customer_id])
        until = _settled(work, one, quiet, stand, made[one.claim.id])
        if until is None:
            free.add(one.claim.id)
            told[whose].append(mine)
        elif until > work.now:
            rivals[whose].append(replace(mine, due=until))
    return free


def _settled(
    work: Work, wish: Wish, quiet: tuple[datetime, str] | None, stand: Standing, made_at: datetime
) -> datetime | None:
    """None: it may go. Else it was put off, until then, or refused (now)."""
    found = stand.delay(made_at, quiet)
    if found is None:
        return None
    if found.dropped:
        outbox.refuse(work, wish.claim, found.reason, why=found.why)
        return work.now
    outbox.put_off(work, wish.claim, found.until, found.why, found.reason)
    if found.behind:
        outbox.queue_behind(work, wish.claim)
    return found.until


def _quiet(rules: Sending, wish: Wish, now: datetime, zone: str) -> tuple[datetime, str] | None:
    quiet = rules.quiet_in(wish.jurisdiction, wish.topic.channel or "")
    over = quiet.over_at(now, zone) if quiet is not None else None
    return (over, f"quiet hours until {over.astimezone(ZoneInfo(zone)):%H:%M} in {zone}") if over else None


def _locked(hub: Hub, work: Work, customer_ids: Iterable[int]) -> dict[int, str]:
    """customer id -> their zone, of those whose row is ours now."""
    found: dict[int, str] = {}
    for batch in batches(sorted(customer_ids)):
        rows = select(Customer.id).where(Customer.id.in_(batch)).order_by(Customer.id)
        mine = list(work.session.scalars(rows.with_for_update(key_share=True, skip_locked=True)))
        zones = select(Customer.id, Branch.zone).outerjoin(Branch, Branch.code == Customer.branch)
        found |= {one: zone or hub.here.zone for one, zone in work.session.execute(zones.where(Customer.id.in_(mine)))}
    return found


def _made(work: Work, message_ids: Sequence[int]) -> dict[int, datetime]:
    rows = select(Message.id, Message.made_at).where(Message.id.in_(message_ids))
    return {number: made_at for number, made_at in work.session.execute(rows)}


def _others(
    hub: Hub, work: Work, caps: Sequence[Cap], asked: Sequence[Wish], priced: Priced
) -> tuple[dict[str, list[Wanting]], dict[str, list[Wanting]]]:
    """By customer ref: what they were told within the longest cap, and what waits for them, in one statement. Claims of other
    workers count as told now; those of this very batch come later."""
    told: dict[str, list[Wanting]] = defaultdict(list)
    waits: dict[str, list[Wanting]] = defaultdict(list)
    topics = _topics(hub)
    if not caps or not topics:
        return told, waits
    longest = max(cap.within for cap in caps)
    mine = [one.claim.id for one in asked]
    columns = (
        Message.entity,
        Message.connection_id,
        Message.topic,
        Message.state,
        Message.refs,
        Message.settled_at,
        Message.not_before,
    )
    for batch in batches(sorted({one.claim.entity for one in asked})):
        rows = select(*columns).where(
            Message.entity.in_(batch),
            Message.connection_id.in_({connection for connection, _ in topics}),
            or_(
                Message.state == "claimed",
                Message.state.in_(("sent", "unknown")) & (Message.settled_at > work.now - longest),
                (Message.state == "waiting") & (Message.not_before < work.now + longest),
            ),
            Message.id.not_in(mine),
        )
        for entity, connection, topic, state, refs, settled_at, due in work.session.execute(rows):
            if (connection, topic) in topics:
                at = due if state == "waiting" else settled_at or work.now
                one = wanting(refs, at, *topics[connection, topic], priced)
                (waits if state == "waiting" else told)[entity].append(one)
    return told, waits


def _topics(hub: Hub) -> Mapping[tuple[int, str], tuple[str, str]]:
    """(connection, topic) -> (purpose, channel), of all that go to people."""
    return {
        (partner.id, topic.name): (topic.purpose, topic.channel)
        for partner in hub.partners.values()
        for topic in partner.connector.topics
        if topic.channel in CHANNELS
    }

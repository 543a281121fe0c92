"""May it go now? Quiet hours, caps and age, read again in the transaction that claims: yes, later, or never and why.

A customer's row is locked before their messages are counted, so that two workers cannot both use the last allowance. Who is
busy elsewhere is left for a moment later: whoever holds a customer may be waiting for one of the messages claimed here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.flow import outbox
from hub.flow.batches import batches
from hub.flow.outbox import Claim
from hub.models import Branch, Customer, Message
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


@dataclass
class Told:
    """What a person was told by a channel for a purpose, and when; claims of other workers count as told now."""

    at: datetime
    purpose: str
    channel: str


def heeded(hub: Hub, work: Work, partner: Partner, wishes: Sequence[Wish]) -> set[int]:
    """Ids of the messages that may go now; the others are put off or refused here, with their reason."""
    rules = hub.book.now().sending
    asked = [one for one in wishes if one.topic.channel in CHANNELS and one.topic.purpose not in rules.exempt]
    free = {one.claim.id for one in wishes} - {one.claim.id for one in asked}
    if not asked or not (rules.quiet or rules.caps or rules.stale_after):
        return free | {one.claim.id for one in asked}
    zones = _locked(hub, work, {one.customer_id for one in asked})
    made = _made(work, [one.claim.id for one in asked])
    told = _told(hub, work, rules.caps, asked)
    for one in asked:
        if one.customer_id not in zones:
            outbox.put_off(work, one.claim, work.now + MOMENT)
        elif not _answered(work, rules, one, made[one.claim.id], zones[one.customer_id], told[one.claim.entity]):
            free.add(one.claim.id)
            told[one.claim.entity].append(Told(work.now, one.topic.purpose, one.topic.channel))
    return free


def _answered(work: Work, rules: Sending, one: Wish, made_at: datetime, zone: str, told: Sequence[Told]) -> bool:
    """Was it put off or refused?"""
    purpose, channel = one.topic.purpose, one.topic.channel
    until, why, reason = work.now, "", ""
    quiet = rules.quiet_in(one.jurisdiction, channel)
    if quiet is not None and (over := quiet.over_at(work.now, zone)):
        until, why, reason = over, "quiet_hours", f"quiet hours until {quiet.ends:%H:%M} in {zone}"
    for cap in rules.caps:
        free_at = _free_at(cap, purpose, channel, told, work.now)
        if free_at > until:
            until, why, reason = free_at, "cap", f"{cap.most} {_named(cap)} within {_days(cap.within)} are the most"
    limit = rules.stale_after.get(purpose)
    if limit is not None and until - made_at > limit:
        what = f"{reason}, and by then" if why else "it is too late now:"
        outbox.refuse(work, one.claim, f"{what} it would be older than {_days(limit)}", why="stale")
        return True
    if why:
        outbox.put_off(work, one.claim, until, why, reason)
    return bool(why)


def _free_at(cap: Cap, purpose: str, channel: str, told: Iterable[Told], now: datetime) -> datetime:
    """From when one more is within the cap."""
    if not cap.counts(purpose, channel):
        return now
    within = sorted(one.at for one in told if cap.counts(one.purpose, one.channel) and one.at > now - cap.within)
    return within[-cap.most] + cap.within if len(within) >= cap.most else now


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


def _told(hub: Hub, work: Work, caps: Sequence[Cap], asked: Sequence[Wish]) -> dict[str, list[Told]]:
    """customer ref -> what they were told within the longest cap, in one statement. Claims of this very batch come later."""
    found: dict[str, list[Told]] = defaultdict(list)
    topics = _topics(hub)
    if not caps or not topics:
        return found
    since = work.now - max(cap.within for cap in caps)
    mine = [one.claim.id for one in asked]
    for batch in batches(sorted({one.claim.entity for one in asked})):
        rows = select(Message.entity, Message.connection_id, Message.topic, Message.settled_at).where(
            Message.entity.in_(batch),
            Message.connection_id.in_({connection for connection, _ in topics}),
            or_(Message.state == "claimed", Message.state.in_(("sent", "unknown")) & (Message.settled_at > since)),
            Message.id.not_in(mine),
        )
        for entity, connection, topic, settled_at in work.session.execute(rows):
            if (connection, topic) in topics:
                purpose, channel = topics[connection, topic]
                found[entity].append(Told(settled_at or work.now, purpose, channel))
    return found


def _topics(hub: Hub) -> Mapping[tuple[int, str], tuple[str, str]]:
    """(connection, topic) -> (purpose, channel), of all that go to people."""
    return {
        (partner.id, topic.name): (topic.purpose, topic.channel)
        for partner in hub.partners.values()
        for topic in partner.connector.topics
        if topic.channel in CHANNELS
    }


def _named(cap: Cap) -> str:
    return " ".join(filter(None, (cap.purpose or "messages", f"by {cap.channel}" if cap.channel else "")))


def _days(span: timedelta) -> str:
    days, rest = divmod(span, timedelta(days=1))
    return f"{days} day{'s' if days != 1 else ''}" if not rest else f"{span // timedelta(hours=1)} hours"

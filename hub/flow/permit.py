"""May it go now? Quiet hours, caps, who gives way to whom, and age, read again in the transaction that claims: yes, later, or
never and why.

A customer's row is locked before their messages are counted, so that two workers cannot both use the last allowance. Who is
busy elsewhere is left for a moment later: whoever holds a customer may be waiting for one of the messages claimed here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from hub.core import Hub, Partner
from hub.flow import outbox
from hub.flow.batches import batches
from hub.flow.outbox import Claim
from hub.flow.rivals import Priced, Wanting, better, said, wanting
from hub.models import Branch, Customer, Message
from hub.rates import Rates, read_rates
from hub.sdk import Topic
from hub.work import Work
from rules.sending import CHANNELS, VEHICLE, Cap, Sending

MOMENT = timedelta(seconds=0.25)
LOOK_AGAIN = timedelta(minutes=15)  # at what was given way to: it may have been refused itself


@dataclass(frozen=True)
class Wish:
    """A message that policy lets go to somebody."""

    claim: Claim
    topic: Topic
    customer_id: int
    jurisdiction: str


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
    priced = Priced(work, rates, partner.connector.name, [one.customer_id for one in asked])
    wanted = {
        one.claim.id: wanting(one.claim.refs, work.now, one.topic.purpose, one.topic.channel, priced) for one in asked
    }
    told, rivals = _others(hub, work, rules.caps, asked, priced)
    for one in sorted(asked, key=lambda one: -(wanted[one.claim.id].minor or 0.0)):
        mine, whose = wanted[one.claim.id], one.claim.entity
        if one.customer_id not in zones:
            outbox.put_off(work, one.claim, work.now + MOMENT)
            continue
        stand = _Standing(work.now, rules, one, mine, told[whose], rivals[whose], zones[one.customer_id])
        until = stand.answer(work, made[one.claim.id])
        if until is None:
            free.add(one.claim.id)
            told[whose].append(mine)
        elif until > work.now:
            rivals[whose].append(replace(mine, due=until))
    return free


@dataclass(frozen=True)
class _Standing:
    """One message beside what its person was told (`told`), and what waits for them (`rivals`)."""

    now: datetime
    rules: Sending
    one: Wish
    mine: Wanting
    told: Sequence[Wanting]
    rivals: Sequence[Wanting]
    zone: str

    def answer(self, work: Work, made_at: datetime) -> datetime | None:
        """None: it may go. Else it was put off, until then, or refused (now)."""
        until, why, reason = self.now, "", ""
        quiet = self.rules.quiet_in(self.one.jurisdiction, self.mine.channel)
        if quiet is not None and (over := quiet.over_at(self.now, self.zone)):
            until, why, reason = (
                over,
                "quiet_hours",
                f"quiet hours until {over.astimezone(ZoneInfo(self.zone)):%H:%M} in {self.zone}",
            )
        winner, look_at, behind = None, None, False
        for cap in self.rules.caps:
            free_at, by = self._free_at(cap)
            if free_at > until:
                until, why, winner = free_at, "outranked" if by else "cap", by
                behind = by is not None or cap.per == VEHICLE  # what it has to wait for concerns not all that follow it
                reason = (
                    said(by, self.mine) if by else f"{cap.most} {_named(cap)} within {_days(cap.within)} are the most"
                )
                look_at = min(free_at, self.now + LOOK_AGAIN) if by and by.due > self.now else free_at
        limit = self.rules.stale_after.get(self.mine.purpose)
        if limit is not None and until - made_at > limit:
            what = f"{reason}, and by then" if why else "it is too late now:"
            words = f"{what} it would be older than {_days(limit)}"
            outbox.refuse(work, self.one.claim, words, why="outranked" if winner else "stale")
            return self.now
        if not why:
            return None
        until = look_at if winner and look_at else until
        outbox.put_off(work, self.one.claim, until, why, reason)
        if behind:
            outbox.queue_behind(work, self.one.claim)
        return until

    def _free_at(self, cap: Cap) -> tuple[datetime, Wanting | None]:
        """From when one more is within the cap, and to whom it gives way, if to anybody."""
        if not self.mine.counts(cap, self.mine):
            return self.now, None
        within = [one for one in self.told if one.counts(cap, self.mine) and one.due > self.now - cap.within]
        ahead = better(cap, self.mine, self.rivals, self.now)
        if len(within) >= cap.most:
            just_now = [one for one in within if one.due == self.now and one.outranks(self.mine)]
            return sorted(one.due for one in within)[-cap.most] + cap.within, next(iter(just_now), None)
        if ahead and len(within) + len(ahead) >= cap.most:
            both = sorted([*(one.due for one in within), *(max(one.due, self.now) for one in ahead)])
            return both[-cap.most] + cap.within, ahead[0]
        return self.now, None


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


def _named(cap: Cap) -> str:
    about = "about one car" if cap.per == VEHICLE else ""
    return " ".join(filter(None, (cap.purpose or "messages", f"by {cap.channel}" if cap.channel else "", about)))


def _days(span: timedelta) -> str:
    days, rest = divmod(span, timedelta(days=1))
    return f"{days} day{'s' if days != 1 else ''}" if not rest else f"{span // timedelta(hours=1)} hours"

"""One way out: messages are put with a unique key, claimed in order under a lease, and settled by the fence of the claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Update, bindparam, exists, func, literal_column, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from hub.core import Partner
from hub.flow.batches import batches
from hub.models import Connection, DeadLetter, Message
from hub.models.traffic import CLAIMED, PUT_OFF, WAITING, in_order
from hub.sdk import EffectClass, Outcome, Topic, full_jitter
from hub.settings import Timing
from hub.work import Work

OPEN = ("waiting", "claimed")
# Why a message did not go, or not yet: one of these for each, beside the reason in words.
WHY = (
    *PUT_OFF, "stale", "policy", "withdrawn", "no_address", "undelivered", "template", "gone", "ended", "rests", "agrees",
    "discarded", "erased", "read",
)  # fmt: skip
TRIES = 8  # of a message that makes our own code stumble; an outage has no such limit


@dataclass(frozen=True)
class Intent:
    """What is to be told. key: unique per connection, so that the same cause never makes two messages. refs: ids only."""

    topic: str
    entity: str
    key: str
    refs: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    refused: str = ""


@dataclass(frozen=True)
class Claim:
    """A message that is ours until its lease ends. fence: what settle must find unchanged."""

    id: int
    fence: int
    topic: str
    entity: str
    effect_key: str
    refs: Mapping[str, Any]
    template: str | None
    attempt: int
    doubtful: bool


# Statements are made once: making one costs more than the look-up.
HERE = Message.connection_id.in_(bindparam("connections", expanding=True))
KNOWN = select(Message.connection_id, Message.effect_key).where(
    HERE, Message.effect_key.in_(bindparam("keys", expanding=True))
)
LAST = (
    select(Message.connection_id, Message.entity, func.max(Message.seq))
    .where(HERE, Message.entity.in_(bindparam("entities", expanding=True)))
    .group_by(Message.connection_id, Message.entity)
)
OURS = (Message.id, Message.fence, Message.topic, Message.entity, Message.effect_key, Message.refs, Message.template,
        Message.attempts, Message.doubtful)  # fmt: skip


def _claiming(*, by_topic: bool) -> Update:
    """What is open of an entity is looked up by that alone (see hub.models.traffic): `+ 0` and the offset keep the planner to it."""
    earlier = aliased(Message)
    overtakes = (
        select(earlier.id)
        .where(
            earlier.entity == Message.entity,
            earlier.connection_id + literal_column("0") == Message.connection_id,
            earlier.seq < Message.seq,
            earlier.state.in_([WAITING, CLAIMED]),
            *((earlier.topic == Message.topic,) if by_topic else ()),
        )
        .offset(literal_column("0"))
        .exists()
    )
    due = (
        select(Message.id)
        .where(
            Message.connection_id == bindparam("connection"),
            in_order(Message),
            Message.not_before <= bindparam("now"),
            ~overtakes,
        )
        .order_by(Message.not_before, Message.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte()  # looked at once: PostgreSQL may run a subquery anew for each row, and then it skips what it locked itself
    )
    ours = {"state": "claimed", "fence": Message.fence + 1, "attempts": Message.attempts + 1,
            "lease_until": bindparam("until")}  # fmt: skip
    claiming = update(Message).where(Message.id.in_(select(due.c.id))).values(**ours).returning(*OURS)
    return claiming.execution_options(synchronize_session=False)


CLAIM, CLAIM_BY_TOPIC = _claiming(by_topic=False), _claiming(by_topic=True)


def put(work: Work, partner: Partner, intents: Sequence[Intent], after: float = 0) -> int:
    """Write messages in the transaction that caused them; answers how many are new. The caller holds the customers' locks.

    after: seconds until they go, so that more of the same can be gathered into one."""
    return put_all(work, [(partner, intent) for intent in intents], after)


def put_all(work: Work, intents: Sequence[tuple[Partner, Intent]], after: float = 0) -> int:
    """The same for several connections at once."""
    wanted = {(partner.id, intent.key): (partner, intent) for partner, intent in intents}
    if not wanted:
        return 0
    places = sorted({place for place, _ in wanted})
    known = work.session.execute(KNOWN, {"connections": places, "keys": sorted({key for _, key in wanted})})
    for place, key in known:
        wanted.pop((place, key), None)
    entities = sorted({intent.entity for _, intent in wanted.values()})
    found = work.session.execute(LAST, {"connections": places, "entities": entities}) if wanted else ()
    last = {(place, entity): seq for place, entity, seq in found}
    rows = []
    for partner, intent in wanted.values():
        seq = last[partner.id, intent.entity] = last.get((partner.id, intent.entity), 0) + 1
        rows.append(_row(work, partner, intent, seq, after))
        if not intent.refused:
            work.ring(partner.name)
    work.insert_all(Message, rows)
    return len(rows)


def _row(work: Work, partner: Partner, intent: Intent, seq: int, after: float) -> dict[str, Any]:
    return {
        "connection_id": partner.id,
        "entity": intent.entity,
        "seq": seq,
        "topic": intent.topic,
        "effect_key": intent.key,
        "refs": dict(intent.refs),
        "template": intent.template,
        "state": "refused" if intent.refused else "waiting",
        "reason": intent.refused[:400],
        "why": "policy" if intent.refused else "",
        "attempts": 0,
        "doubtful": False,
        "not_before": work.now + timedelta(seconds=after),
        "fence": 0,
        "made_at": work.now,
        "settled_at": work.now if intent.refused else None,
    }


def claim(work: Work, partner: Partner, limit: int, lease: float) -> list[Claim]:
    """The first open message of each entity, those due longest, under a lease of `lease` seconds; to people, the first of each topic:
    a code to sign in does not wait behind a campaign that waits for the morning. After a failure one goes ahead alone: an
    outage is probed by a single call, and a message that our own code stumbles over takes no other with it."""
    connection = work.session.get(Connection, partner.id)
    if connection is None or connection.state != "active" or (connection.rest_until or work.now) > work.now:
        return []
    limit = 1 if connection.failures else limit
    until = work.now + timedelta(seconds=lease)
    wanted = {"connection": partner.id, "now": work.now, "limit": limit, "until": until}
    rows = work.session.execute(CLAIM_BY_TOPIC if partner.connector.kind == "channel" else CLAIM, wanted)
    return sorted((Claim(*row) for row in rows), key=lambda one: one.id)


def many_wait(work: Work, partner: Partner, many: int) -> bool:
    """Are so many due, whosever turn it is?"""
    due = (Message.connection_id == partner.id, in_order(Message), Message.not_before <= work.now)
    return work.session.scalar(select(Message.id).where(*due).offset(many - 1).limit(1)) is not None


def renew(work: Work, claims: Sequence[Claim], lease: float, now: datetime | None = None) -> None:
    """The heartbeat of what takes long. now: where it is later than the beginning of this transaction."""
    values = {"lease_until": (now or work.now) + timedelta(seconds=lease)}
    for some in batches([(one.id, one.fence) for one in claims]):
        mine = (tuple_(Message.id, Message.fence).in_(some), Message.state == "claimed")
        work.session.execute(update(Message).where(*mine).values(**values).execution_options(synchronize_session=False))


def settle(
    work: Work, partner: Partner, claims: Sequence[Claim], outcomes: Sequence[Outcome], timing: Timing, rng: Random
) -> list[int]:
    """Write down what became of each claim; one whose fence has moved on is somebody else's by now and is left alone.

    Answers the ids of new dead letters."""
    by_key = {outcome.key: outcome for outcome in outcomes}
    letters = []
    plain = [one for one in claims if (out := by_key.get(one.effect_key)) and out.state == "sent" and not out.reason]
    _all_sent(work, plain)
    done = {one.id for one in plain}
    for one in claims:
        if one.id in done:
            continue
        outcome = by_key.get(one.effect_key) or Outcome(one.effect_key, "unknown", "the connector gave no outcome")
        state, doubtful = _fate(partner.topic(one.topic), outcome)
        values: dict[str, Any] = {"state": state, "reason": outcome.reason[:400], "why": "", "lease_until": None}
        if state == "waiting":
            wait = full_jitter(one.attempt, timing.retry_base, timing.retry_cap, rng, after=outcome.after)
            values |= {"not_before": work.now + timedelta(seconds=wait), "doubtful": one.doubtful or doubtful}
        else:
            values |= {"settled_at": work.now}
        moved: Any = work.session.execute(_mine(one).values(**values))
        if state == "dead" and moved.rowcount:
            letters.append(_bury(work, partner, one.id, outcome))
    return letters


def _all_sent(work: Work, claims: Sequence[Claim]) -> None:
    """Most go without a word, and all of them become the same: in one statement, each by its own fence."""
    sent = {"state": "sent", "reason": "", "why": "", "lease_until": None, "settled_at": work.now}
    for some in batches([(one.id, one.fence) for one in claims]):
        mine = (tuple_(Message.id, Message.fence).in_(some), Message.state == "claimed")
        work.session.execute(update(Message).where(*mine).values(**sent).execution_options(synchronize_session=False))


def _fate(topic: Topic | None, outcome: Outcome) -> tuple[str, bool]:
    """(state, doubtful): what an outcome means for a message of this effect class."""
    if outcome.state == "sent":
        return "sent", False
    if outcome.state in {"refused", "gone"} or topic is None:
        return "dead", False
    if outcome.state == "retry":
        return "waiting", False
    if topic.effect is EffectClass.BLIND and not topic.repeat_blind:
        return "unknown", True
    return "waiting", True


def refuse(work: Work, one: Claim, reason: str, state: str = "refused", *, why: str) -> None:
    """At the last moment it is not to go; or (`cancelled`) there is nothing left to tell. why: one of WHY."""
    gone = {"state": state, "reason": reason[:400], "why": why, "lease_until": None, "settled_at": work.now}
    work.session.execute(_mine(one).values(**gone))


def put_off(work: Work, one: Claim, until: datetime, why: str = "", reason: str = "") -> None:
    """Back into the row, not before then; it was no attempt. why: empty for a moment only, then what was said before stays."""
    later: dict[str, Any] = {"state": "waiting", "not_before": until, "attempts": one.attempt - 1, "lease_until": None}
    said = {"why": why, "reason": reason[:400]} if why else {}
    work.session.execute(_mine(one).values(**later, **said))


def queue_behind(work: Work, one: Claim) -> None:
    """Behind all that waits for this person, so that what it gave way to is not held up by it. The caller holds their lock."""
    mine = select(Message.connection_id).where(Message.id == one.id).scalar_subquery()
    others = aliased(Message)
    last = (
        select(func.max(others.seq)).where(others.connection_id == mine, others.entity == one.entity).scalar_subquery()
    )
    work.session.execute(update(Message).where(Message.id == one.id, Message.fence == one.fence).values(seq=last + 1))


def expire(work: Work, partners: Mapping[int, Partner]) -> int:
    """Claims whose lease ran out go back, in doubt: nobody knows whether they arrived. Answers how many."""
    late = (
        select(Message)
        .where(Message.state == CLAIMED, Message.lease_until < work.now)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for row in work.session.scalars(late):
        partner = partners.get(row.connection_id)
        topic = partner.topic(row.topic) if partner else None
        row.state, row.doubtful = _fate(topic, Outcome(row.effect_key, "unknown")) if topic else ("waiting", True)
        row.reason, row.lease_until, row.fence = "the lease ran out", None, row.fence + 1
        row.settled_at = work.now if row.state == "unknown" else None
        count += 1
    return count


def overdue(session: Session, now: datetime) -> set[int]:
    """Connections that have messages due and may be told; the clock rings for them."""
    ready = (Connection.state == "active") & (Connection.rest_until.is_(None) | (Connection.rest_until <= now))
    waits = (Message.connection_id == Connection.id, in_order(Message), Message.not_before <= now)
    return set(session.scalars(select(Connection.id).where(ready, exists().where(*waits))))


def revive(work: Work, message: Message) -> None:
    """Replay under the same key: the partner still counts it once."""
    message.state, message.attempts, message.not_before, message.settled_at = "waiting", 0, work.now, None
    message.why = ""


def _bury(work: Work, partner: Partner, message_id: int, outcome: Outcome) -> int:
    letter = DeadLetter(
        connection_id=partner.id,
        message_id=message_id,
        code=outcome.state,
        reason=outcome.reason[:400],
        died_at=work.now,
    )
    return work.add(letter).id


def _mine(one: Claim) -> Any:
    return update(Message).where(Message.id == one.id, Message.state == "claimed", Message.fence == one.fence)

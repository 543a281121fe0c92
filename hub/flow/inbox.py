"""One way in: deliveries are kept before anybody is answered, and taken in order per (connection, entity)."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, select
from sqlalchemy.orm import aliased

from hub.core import Hub, Partner
from hub.errors import Quarantined
from hub.flow.batches import batches, these
from hub.gate import erase_rows
from hub.models import Connection, DataKey, DeadLetter, Delivery, TransferQuestion
from hub.models.traffic import WAITING, in_order
from hub.sdk import Incoming, full_jitter
from hub.work import Work

TRIES = 6  # of a delivery that makes our own code stumble
RETRY_CAP = 60.0
UNMET, UNMET_WAIT = "unmet", 5.0  # what it speaks of is read meanwhile; seconds until it is looked at in any case
_UNMET: ColumnElement[str] = literal_column(f"'{UNMET}'")

# Made once: making one costs more than the look-up. An entity is of one connection, as its hash holds the name. The offset keeps
# the look for an earlier one a look of its own, by entity (see hub.models.traffic).
EARLIER = aliased(Delivery)
BEFORE = (
    select(EARLIER.id)
    .where(EARLIER.entity == Delivery.entity, EARLIER.state == WAITING, EARLIER.id < Delivery.id)
    .offset(literal_column("0"))
    .correlate(Delivery)
)
DUE = (
    select(Delivery)
    .where(
        Delivery.connection_id == bindparam("connection"),
        in_order(Delivery),
        Delivery.not_before <= bindparam("now"),
        ~BEFORE.where(EARLIER.not_before > bindparam("now")).exists(),
    )
    .order_by(Delivery.not_before, Delivery.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
BLOCKED = select(Delivery.id).where(these(Delivery.id), BEFORE.where(~these(EARLIER.id)).exists())
SEEN = select(Delivery.key_hash).where(
    Delivery.connection_id == bindparam("connection"), Delivery.key_hash.in_(bindparam("hashes", expanding=True))
)
ONCE = ("connection_id", "key_hash")
Result = tuple[Delivery, dict[str, Any]]  # what became of its records: counts only


def keep(work: Work, partner: Partner, incoming: Sequence[Incoming], *, soon: bool = False) -> int:
    """Store what is new, each payload under a key of its own; answers how many were new. Repeats are nothing. soon: it
    happened just now, so it is taken in before partners are told what waits for them."""
    hashes = {work.vault.fingerprint("delivery", partner.name, one.key): one for one in incoming}
    rows, keys = [], work.make_keys("delivery", len(hashes))
    for (key_hash, one), (key, _) in zip(hashes.items(), keys, strict=True):
        delivery_id = work.ids.next()
        rows.append(
            {
                "id": delivery_id,
                "connection_id": partner.id,
                "key_hash": key_hash,
                "entity": work.vault.fingerprint("entity", partner.name, one.entity),
                "state": "waiting",
                "not_before": work.now,
                "received_at": work.now,
                "data_key_id": key.id,
                "payload": work.vault.seal(key, one.payload, f"delivery:{delivery_id}"),
            }
        )
    new = work.write_once(Delivery, rows, ONCE, (DataKey, "data_key_id", [row for _, row in keys]))
    if new:
        work.ring(partner.name)
        work.soon.update([partner.name] if soon else [])
    return new


def known(work: Work, partner: Partner, incoming: Sequence[Incoming]) -> set[str]:
    """Which of their keys we have been told before."""
    hashes = {work.vault.fingerprint("delivery", partner.name, one.key): one.key for one in incoming}
    found: set[str] = set()
    for batch in batches(hashes):
        seen = work.session.scalars(SEEN, {"connection": partner.id, "hashes": batch})
        found |= {hashes[key_hash] for key_hash in seen}
    return found


def find(work: Work, partner: Partner, key: str) -> Delivery:
    key_hash = work.vault.fingerprint("delivery", partner.name, key)
    mine = (Delivery.connection_id == partner.id, Delivery.key_hash == key_hash)
    return work.session.scalars(select(Delivery).where(*mine)).one()


def take(work: Work, partner: Partner, limit: int) -> list[Delivery]:
    """The deliveries that are due longest, oldest first, locked. One whose entity has an earlier delivery elsewhere (taken
    by another worker, or waiting for its next try) is left alone."""
    rows = list(work.session.scalars(DUE, {"connection": partner.id, "now": work.now, "limit": limit}))
    blocked = set(work.session.scalars(BLOCKED, {"ids": [row.id for row in rows]})) if rows else set()
    return sorted((row for row in rows if row.id not in blocked), key=lambda row: row.id)


def open_keys(work: Work, deliveries: Sequence[Delivery]) -> None:
    """The keys of their payloads, in one look."""
    ids = [row.data_key_id for row in deliveries if row.data_key_id is not None]
    work.open_keys.update(work.vault.open_keys(work.session, ids))


def open_payload(work: Work, delivery: Delivery) -> bytes:
    """Raises Unreadable when the delivery's key is gone."""
    return work.vault.unseal(work.key(delivery.data_key_id), delivery.payload or b"", f"delivery:{delivery.id}")


def done(work: Work, results: Sequence[Result]) -> None:
    """Their payloads have served; the keys go at once, the rows stay as the proof against repeats."""
    for delivery, result in results:
        delivery.state, delivery.settled_at, delivery.result, delivery.reason = "done", work.now, result, ""
    _shred(work, [delivery for delivery, _ in results])


def quarantine(work: Work, delivery: Delivery, error: Quarantined, declared: str) -> None:
    """Keep the payload under its key, process nothing, and ask a person."""
    delivery.state, delivery.reason, delivery.settled_at = "quarantined", error.what[:400], work.now
    asked = work.session.scalar(select(TransferQuestion).where(TransferQuestion.delivery_id == delivery.id))
    question = asked or work.add(TransferQuestion(delivery_id=delivery.id))  # one judged anew is asked about again
    question.declared, question.asked_at, question.answered_at, question.answer = declared[:8], work.now, None, None
    work.audit("hub", "quarantined", "delivery", delivery.id, declared=declared[:8])


def hold(work: Work, delivery: Delivery) -> None:
    """It speaks of an object that nobody has seen yet: wait until that has been read."""
    delivery.reason, delivery.not_before = UNMET, work.now + timedelta(seconds=UNMET_WAIT)


def held(work: Work, partner: Partner, limit: int) -> list[Delivery]:
    """Deliveries whose object is to be read, oldest first."""
    rows = (
        select(Delivery)
        .where(Delivery.connection_id == partner.id, Delivery.state == WAITING, Delivery.reason == _UNMET)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(work.session.scalars(rows))


def has_held(hub: Hub, partner: Partner) -> bool:
    """A look that costs next to nothing, for it is taken at every turn of a drain."""
    mine = (Delivery.connection_id == partner.id, Delivery.state == WAITING, Delivery.reason == _UNMET)
    with hub.look() as session:
        return session.scalar(select(Delivery.id).where(*mine).order_by(Delivery.id).limit(1)) is not None


def release(work: Work, deliveries: Sequence[Delivery]) -> None:
    """What they speak of is known by now."""
    for one in deliveries:
        one.reason, one.not_before = "", work.now


def stumble(work: Work, delivery: Delivery, code: str, reason: str, rng: Random, final: bool) -> int | None:
    """A delivery did not go through: wait and try again, or (final, or too many tries) a dead letter; answers its id."""
    delivery.attempts += 1
    delivery.reason = reason[:400]
    if not final and delivery.attempts < TRIES:
        wait = full_jitter(delivery.attempts, 0.5, RETRY_CAP, rng)
        delivery.not_before = work.now + timedelta(seconds=wait)
        return None
    delivery.state, delivery.settled_at = "dead", work.now
    letter = DeadLetter(
        connection_id=delivery.connection_id,
        delivery_id=delivery.id,
        code=code[:40],
        reason=reason[:400],
        died_at=work.now,
    )
    return work.add(letter).id


def revive(work: Work, delivery: Delivery) -> None:
    """Replay: the next drain takes it as if it had just come."""
    delivery.state, delivery.attempts, delivery.not_before, delivery.settled_at = "waiting", 0, work.now, None


def overdue(work: Work) -> set[int]:
    """Connections that have deliveries due; the sweep rings for them."""
    waits = (Delivery.connection_id == Connection.id, in_order(Delivery), Delivery.not_before <= work.now)
    return set(work.session.scalars(select(Connection.id).where(exists().where(*waits))))


def _shred(work: Work, deliveries: Sequence[Delivery]) -> None:
    keys = [row.data_key_id for row in deliveries if row.data_key_id is not None]
    for row in deliveries:
        row.data_key_id, row.payload = None, None
    work.session.flush()
    for batch in batches(keys):
        for key_id in batch:
            work.open_keys.pop(key_id, None)
        erase_rows(work.session, DataKey, DataKey.id.in_(batch), record_set="traffic", persons=(), now=work.now)

"""Consents as they were given and withdrawn: append-only, and known again by all that makes one."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from hub.core import Hub, Partner
from hub.flow.batches import batches
from hub.flow.identity import Known
from hub.flow.outbox import Intent
from hub.flow.told import Station
from hub.models import Consent, Message
from hub.models.traffic import waiting_among
from hub.sdk import ConsentRecord
from hub.work import Work

HISTORY = timedelta(days=30)  # what was said longer ago came with a history, which partners have of their own
TOLD = ("consent_granted", "consent_withdrawn")


def fold(station: Station, records: Sequence[ConsentRecord]) -> list[tuple[Known, ConsentRecord]]:
    """Answers those that are news, and whose they are."""
    work, partner = station.work, station.partner
    keyed: dict[bytes, tuple[Known, ConsentRecord]] = {}
    for record in records:
        if (known := station.people.of(record.customer)) is not None:
            parts = (str(known.person.id), record.purpose, record.channel, record.state, record.at.isoformat())
            keyed[work.vault.fingerprint("consent", partner.name, *parts)] = (known, record)
    seen: set[bytes] = set()
    for batch in batches(keyed):
        mine = (Consent.connection_id == partner.id, Consent.source_hash.in_(batch))
        seen |= set(work.session.scalars(select(Consent.source_hash).where(*mine)))
    news = [(source, *one) for source, one in keyed.items() if source not in seen]
    for source, known, record in news:
        _add(work, partner, known, record, source)
    return [(known, record) for _, known, record in news]


def take_back(hub: Hub, work: Work, news: Sequence[tuple[Known, ConsentRecord]]) -> int:
    """Messages that have not gone yet, of a purpose and channel that somebody has just said no to; answers how many. A word that
    is older than their last one takes nothing back."""
    ended = {(known.person.id, known.customer.ref, one.purpose, one.channel)
             for known, one in news if one.state == "withdrawn"}  # fmt: skip
    if not ended:
        return 0
    work.session.flush()
    stands: dict[tuple[int, str, str], str] = {}
    columns = (Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
    for people in batches(sorted({person for person, _, _, _ in ended})):
        rows = select(*columns).where(Consent.person_id.in_(people)).order_by(Consent.at, Consent.id)
        stands |= {(person, purpose, channel): state for person, purpose, channel, state in work.session.execute(rows)}
    still = {(ref, purpose, channel) for person, ref, purpose, channel in ended
             if stands.get((person, purpose, channel)) == "withdrawn"}  # fmt: skip
    told = {
        (partner.id, topic.name): (topic.purpose, topic.channel)
        for partner in hub.partners.values() for topic in partner.connector.topics
    }  # fmt: skip
    mine: list[int] = []
    found = select(Message.id, Message.entity, Message.connection_id, Message.topic)
    for refs in batches(sorted({ref for ref, _, _ in still})):
        waiting = found.where(waiting_among(refs, {one for one, _ in told}))
        for number, ref, connection, topic in work.session.execute(waiting):
            if (ref, *told.get((connection, topic), ("", ""))) in still:
                mine.append(number)
    gone = {"state": "cancelled", "why": "withdrawn", "reason": "consent was withdrawn", "settled_at": work.now}
    for numbers in batches(mine):
        waits = (Message.id.in_(numbers), Message.state == "waiting")
        work.session.execute(update(Message).where(*waits).values(**gone))
    return len(mine)


def intent_of(work: Work, partner: Partner, known: Known, record: ConsentRecord) -> Intent | None:
    """What partners are told of it, except the one who told us; None: it is history. by: the channel."""
    if work.now - record.at > HISTORY:
        return None
    mark = work.vault.fingerprint(
        "consent_told", known.customer.ref, record.purpose, record.channel, record.at.isoformat()
    )
    refs = {"customer_id": known.customer.id, "kind": record.purpose, "by": record.channel, "at": record.at.isoformat(),
            "origin": partner.name}  # fmt: skip
    topic = f"consent_{record.state}"
    return Intent(topic, known.customer.ref, f"{topic}:{mark.hex()}", refs)


def _add(work: Work, partner: Partner, known: Known, record: ConsentRecord, source: bytes) -> None:
    work.put(
        Consent,
        person_id=known.person.id,
        purpose=record.purpose,
        channel=record.channel,
        state=record.state,
        notice=record.notice,
        at=record.at,
        received_at=work.now,
        connection_id=partner.id,
        source_hash=source,
        how=record.how,
        language=record.language,
    )
    work.audit(partner.name, f"consent_{record.state}", "person", known.person.id, purpose=record.purpose)

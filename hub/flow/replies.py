"""What comes back of texts: STOP and START become consents, other words go to the customer, receipts settle what was blind.

A number is nobody's name: families share one. Whoever says STOP from it ends the texts of all who have it; what else is said
goes to whom we wrote last."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select, update

from hub.core import Hub, Partner
from hub.flow.batches import batches
from hub.flow.identity import fold_phone, lock_customers
from hub.models import Alias, Consent, Customer, Message, Person
from hub.sdk import ConsentRecord, CustomerKey, EventRecord, ReceiptRecord, Record, ReplyRecord
from hub.work import Work

STOPPED, STARTED = "text_stop", "text_start"  # what stands in place of a notice
ARRIVED = "delivered"


@dataclass(frozen=True)
class Owner:
    """Somebody who has a number. silent: their data may not be used now."""

    customer_id: int
    ref: str
    person_id: int
    jurisdiction: str
    silent: bool


@dataclass(frozen=True)
class Said:
    """Words for a person. key: the same whenever the same answer is told again."""

    customer_id: int
    text: str
    key: str


@dataclass
class Heard:
    """records: what the answers mean, in our words, about customers whose rows are ours now. strangers: answers from a number
    that nobody has. told: answers and receipts that were about somebody."""

    records: list[ConsentRecord | EventRecord] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    settled: list[tuple[int, ReceiptRecord]] = field(default_factory=list)
    strangers: list[object] = field(default_factory=list)
    told: list[object] = field(default_factory=list)


def hear(hub: Hub, work: Work, partner: Partner, records: Sequence[Record]) -> Heard:
    replies = [one for one in records if isinstance(one, ReplyRecord)]
    receipts = [one for one in records if isinstance(one, ReceiptRecord)]
    heard = Heard()
    if not replies and not receipts:
        return heard
    owners = _owners(work, {fold_phone(one.phone, None) for one in replies})
    messages = _messages(work, partner, {one.ref for one in receipts})
    refs = {entity for _, entity in messages.values()}
    theirs = set(work.session.scalars(select(Customer.id).where(Customer.ref.in_(refs)))) if refs else set[int]()
    lock_customers(work, {owner.customer_id for found in owners.values() for owner in found} | theirs)
    for reply in replies:
        _reply(hub, work, partner, reply, owners.get(fold_phone(reply.phone, None), []), heard)
    for receipt in receipts:
        found = messages.get(receipt.ref)
        (heard.told if found else heard.strangers).append(receipt)
        if found:
            heard.settled.append((found[0], receipt))
            if receipt.state == "failed":
                key, hard = CustomerKey(partner_id=found[1], ref=found[1]), {"hard": receipt.hard}
                heard.records.append(EventRecord(customer=key, kind="text_failed", key=receipt.key, at=receipt.at,
                                                 attributes=hard))  # fmt: skip
    if heard.strangers:
        work.audit(partner.name, "told_of_nobody", "connection", partner.id, count=len(heard.strangers))
    return heard


def settle(work: Work, heard: Heard) -> None:
    """A claim that is under way is settled, too: the fence moves on, so that whoever holds it changes nothing any more. What
    has arrived stays so, whatever is told later."""
    for message_id, receipt in heard.settled:
        mine = update(Message).where(Message.id == message_id, Message.reason != ARRIVED)
        values = {
            "lease_until": None,
            "settled_at": func.coalesce(Message.settled_at, work.now),
            "fence": Message.fence + 1,
        }
        if receipt.state == ARRIVED:
            open_ = mine.where(Message.state.in_(("waiting", "claimed", "unknown", "sent", "refused")))
            work.session.execute(open_.where(Message.why.in_(("", "undelivered"))).values(
                state="sent", why="", reason=ARRIVED, **values))  # fmt: skip
        else:
            open_ = mine.where(Message.state.in_(("waiting", "claimed", "unknown", "sent")))
            reason = f"the provider says that it did not arrive{f' ({receipt.code})' if receipt.code else ''}"
            work.session.execute(open_.values(state="refused", why="undelivered", reason=reason, **values))


def _reply(hub: Hub, work: Work, partner: Partner, reply: ReplyRecord, owners: Sequence[Owner], heard: Heard) -> None:
    (heard.told if owners else heard.strangers).append(reply)
    meaning = hub.book.now().replies.meaning(reply.text)
    if meaning == "said":
        if owners:
            one = _spoken_to(work, partner, owners)
            key = CustomerKey(partner_id=one.ref, ref=one.ref)
            heard.records.append(EventRecord(customer=key, kind="text_replied", key=reply.key, at=reply.at))
            if not one.silent:
                heard.said.append(Said(one.customer_id, reply.text, reply.key))
        return
    stood = _standing(work, reply.channel, [one.person_id for one in owners])
    for one in owners:
        key, known = CustomerKey(partner_id=one.ref, ref=one.ref), stood[one.person_id]
        purposes = _ended(hub, reply.channel, known) if meaning == "stop" else _given_back(hub, one, known)
        state, notice = ("withdrawn", STOPPED) if meaning == "stop" else ("granted", STARTED)
        for purpose in sorted(purposes):
            heard.records.append(ConsentRecord(customer=key, purpose=purpose, channel=reply.channel, state=state,
                                               notice=notice, at=reply.at, how="reply"))  # fmt: skip


def _ended(hub: Hub, channel: str, known: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """All that could still come by this channel, whoever would send it."""
    sent = {
        topic.purpose for one in hub.partners.values() for topic in one.connector.topics if topic.channel == channel
    }
    for purpose in sent - hub.book.now().sending.exempt:
        if known.get(purpose, ("", ""))[0] != "withdrawn":
            yield purpose


def _given_back(hub: Hub, owner: Owner, known: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What STOP took, where the law lets START give it back; a no that was said elsewhere stands."""
    allowed = hub.book.now().replies.given_back(owner.jurisdiction)
    yield from (purpose for purpose, stood in known.items() if stood == ("withdrawn", STOPPED) and purpose in allowed)


def _standing(work: Work, channel: str, person_ids: Sequence[int]) -> Mapping[int, dict[str, tuple[str, str]]]:
    """person -> purpose -> (state, notice) of the latest word."""
    found: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    columns = (Consent.person_id, Consent.purpose, Consent.state, Consent.notice)
    for batch in batches(sorted(person_ids)):
        mine = (Consent.person_id.in_(batch), Consent.channel == channel)
        for person, purpose, state, notice in work.session.execute(
            select(*columns).where(*mine).order_by(Consent.at, Consent.id)
        ):
            found[person][purpose] = (state, notice)
    return found


def _owners(work: Work, phones: set[str]) -> Mapping[str, list[Owner]]:
    hashes = {blind: one for one in phones for blind in work.vault.blinds(work.session, "phone", one)}
    found: dict[str, list[Owner]] = defaultdict(list)
    columns = (Alias.hash, Customer.id, Customer.ref, Person.id, Person.jurisdiction, Person.restricted_at)
    for batch in batches(hashes):
        rows = (
            select(*columns)
            .join(Person, Person.id == Alias.person_id)
            .join(Customer, Customer.person_id == Person.id)
            .where(Alias.kind == "phone", Alias.hash.in_(batch), Person.erased_at.is_(None), Person.moved_to.is_(None))
        )
        for blind, customer_id, ref, person_id, jurisdiction, restricted in work.session.execute(
            rows.order_by(Customer.id)
        ):
            found[hashes[blind]].append(Owner(customer_id, ref, person_id, jurisdiction, restricted is not None))
    return found


def _spoken_to(work: Work, partner: Partner, owners: Sequence[Owner]) -> Owner:
    """Whom we wrote to last from this connection, of those who share a number."""
    if len(owners) == 1:
        return owners[0]
    mine = (Message.connection_id == partner.id, Message.entity.in_([one.ref for one in owners]))
    sent = select(Message.entity).where(*mine, Message.state.in_(("sent", "unknown")))
    last = work.session.scalar(sent.order_by(Message.settled_at.desc(), Message.id.desc()).limit(1))
    return next((one for one in owners if one.ref == last), owners[0])


def _messages(work: Work, partner: Partner, keys: set[str]) -> Mapping[str, tuple[int, str]]:
    """effect key -> (message, whom it is about)."""
    found: dict[str, tuple[int, str]] = {}
    columns = (Message.effect_key, Message.id, Message.entity)
    for batch in batches(sorted(keys)):
        mine = (Message.connection_id == partner.id, Message.effect_key.in_(batch))
        found |= {key: (number, entity) for key, number, entity in work.session.execute(select(*columns).where(*mine))}
    return found

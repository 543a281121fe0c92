"""Our changes to a partner that is kept in step: one waiting message per customer, rendered from what differs when it goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import agreements, drift, identity, ours, outbox, sayable, strangers
from hub.flow.agreements import Agreed, Word
from hub.flow.batches import batches
from hub.flow.effects import Asked, Subject, consents_of, load_subjects, open_links
from hub.flow.ours import Fields
from hub.flow.outbox import Claim, Intent
from hub.models import Link, Message, Person
from hub.models.people import named_at
from hub.models.traffic import waiting_among
from hub.sdk import SET_FIELDS, Observes, Outcome, Push
from hub.work import Work
from rules.syncmap import FieldRule, ObjectRule, SyncMap
from rules.transforms import settled


@dataclass(frozen=True)
class Sent:
    """What a push of this transaction's claims sets, for `settle`. words: field -> (what was there, what is set)."""

    subject: Subject
    kind: str
    words: Mapping[str, tuple[str | None, str | None]]
    at: datetime
    new: bool


@dataclass
class Rendered:
    ready: list[tuple[Claim, Push]] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)


def map_of(hub: Hub, partner: Partner) -> SyncMap | None:
    """The mapping by which this connection is kept in step; None where its options do not say two_way, its connector
    cannot, or nobody mapped it."""
    if (
        not partner.settings.options.get("two_way")
        or not isinstance(partner.connector, Observes)
        or partner.topic(SET_FIELDS) is None
    ):
        return None
    return hub.book.sync_of(partner.connector.name)


def notice(hub: Hub, work: Work, touched: Mapping[int, set[str]]) -> int:
    """Customers changed: put a message for each partner whose fields differ by it. Answers how many are new.

    What came from a partner is agreed by now, so it does not differ and does not go back."""
    count = 0
    for partner in hub.partners.values():
        mapping = map_of(hub, partner)
        for rule in mapping.objects if mapping else ():
            mine = {
                one for one, changes in touched.items()
                if "sync" in changes or ours.fields_of(changes) & rule.of_ours()
            }  # fmt: skip
            if mapping and mine:
                count += want(hub, work, partner, mapping, rule, mine)
    return count


def want(
    hub: Hub, work: Work, partner: Partner, mapping: SyncMap, rule: ObjectRule, customer_ids: Iterable[int],
    make: bool = False,
) -> int:  # fmt: skip
    """A message for each of these customers that has something to tell; one that waits already covers what is new.
    make: also for those who are not there yet. What the policy keeps here, or no word of theirs can say, is nothing to tell.

    A waiting message that a worker holds right now is passed over: it has been rendered, so another is put."""
    linked = linked_of(work, partner, customer_ids)
    unknown = set(customer_ids) - linked if make or "there" in rule.creates else set[int]()
    subjects = load_subjects(work, linked | strangers.but_strangers(work.session, unknown))
    mine = ours.read(work, subjects.values())
    agreed = agreements.load(work, partner, rule.kind, [one for one in subjects.values() if one.customer_id in mine])
    gone, asked = (
        drift.quarantined(work.session, partner, rule.kind),
        Asked(hub, work, partner, consents_of(work, subjects.values())),
    )
    eager = []
    for customer_id, one in agreed.items():
        differing = differences(rule, one, mine[customer_id], gone)
        if not differing or one.state != "live" or _was_merged(one, customer_id in linked):
            continue
        allowed, denied = sayable.allowed_of(asked, subjects[customer_id], differing.values())
        if denied or any(sayable.fits(field, mine[customer_id]) for field in allowed):
            eager.append(customer_id)
        else:
            sayable.spoken_of(work, partner, rule, allowed, mine[customer_id])  # notes what does not fit
        fresh = [name for name in differing if one.word(name).ours_at is None] if one.row else []
        for name in fresh:
            one.word(name).ours_at = work.now
        if fresh:
            agreements.save(work, partner, one, subjects[customer_id].data_key_id)
    covered = _covered(work, partner, {subjects[one].customer_ref for one in eager}, rule.kind)
    intents = [
        Intent(SET_FIELDS, subjects[one].customer_ref, f"sync:{rule.kind}:{work.ids.next()}",
               {"customer_id": one, "kind": rule.kind})
        for one in eager if subjects[one].customer_ref not in covered
    ]  # fmt: skip
    return outbox.put(work, partner, intents, after=mapping.flush) if intents else 0


def differences(
    rule: ObjectRule, agreed: Agreed, mine: Fields, gone: set[str] | frozenset[str] = frozenset()
) -> dict[str, FieldRule]:
    """The partner's fields that do not say what we say, and that we may set."""
    found = {}
    for one in rule.fields:
        if one.direction == "in" or one.theirs in gone:
            continue
        word = agreed.words.get(one.theirs)
        value = settled(one.transform, one.words, mine[one.ours])
        if word is None:
            differs = value is not None
        else:
            differs = not word.held and (word.doubt or value != word.value) and not is_refused(word, value)
        if differs:
            found[one.theirs] = one
    return found


def is_refused(word: Word, value: str | None) -> bool:
    """Has the partner said that it does not take this value?"""
    return value is not None and value == word.refused


def render(hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim]) -> Rendered:
    """What differs now, policy asked; a claim that has nothing to say any more is settled here. The customers are locked,
    and what is about to be written is remembered, so that its echo is known even if nobody hears of its fate."""
    mapping, done = map_of(hub, partner), Rendered()
    identity.lock_customers(work, [claim.refs["customer_id"] for claim in claims])
    subjects = load_subjects(work, [claim.refs["customer_id"] for claim in claims])
    mine = ours.read(work, subjects.values())
    asked = Asked(hub, work, partner, consents_of(work, subjects.values()))
    links = open_links(work, partner, list(subjects.values()))
    for claim in claims:
        rule = mapping.object_of(claim.refs["kind"]) if mapping else None
        subject = subjects.get(claim.refs["customer_id"])
        if rule is None or subject is None or subject.customer_id not in mine:
            outbox.refuse(work, claim, "the customer or the mapping no longer exists", why="gone")
            continue
        agreed = agreements.load(work, partner, rule.kind, [subject])[subject.customer_id]
        gone = drift.quarantined(work.session, partner, rule.kind)
        differing = differences(rule, agreed, mine[subject.customer_id], gone)
        allowed, reason = sayable.allowed_of(asked, subject, differing.values())
        fields = sayable.spoken_of(work, partner, rule, allowed, mine[subject.customer_id])
        if not fields or agreed.state != "live":
            state, why = ("refused", "policy") if reason else ("cancelled", "agrees")
            outbox.refuse(work, claim, reason or "both sides agree", state, why=why)
            continue
        link = links.get(subject.customer_id)
        words = {}
        for name in fields:
            word, now = agreed.word(name), mine[subject.customer_id][differing[name].ours]
            word.before, word.wrote = word.value, settled(differing[name].transform, differing[name].words, now)
            word.wrote_at, word.wrote_until = work.now, None
            words[name] = (word.value, word.wrote)
        agreements.save(work, partner, agreed, subject.data_key_id)
        body = {"kind": rule.kind, "fields": fields}
        done.ready.append((claim, Push(SET_FIELDS, claim.effect_key, subject.customer_ref, link, body, claim.attempt)))
        done.sent[claim.effect_key] = Sent(subject, rule.kind, words, work.now, link is None)
    return done


def settle(
    hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim], rendered: Rendered, outcomes: Sequence[Outcome]
) -> set[int]:
    """After outbox.settle: what arrived is agreed, unless the partner told something else meanwhile; then it is told again.
    Answers the customers whose object there has a name that we know only now."""
    fences = {claim.id: claim for claim in claims if claim.effect_key in rendered.sent}
    arrived = {
        fences[row.id].effect_key
        for batch in batches(list(fences))
        for row in work.session.execute(
            select(Message.id, Message.fence).where(Message.id.in_(batch), Message.state == "sent")
        )
        if row.fence == fences[row.id].fence
    }
    customers = {claim.effect_key: claim.refs["customer_id"] for claim in claims if "customer_id" in claim.refs}
    met = learn_links(work, partner, customers, outcomes)
    sent = {key: one for key, one in rendered.sent.items() if key in arrived}
    identity.lock_customers(work, [one.subject.customer_id for one in sent.values()])
    mapping = map_of(hub, partner)
    kept_out = {outcome.key: set(outcome.kept_out) for outcome in outcomes}
    for key, one in sent.items():
        subject = one.subject
        agreed = agreements.load(work, partner, one.kind, [subject])[subject.customer_id]
        again = False
        for name, (before, value) in one.words.items():
            word = agreed.word(name)
            if name in kept_out[key]:
                word.refused, word.wrote, word.wrote_at = value, None, None
                drift.unfit(work, partner, one.kind, name)
                continue
            word.wrote_until, word.refused = work.now, None
            if word.value == before:
                word.becomes(value, None)
                word.ours_at = None
            elif word.value != value:
                word.known, word.doubt, again = [*word.known, value], True, True
        agreed.whole = agreed.whole or one.new
        agreements.save(work, partner, agreed, subject.data_key_id)
        rule = mapping.object_of(one.kind) if mapping else None
        if again and mapping and rule:
            want(hub, work, partner, mapping, rule, [subject.customer_id])
    return met


def learn_links(work: Work, partner: Partner, customers: Mapping[str, int], outcomes: Sequence[Outcome]) -> set[int]:
    """The partner's ids that came back with a push: from now on we know its object by its own name."""
    told = {customers[one.key]: one.partner_id for one in outcomes if one.partner_id and one.key in customers}
    missing = set(told) - linked_of(work, partner, told)
    for customer_id, subject in load_subjects(work, missing).items():
        kind = f"link:{partner.id}:customer"
        blinds = work.vault.blinds(work.session, kind, told[customer_id] or "")
        taken = select(Link.id).where(Link.connection_id == partner.id, Link.about == "customer", Link.hash.in_(blinds))
        if subject.data_key_id is not None and work.session.scalar(taken) is None:
            person = work.session.get_one(Person, subject.person_id)
            identity.link(work, partner, "customer", told[customer_id] or "", customer_id, person)
    return missing


def linked_of(work: Work, partner: Partner, customer_ids: Iterable[int]) -> set[int]:
    work.session.flush()
    found: set[int] = set()
    for batch in batches(sorted(set(customer_ids))):
        rows = select(Link.about_id).where(*named_at(partner.id, "customer"), Link.about_id.in_(batch))
        found |= set(work.session.scalars(rows))
    return found


def _was_merged(agreed: Agreed, linked: bool) -> bool:
    return agreed.state == "merged" and not linked


def _covered(work: Work, partner: Partner, refs: Iterable[str], kind: str) -> set[str]:
    """Customers whose message still waits, held here until this transaction ends, so that it is rendered after it."""
    found: set[str] = set()
    for batch in batches(sorted(refs)):
        rows = (
            select(Message)
            .where(Message.topic == SET_FIELDS, waiting_among(batch, [partner.id]))
            .with_for_update(skip_locked=True)
        )
        found |= {row.entity for row in work.session.scalars(rows) if row.refs.get("kind") == kind}
    return found

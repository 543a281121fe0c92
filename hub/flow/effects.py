"""From causes to messages and from messages to pushes: who is told, may they be, and what exactly goes out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import case, select

from hub.access.invitations import opened as opened_links
from hub.core import Hub, Partner
from hub.errors import ConfigError
from hub.flow import endpoints, estimates, outbox, permit, posts
from hub.flow.batches import batches, these
from hub.flow.outbox import Claim, Intent
from hub.flow.segments import Move
from hub.flow.values import value_context
from hub.models import Consent, Customer, Link, Membership, Person, PersonalValue
from hub.models.people import named_at
from hub.sdk import Decision, Push, Question, Topic
from hub.templates import Templates
from hub.work import Work

STANDING = case(
    (Person.erased_at.is_not(None), "erased"), (Person.restricted_at.is_not(None), "restricted"), else_="live"
)
SUBJECTS = (
    select(Customer.id, Customer.ref, Person.id, Person.data_key_id, Person.jurisdiction, Customer.language, STANDING)
    .join(Person, Person.id == Customer.person_id)
    .where(these(Customer.id))
)
CONSENTS = (
    select(Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
    .where(these(Consent.person_id))
    .order_by(Consent.at, Consent.id)
)
# of a message's refs: what may leave the house
PLAIN = ("segment", "tier", "kind", "how", "version", "seen", "lines", "by", "at", "words")

Consents = Mapping[tuple[int, str, str], str]


@dataclass(frozen=True)
class Subject:
    """What is known of whom a message is about, without opening anything."""

    customer_id: int
    customer_ref: str
    person_id: int
    data_key_id: int | None
    jurisdiction: str
    language: str
    standing: str


def announce(hub: Hub, work: Work, intents: Sequence[tuple[int, Intent]], after: float = 0) -> int:
    """Put a message for every connection that listens, policy asked; the connection that told us is not told back. after: seconds until
    they go."""
    if not intents:
        return 0
    subjects = load_subjects(work, {customer_id for customer_id, _ in intents})
    told = [
        (partner, subjects[customer_id], topic, _by(topic, intent))
        for partner in hub.partners.values()
        for customer_id, intent in intents
        if intent.refs.get("origin") != partner.name
        for topic in partner.topics_for(intent.topic)
        if intent.refs.get("channel") in (None, topic.channel) and intent.refs.get("purpose") in (None, topic.purpose)
    ]
    consents = consents_of(work, [subject for _, subject, _, _ in told])
    asked = {partner.id: Asked(hub, work, partner, consents) for partner in hub.partners.values()}
    wanted = [(partner, _judged(asked[partner.id], subject, topic, intent)) for partner, subject, topic, intent in told]
    return outbox.put_all(work, wanted, after)


def _by(topic: Topic, intent: Intent) -> Intent:
    """The intent as this topic tells it; two topics of one cause are two effects."""
    return intent if topic.name == intent.topic else replace(intent, topic=topic.name, key=f"{topic.name}/{intent.key}")


def intents_of(moves: Iterable[Move]) -> list[tuple[int, Intent]]:
    """A segment's move as what is to be told."""
    found = []
    for move in moves:
        verb = "entered" if move.entered else "left"
        refs = {"customer_id": move.customer_id, "segment": move.segment, "membership_id": move.membership_id}
        found.append(
            (move.customer_id, Intent(f"segment_{verb}", move.customer_ref, f"{verb}:{move.membership_id}", refs))
        )
    return found


def _judged(asked: "Asked", subject: Subject, topic: Topic, intent: Intent) -> Intent:
    decision = asked.about(subject, topic)
    return replace(intent, refused=f"{decision.policy}: {decision.reason}") if decision.verdict == "deny" else intent


def render(
    hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim], without: frozenset[str] = frozenset()
) -> list[tuple[Claim, Push]]:
    """Ask the policy again and fill in the personal values it lets through; a refused claim is settled here.
    without: personal fields that are told another way.

    Values are opened for this moment only: nothing of it is stored."""
    if any("endpoint_id" in claim.refs for claim in claims):
        return endpoints.render(hub, work, partner, claims)
    subjects = load_subjects(work, {claim.refs["customer_id"] for claim in claims})
    asked = Asked(hub, work, partner, consents_of(work, subjects.values()))
    ready = []
    for claim in claims:
        subject, topic = subjects.get(claim.refs["customer_id"]), partner.topic(claim.topic)
        if subject is None or topic is None:
            outbox.refuse(work, claim, "the customer or the topic no longer exists", why="gone")
            continue
        decision = asked.about(subject, topic)
        if decision.verdict == "deny":
            outbox.refuse(work, claim, f"{decision.policy}: {decision.reason}", why="policy")
        else:
            ready.append((claim, subject, topic, decision))
    wishes = [
        permit.Wish(claim, topic, subject.customer_id, subject.jurisdiction) for claim, subject, topic, _ in ready
    ]
    free = permit.heeded(hub, work, partner, wishes)
    ready = [one for one in ready if one[0].id in free]
    opened = open_values(
        work, [(subject, set(topic.fields) - decision.mask - without) for _, subject, topic, decision in ready]
    )
    links = open_links(work, partner, [subject for _, subject, _, _ in ready])
    segments = segments_of(work, [subject.customer_id for _, subject, _, _ in ready])
    templates = Templates(hub.settings.config / "templates")
    keys = keys_of(hub, work, [claim for claim, _, _, _ in ready])
    named = estimates.names_there(work, partner, [claim for claim, _, _, _ in ready])
    read = posts.read_among(work, {claim.refs["answer_id"] for claim, _, _, _ in ready if "answer_id" in claim.refs})
    pushes = []
    for claim, subject, topic, decision in ready:
        fields = {
            name: value
            for name, value in opened[subject.person_id].items()
            if name in topic.fields and name not in decision.mask and name not in without
        }
        if not reachable(partner, topic, fields):
            outbox.refuse(work, claim, "nobody can be reached there", why="no_address")
            continue
        if "sign_in_link_id" in claim.refs and claim.id not in keys:
            outbox.refuse(work, claim, "the link was used or is too old", why="ended")
            continue
        if claim.refs.get("answer_id") in read:
            outbox.refuse(work, claim, "it was read where it stands", "cancelled", why="read")
            continue
        if "estimate_id" in claim.refs and claim.id not in named:
            outbox.refuse(work, claim, "another connection told this estimate", why="gone")
            continue
        try:
            words = worded(templates, claim, topic, subject.language, fields, keys.get(claim.id, {}))
        except ConfigError as error:
            outbox.refuse(work, claim, f"template: {error.what}", why="template")
            continue
        about = {"estimate": named[claim.id]} if claim.id in named else {}
        body = {**fields, **_plain(claim), **about, **words, "segments": segments[subject.customer_id]}
        push = Push(
            claim.topic, claim.effect_key, subject.customer_ref, links.get(subject.customer_id), body, claim.attempt
        )
        pushes.append((claim, push))
    return pushes


def reachable(partner: Partner, topic: Topic, fields: Mapping[str, str]) -> bool:
    """Programs always are; people where the channel finds an address among their fields."""
    address_of = getattr(partner.connector, "address_of", None)
    return topic.channel == "api" or address_of is None or bool(address_of(fields))


def keys_of(hub: Hub, work: Work, claims: Sequence[Claim]) -> Mapping[int, Mapping[str, str]]:
    """message id -> link and code, or words, that this message alone may say; absent where they open nothing any more."""
    links = {claim.id: claim.refs["sign_in_link_id"] for claim in claims if "sign_in_link_id" in claim.refs}
    told = {claim.id: claim.refs["post_id"] for claim in claims if "post_id" in claim.refs}
    found = opened_links(work, links.values()) if links else {}
    words = posts.words_of(work, set(told.values())) if told else {}
    return {
        claim_id: {"url": f"{hub.here.origin}/sign-in/{found[link]['secret']}", "code": found[link]["code"]}
        for claim_id, link in links.items() if link in found
    } | {claim_id: {"said": words[post]} for claim_id, post in told.items() if post in words}  # fmt: skip


def worded(
    templates: Templates, claim: Claim, topic: Topic, language: str, fields: Mapping[str, str], keys: Mapping[str, str]
) -> dict[str, Any]:
    """The words for a person: a mail's parts, or a short text; nothing for a program. Raises ConfigError.

    A template sees what the step gave, what this message alone may say, and of the personal fields the name alone."""
    if not claim.template or topic.channel == "api":
        return {}
    name = {"name": fields["name"]} if fields.get("name") else {}
    values = {**_plain(claim), **claim.refs.get("values", {}), **keys, **name}
    if topic.channel != "mail":
        return {"text": templates.render(claim.template, language, values)}
    written = templates.write(claim.template, language, values)
    button = {"label": written.label, "url": written.link} if written.link else None
    return {"subject": written.subject, "text": written.text, "button": button, "language": language}


def _plain(claim: Claim) -> dict[str, Any]:
    """Names of segments and tiers, what to delete how, what was answered to which line: no ids of ours."""
    return {name: claim.refs[name] for name in PLAIN if name in claim.refs}


class Asked:
    """The policy's answers within one batch: equal questions are asked once, as facts name nobody."""

    def __init__(self, hub: Hub, work: Work, partner: Partner, consents: Consents) -> None:
        self.hub = hub
        self.work = work
        self.partner = partner
        self.consents = consents
        self.answers: dict[tuple[tuple[str, Any], ...], Decision] = {}

    def about(self, subject: Subject, topic: Topic) -> Decision:
        consent = self.consents.get((subject.person_id, topic.purpose, topic.channel), "never_asked")
        facts = permit.facts_of(self.hub, self.partner, topic, subject.jurisdiction, subject.standing, consent)
        key = tuple(facts.items())
        if key not in self.answers:
            self.answers[key] = self.hub.permits(Question(facts, self.work.now))
        return self.answers[key]


def load_subjects(work: Work, customer_ids: Iterable[int]) -> dict[int, Subject]:
    work.session.flush()
    found: dict[int, Subject] = {}
    for batch in batches(sorted(set(customer_ids))):
        rows = work.session.execute(SUBJECTS, {"ids": batch})
        found |= {row[0]: Subject(row[0], row[1], row[2], row[3], row[4], row[5] or "en", row[6]) for row in rows}
    return found


def consents_of(work: Work, subjects: Iterable[Subject]) -> Consents:
    """(person, purpose, channel) -> granted or withdrawn: the latest row stands."""
    states: dict[tuple[int, str, str], str] = {}
    for batch in batches(sorted({subject.person_id for subject in subjects})):
        rows = work.session.execute(CONSENTS, {"ids": batch})
        states |= {(person, purpose, channel): state for person, purpose, channel, state in rows}
    return states


def open_values(work: Work, wanted: Sequence[tuple[Subject, set[str]]]) -> Mapping[int, dict[str, str]]:
    """person id -> the personal values asked for; one that was cleared is absent."""
    fields = {name for _, names in wanted for name in names}
    subjects = {subject.person_id: subject for subject, names in wanted if names and subject.data_key_id is not None}
    open_keys(work, subjects.values())
    opened: dict[int, dict[str, str]] = defaultdict(dict)
    for batch in batches(sorted(set(subjects))):
        rows = select(PersonalValue.person_id, PersonalValue.field, PersonalValue.sealed).where(
            PersonalValue.person_id.in_(batch), PersonalValue.field.in_(fields), PersonalValue.about_id == 0
        )
        for person_id, name, sealed in work.session.execute(rows):
            key = work.key(subjects[person_id].data_key_id)
            if value := work.vault.unseal(key, sealed, value_context(person_id, name, 0)).decode():
                opened[person_id][name] = value
    return opened


def open_links(work: Work, partner: Partner, subjects: Sequence[Subject]) -> dict[int, str]:
    """customer id -> the partner's own id for them, where we know it."""
    by_id = {subject.customer_id: subject for subject in subjects if subject.data_key_id is not None}
    open_keys(work, by_id.values())
    found: dict[int, str] = {}
    for batch in batches(sorted(set(by_id))):
        rows = select(Link.about_id, Link.sealed).where(*named_at(partner.id, "customer"), Link.about_id.in_(batch))
        for customer_id, sealed in work.session.execute(rows):
            subject = by_id[customer_id]
            context = f"link:customer:{subject.person_id}"
            found[customer_id] = work.vault.unseal(work.key(subject.data_key_id), sealed, context).decode()
    return found


def open_keys(work: Work, subjects: Iterable[Subject]) -> None:
    missing = [
        one.data_key_id for one in subjects if one.data_key_id is not None and one.data_key_id not in work.open_keys
    ]
    work.open_keys.update(work.vault.open_keys(work.session, missing))


def segments_of(work: Work, customer_ids: Iterable[int]) -> Mapping[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    for batch in batches(sorted(set(customer_ids))):
        rows = select(Membership.customer_id, Membership.segment).where(
            Membership.customer_id.in_(batch), Membership.left_at.is_(None)
        )
        for customer_id, segment in work.session.execute(rows.order_by(Membership.segment)):
            names[customer_id].append(segment)
    return names

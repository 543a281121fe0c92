"""What policies would have said: messages of the past weeks judged once more by other policies, and why a question is answered so.

Consent counts as it was when each message was made; standing and law as they are now, as they are kept without dates. Plugins that
decide beside the files are not asked."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import NotFound, WrongInput
from hub.flow import things
from hub.flow.batches import these
from hub.flow.effects import Subject, load_subjects
from hub.flow.outward import map_of
from hub.flow.permit import facts_of
from hub.models import Consent, Message
from hub.policy import settle
from hub.sdk import Decision
from hub.work import Work
from rules import RuleError
from rules.book import read_policy
from rules.calendar import local_day
from rules.documents import PolicyRule
from rules.parse import read
from rules.policy import QUESTION, Asked, decide
from rules.predicate import holds

BATCH = 1_000  # messages that are in memory at a time
SHOWN = ("topic", "purpose", "channel", "connector", "from_jurisdiction", "to_jurisdiction", "standing", "consent")
Policies = Sequence[PolicyRule]


@dataclass(frozen=True)
class Difference:
    """A question that other policies answer otherwise, and how many messages of how many people asked it."""

    facts: Mapping[str, Any]
    before: Decision
    after: Decision
    messages: int
    people: int


@dataclass(frozen=True)
class Foreseen:
    """since: where the look back begins. left_out: messages whose partner, topic or customer is not there any more."""

    since: datetime
    judged: int
    left_out: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Said:
    """One policy about one question: its verdict and reason, or `silent`."""

    policy: str
    verdict: str
    reason: str


def proposed(hub: Hub, files: Iterable[Path], without: Collection[str] = ()) -> Policies:
    """Those in force, each replaced by the file that bears its name, new ones added, some taken away. Raises WrongInput."""
    stand = {one.name: one for one in hub.book.current().policies}
    for name in without:
        if stand.pop(name, None) is None:
            raise WrongInput(f"There is no policy “{name}” to do without.", f"In force: {', '.join(sorted(stand))}.")
    for path in files:
        try:
            rule = read_policy(read(path))
        except RuleError as error:
            raise WrongInput(str(error)) from None
        stand[rule.name] = rule
    return tuple(stand.values())


def plan(hub: Hub, others: Policies, days: int) -> Foreseen:
    """Whatever was put into the outbox in the last `days`, judged by the policies in force and by others; changes nothing."""
    since = hub.clock() - timedelta(days=days)
    book, answers = hub.book.current().policies, dict[tuple[tuple[str, Any], ...], tuple[Decision, Decision]]()
    messages: Counter[tuple[tuple[str, Any], ...]] = Counter()
    people, left_out = defaultdict[tuple[tuple[str, Any], ...], set[int]](set), 0
    for facts, person in _asked(hub, since):
        if facts is None:
            left_out += 1
            continue
        key = tuple(facts.items())
        if key not in answers:
            answers[key] = judged(book, facts, hub.clock()), judged(others, facts, hub.clock())
        messages[key] += 1
        people[key].add(person)
    differences = [
        Difference(dict(key), before, after, messages[key], len(people[key]))
        for key, (before, after) in answers.items() if (before.verdict, before.mask) != (after.verdict, after.mask)
    ]  # fmt: skip
    differences.sort(key=lambda one: -one.messages)
    return Foreseen(since, messages.total(), left_out, tuple(differences))


def judged(policies: Policies, facts: Mapping[str, Any], now: datetime) -> Decision:
    """As one answer: a deny is enough, masks add up, silence is a no."""
    spoken = decide(policies, facts, now)
    return settle(Decision(one.verdict, one.policy, one.reason, frozenset(one.mask)) for one in spoken)


def why(policies: Policies, facts: Mapping[str, Any], now: datetime) -> list[Said]:
    """Every policy's word on one question, those that spoke first."""
    question = Asked(facts)
    said = [
        Said(one.name, one.verdict, one.because) if holds(one.applies, question, now, "UTC") else Said(one.name, "silent", "")
        for one in policies
    ]  # fmt: skip
    return sorted(said, key=lambda one: (one.verdict == "silent", one.policy))


def question_of(pairs: Iterable[str]) -> dict[str, str]:
    """`fact=value` -> facts. Raises WrongInput for what is no fact of a question."""
    known = list(QUESTION.facts)
    facts = dict[str, str]()
    for pair in pairs:
        name, is_pair, value = pair.partition("=")
        if not is_pair or name not in known or not value:
            raise WrongInput(
                f"“{pair}” is no fact of a question.", f"Write fact=value, with one of: {', '.join(known)}."
            )
        facts[name] = value
    return facts


def question_about(hub: Hub, message_id: int) -> dict[str, Any]:
    """What was asked of one message, as it would be asked now. Raises NotFound."""
    with hub.begin() as work:
        row = work.session.get(Message, message_id)
        for facts, _ in _facts(hub, work, [row] if row else []):
            if facts is not None:
                return facts
    raise NotFound(f"There is no message {message_id} with a partner and a customer.", "See: hub outbox list")


def _asked(hub: Hub, since: datetime) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """(facts, person id) of each message since then, in pages by id; None where nobody can be asked about any more."""
    last = 0
    while True:
        with hub.begin() as work:
            page = select(Message).where(Message.made_at >= since, Message.id > last).order_by(Message.id).limit(BATCH)
            rows = list(work.session.scalars(page))
            yield from _facts(hub, work, rows)
            if len(rows) < BATCH:
                return
            last = rows[-1].id


def _facts(hub: Hub, work: Work, rows: Sequence[Message]) -> Iterator[tuple[dict[str, Any] | None, int]]:
    partners = {partner.id: partner for partner in hub.partners.values()}
    known = load_subjects(work, {row.refs["customer_id"] for row in rows if "customer_id" in row.refs})
    subjects = {row.id: known.get(row.refs.get("customer_id", 0)) for row in rows} | _owners(hub, work, partners, rows)
    words = _words(work, filter(None, subjects.values()))
    for row in rows:
        subject = subjects[row.id]
        yield _one(hub, row, partners.get(row.connection_id), subject, words), subject.person_id if subject else 0


def _owners(
    hub: Hub, work: Work, partners: Mapping[int, Partner], rows: Sequence[Message]
) -> dict[int, Subject | None]:
    """Message id -> whose the car, visit or fleet is that it tells of, as they are the ones who are asked about."""
    told = defaultdict[tuple[int, str], list[Message]](list)
    for row in rows:
        if "thing_id" in row.refs and "customer_id" not in row.refs and row.connection_id in partners:
            told[row.connection_id, row.refs["kind"]].append(row)
    found: dict[int, Subject | None] = {}
    for (connection, kind), several in told.items():
        mapping = map_of(hub, partners[connection])
        rule = mapping.thing_of(kind) if mapping else None
        ids = {row.refs["thing_id"] for row in several}
        owned = things.read(work, rule.ours, ids, local_day(work.now, hub.here.zone)) if rule else {}
        found |= {row.id: owned[row.refs["thing_id"]].subject for row in several if row.refs["thing_id"] in owned}
    return found


Words = Mapping[tuple[int, str, str], list[tuple[datetime, str]]]


def _one(
    hub: Hub, row: Message, partner: Partner | None, subject: Subject | None, words: Words
) -> dict[str, Any] | None:
    topic = partner.topic(row.topic) if partner else None
    if partner is None or subject is None or topic is None:
        return None
    said = words.get((subject.person_id, topic.purpose, topic.channel), [])
    place = bisect_right(said, row.made_at, key=lambda one: one[0])
    consent = said[place - 1][1] if place else "never_asked"
    return facts_of(hub, partner, topic, subject.jurisdiction, subject.standing, consent)


def _words(work: Work, subjects: Iterable[Subject]) -> Words:
    """(person, purpose, channel) -> what they said, by when."""
    found = defaultdict[tuple[int, str, str], list[tuple[datetime, str]]](list)
    columns = (Consent.person_id, Consent.purpose, Consent.channel, Consent.at, Consent.state)
    mine = select(*columns).where(these(Consent.person_id)).order_by(Consent.at, Consent.id)
    for person, purpose, channel, at, state in work.session.execute(mine, {"ids": [one.person_id for one in subjects]}):
        found[person, purpose, channel].append((at, state))
    return found

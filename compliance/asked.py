"""What policies were asked in the past weeks: messages, words of approval, declared residences; and one of them by its number.

Consent counts as it was when each message was made; standing and law as they are now, as they are kept without dates. A residence is
that of whoever came in, under the law they are kept, and of each record that was set aside."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from compliance.bases import with_basis
from compliance.cases import MOVE, RETENTION
from hub.core import Hub, Partner
from hub.errors import NotFound
from hub.flow import things
from hub.flow.batches import these
from hub.flow.effects import Subject, load_subjects
from hub.flow.outward import map_of
from hub.flow.permit import facts_of
from hub.flow.residence import Residences
from hub.models import AuditEntry, Consent, Message, Person
from hub.work import Work
from rules.calendar import local_day
from rules.policy import MESSAGE

BATCH = 1_000  # messages that are in memory at a time
YES = ("erasure_approved", "customers_merged", "archive_opened", "archive_allowed", "proposal_approved")
# A look that somebody allowed, an erasure that ends a move or a stranger's term: asked elsewhere.
DECIDED_BEFORE = ("wish", MOVE, RETENTION)
Questions = Iterator[tuple[dict[str, Any] | None, int]]


def since(hub: Hub, about: str, day: datetime) -> Questions:
    """(facts, id of whom it was about) of each question; None where nobody can be asked about any more."""
    return READERS[about](hub, day)


def numbered(hub: Hub, number: int) -> tuple[str, dict[str, Any]]:
    """Which question a message or an entry of the audit log was asked, and its facts. Raises NotFound."""
    with hub.begin() as work:
        row, entry = work.session.get(Message, number), work.session.get(AuditEntry, number)
        for facts, _ in _facts(hub, work, [row] if row else []):
            if facts is not None:
                return MESSAGE, facts
    if entry is not None and entry.action in YES and (found := _approval(entry)):
        return "approval", found
    what = f"There is no message {number} with a partner and a customer, and no word of approval."
    raise NotFound(what, "See: hub outbox list, and the audit log.")


def _approvals(hub: Hub, day: datetime) -> Questions:
    """Each yes that was given; one from before its facts were written down cannot be judged again."""
    with hub.look() as session:
        given = select(AuditEntry).where(AuditEntry.at >= day, AuditEntry.action.in_(YES)).order_by(AuditEntry.id)
        for entry in session.scalars(given):
            if not any(one in entry.detail for one in DECIDED_BEFORE) or "asked" in entry.detail:
                yield _approval(entry), entry.about_id or 0


def _approval(entry: AuditEntry) -> dict[str, Any] | None:
    asked = entry.detail.get("asked")
    return {**asked, "roles": frozenset(asked["roles"])} if asked else None


def _residences(hub: Hub, day: datetime) -> Questions:
    asked = Residences(hub)
    with hub.look() as session:
        living = select(Person.jurisdiction, Person.id).where(Person.made_at >= day, Person.erased_at.is_(None))
        for declared, person in session.execute(living):
            yield asked.facts(declared), person
        aside = select(AuditEntry).where(AuditEntry.at >= day, AuditEntry.action == "quarantined")
        for entry in session.scalars(aside):
            yield asked.facts(entry.detail["declared"]), -(entry.about_id or 0)


def _messages(hub: Hub, day: datetime) -> Questions:
    """(facts, person id) of each message since then, in pages by id; None where nobody can be asked about any more."""
    last = 0
    while True:
        with hub.begin() as work:
            page = select(Message).where(Message.made_at >= day, Message.id > last).order_by(Message.id).limit(BATCH)
            rows = list(work.session.scalars(page))
            yield from _facts(hub, work, rows)
            if len(rows) < BATCH:
                return
            last = rows[-1].id


def _facts(hub: Hub, work: Work, rows: Sequence[Message]) -> Questions:
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
    told = facts_of(hub, partner, topic, subject.jurisdiction, subject.standing, consent)
    return with_basis(hub.settings.config, told)


def _words(work: Work, subjects: Iterable[Subject]) -> Words:
    """(person, purpose, channel) -> what they said, by when."""
    found = defaultdict[tuple[int, str, str], list[tuple[datetime, str]]](list)
    columns = (Consent.person_id, Consent.purpose, Consent.channel, Consent.at, Consent.state)
    mine = select(*columns).where(these(Consent.person_id)).order_by(Consent.at, Consent.id)
    for person, purpose, channel, at, state in work.session.execute(mine, {"ids": [one.person_id for one in subjects]}):
        found[person, purpose, channel].append((at, state))
    return found


READERS: Mapping[str, Callable[[Hub, datetime], Questions]] = {
    MESSAGE: _messages, "approval": _approvals, "residence": _residences,
}  # fmt: skip

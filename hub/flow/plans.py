"""What a segment's rule would do, before it does it; and whether the memberships are those that its rule gives."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import alongside, seen, segments
from hub.flow.batches import batches
from hub.flow.values import open_text
from hub.models import Consent, Customer, Incident, Membership, Person, SegmentVersion
from hub.models.campaigns import used
from hub.work import Work
from rules import SegmentRule
from rules.explain import explain
from rules.sql import select_members

SAMPLES = 5
TRACE = "incidents.trace"


@dataclass(frozen=True)
class Plan:
    """members: how many there would be. sample_*: refs. overlaps: segment -> members of both. reachable: how many of the
    members gave consent, by purpose and channel."""

    segment: str
    members: int
    entering: int
    leaving: int
    sample_entering: list[str]
    sample_leaving: list[str]
    overlaps: dict[str, int] = field(default_factory=dict)
    reachable: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """Somebody whose membership is not what the rule gives: an incident. inside: what the membership says."""

    segment: str
    customer_ref: str
    inside: bool
    sentences: list[str]


@dataclass(frozen=True)
class Found:
    """An incident with its trace opened: the sentences of the day it was found."""

    segment: str
    customer_ref: str
    inside: bool
    found_at: datetime
    mended_at: datetime | None
    sentences: list[str]


def plan(hub: Hub, rule: SegmentRule) -> Plan:
    """Nothing is written."""
    with hub.look() as session:
        now = hub.clock()
        entering, leaving = segments.differences(session, rule, now)
        ids = set(session.scalars(select_members(rule.when, seen.TABLES, now, rule.zone)))
        return Plan(
            rule.name,
            len(ids),
            len(entering),
            len(leaving),
            _refs(session, entering[:SAMPLES]),
            _refs(session, leaving[:SAMPLES]),
            _overlaps(session, rule, ids),
            _reachable(session, ids),
        )


def preview(hub: Hub, rule: SegmentRule) -> int:
    """How many the rule holds for now, exactly."""
    with hub.look() as session:
        members = select_members(rule.when, seen.TABLES, hub.clock(), rule.zone).subquery()
        return session.scalar(select(func.count()).select_from(members)) or 0


def history(hub: Hub, name: str) -> list[SegmentVersion]:
    """Versions of a segment, the latest first."""
    with hub.look() as session:
        rows = select(SegmentVersion).where(SegmentVersion.segment == name)
        return list(session.scalars(rows.order_by(SegmentVersion.applied_at.desc())))


def verify(hub: Hub, rules: Iterable[SegmentRule], *, repair: bool) -> list[Difference]:
    """Every membership against a full computation by SQL. A difference is kept as an incident with its trace, and mended if
    asked for."""
    found = []
    for rule in rules:
        with hub.begin() as work:
            if any(waiting is rule for waiting, _ in segments.due(work, [rule])):
                continue  # not yet brought up to date: the clock will, and that is no incident
            found += (differing := _differing(hub, work, rule, mended=repair))
            if repair and differing:
                alongside.follow(hub, work, segments.refresh(hub, work, rule, "rule"))
            if repair or not differing:
                _close(work, rule.name)
            current = (SegmentVersion.segment == rule.name, SegmentVersion.ended_at.is_(None))
            work.session.execute(update(SegmentVersion).where(*current).values(verified_at=work.now))
    return found


def incidents(hub: Hub, segment: str | None, limit: int = 50) -> list[Found]:
    """Of one segment or of all, the latest first; that their traces are opened is audited."""
    with hub.begin() as work:
        rows = (
            select(Incident, Customer.ref, Person.data_key_id)
            .join(Customer, Customer.id == Incident.customer_id)
            .join(Person, Person.id == Customer.person_id)
            .where(*([Incident.segment == segment] if segment else []))
            .order_by(Incident.found_at.desc(), Incident.id.desc())
            .limit(limit)
        )
        found = [
            Found(one.segment, ref, one.inside, one.found_at, one.mended_at,
                  open_text(work, key_id, TRACE, one.id, one.trace).splitlines() if one.trace else [])
            for one, ref, key_id in work.session.execute(rows)
        ]  # fmt: skip
        if found:
            work.audit("hub", "incidents_read", "incident", None, count=len(found))
        return found


def unverified(hub: Hub, rules: Iterable[SegmentRule], since: datetime) -> list[SegmentRule]:
    """Those whose memberships were not computed anew since then, the longest ago first."""
    with hub.look() as session:
        columns = (SegmentVersion.segment, SegmentVersion.verified_at)
        at = {name: at for name, at in session.execute(select(*columns).where(SegmentVersion.ended_at.is_(None)))}
    waiting = [rule for rule in rules if rule.name in at and ((seen := at[rule.name]) is None or seen < since)]
    return sorted(waiting, key=lambda rule: at[rule.name] or datetime.min.replace(tzinfo=UTC))


def _differing(hub: Hub, work: Work, rule: SegmentRule, *, mended: bool) -> list[Difference]:
    missing, surplus = segments.differences(work.session, rule, work.now)
    views = seen.load(work.session, hub.book.catalogue, [*missing, *surplus])
    found = []
    for customer_id in (*missing, *surplus):
        sentences = list(explain(rule.when, views[customer_id], work.now, rule.zone).sentences)
        one = Difference(rule.name, views[customer_id].ref(), customer_id in surplus, sentences)
        found.append(one)
        _keep(work, rule, customer_id, one, mended=mended)
        work.audit("hub", "segment_differs", "customer", customer_id, segment=rule.name, inside=one.inside)
    return found


def _close(work: Work, segment: str) -> None:
    """What was found before and not mended then is right now."""
    still = (Incident.segment == segment, Incident.mended_at.is_(None))
    work.session.flush()
    work.session.execute(update(Incident).where(*still).values(mended_at=work.now))


def _keep(work: Work, rule: SegmentRule, customer_id: int, one: Difference, *, mended: bool) -> None:
    statement = select(Person.data_key_id).join(Customer, Customer.person_id == Person.id)
    key_id = work.session.scalar(statement.where(Customer.id == customer_id))
    row = Incident(id=work.ids.next(), segment=rule.name, customer_id=customer_id, rule_hash=rule.hash,
                   inside=one.inside, found_at=work.now, mended_at=work.now if mended else None)  # fmt: skip
    if key_id is not None:
        trace = "\n".join(one.sentences).encode()
        row.trace = work.vault.seal(work.key(key_id), trace, f"{TRACE}:{row.id}")
    work.add(row)


def _refs(session: Session, ids: list[int]) -> list[str]:
    return list(session.scalars(select(Customer.ref).where(Customer.id.in_(ids)).order_by(Customer.id)))


def _overlaps(session: Session, rule: SegmentRule, ids: set[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for batch in batches(sorted(ids)):
        mine = (used(), Membership.customer_id.in_(batch), Membership.segment != rule.name)
        for name, count in session.execute(
            select(Membership.segment, func.count()).where(*mine).group_by(Membership.segment)
        ):
            counts[name] = counts.get(name, 0) + count
    return dict(sorted(counts.items()))


def _reachable(session: Session, ids: set[int]) -> dict[str, int]:
    """The latest word per person, purpose and channel stands."""
    counts: dict[str, int] = {}
    for batch in batches(sorted(ids)):
        rows = (
            select(Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
            .join(Customer, Customer.person_id == Consent.person_id)
            .where(Customer.id.in_(batch))
            .order_by(Consent.at, Consent.id)
        )
        said = {(person, purpose, channel): state for person, purpose, channel, state in session.execute(rows)}
        for (_, purpose, channel), state in said.items():
            if state == "granted":
                name = f"{purpose} by {channel}"
                counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))

"""What a segment's rule would do, before it does it; and whether the memberships are those that its rule gives."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import effects, seen, segments
from hub.flow.batches import batches
from hub.models import Consent, Customer, Membership, SegmentVersion
from rules import SegmentRule
from rules.explain import explain
from rules.sql import select_members

SAMPLES = 5


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
    """Every membership against a full computation by SQL. A difference is kept as an incident, and mended if asked for."""
    found = []
    for rule in rules:
        with hub.begin() as work:
            if any(waiting is rule for waiting, _ in segments.due(work, [rule])):
                continue  # not yet brought up to date: the clock will, and that is no incident
            missing, surplus = segments.differences(work.session, rule, work.now)
            views = seen.load(work.session, hub.book.catalogue, [*missing, *surplus])
            for customer_id in (*missing, *surplus):
                sentences = list(explain(rule.when, views[customer_id], work.now, rule.zone).sentences)
                ref, inside = views[customer_id].ref(), customer_id in surplus
                found.append(Difference(rule.name, ref, inside, sentences))
                work.audit("hub", "segment_differs", "customer", customer_id, segment=rule.name, inside=inside)
            if repair and (missing or surplus):
                effects.announce(hub, work, effects.intents_of(segments.refresh(hub, work, rule, "rule")))
    return found


def _refs(session: Session, ids: list[int]) -> list[str]:
    return list(session.scalars(select(Customer.ref).where(Customer.id.in_(ids)).order_by(Customer.id)))


def _overlaps(session: Session, rule: SegmentRule, ids: set[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for batch in batches(sorted(ids)):
        mine = (Membership.left_at.is_(None), Membership.customer_id.in_(batch), Membership.segment != rule.name)
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

"""What putting a journey's document in force would do, before anything happens: who is where, and what becomes of each."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from hub.core import Hub
from hub.flow import seen
from hub.flow.enrollments import ENROLLMENT, LIVE
from hub.flow.in_force import rules_of
from hub.models import Connection, Customer, JourneyVersion, Membership, Message
from hub.models.traffic import in_order
from rules.journeys.documents import BySchedule, BySegment, JourneyRule
from rules.sql import select_members

Fate = Literal["stay", "map", "exit"]
SAMPLES = 5


@dataclass(frozen=True)
class Standing:
    """People in one node of one version. fate: they stay on their own version, go on in the new one (`to`), or leave."""

    version: str
    node: str
    people: int
    fate: Fate
    to: str | None
    samples: list[str]


@dataclass(frozen=True)
class Plan:
    """timers: how many waits end at a time of their own. queued: effects that are in the outbox and have not gone. broken:
    experiments whose arms change, so that the new version asks another question. existing: who is in the segment now, or would
    come in if the schedule's moment were now."""

    journey: str
    version: str
    in_force: str | None
    standing: list[Standing]
    existing: int
    timers: int
    queued: int
    broken: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan(hub: Hub, rule: JourneyRule, fate: Fate = "stay") -> Plan:
    """What applying would do, people per node; nothing is written. fate: of those who are on an older version."""
    with hub.look() as session:
        before = session.scalar(in_force(rule.name))
        rows = select(
            ENROLLMENT.c.version_id,
            ENROLLMENT.c.state,
            ENROLLMENT.c.node,
            func.count(),
            func.count(ENROLLMENT.c.wake_at),
        ).where(ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.state.in_(LIVE))
        groups = session.execute(rows.group_by(ENROLLMENT.c.version_id, ENROLLMENT.c.state, ENROLLMENT.c.node)).all()
        hashes = _hashes(session, {row[0] for row in groups})
        standing, timers, samples = [], 0, _samples(session, rule.name)
        for version_id, state, node, people, waking in groups:
            same = hashes[version_id] == rule.hash
            here = node if state == "waiting" else None
            what, to = ("stay", None) if same else fate_of(rule, here, fate)
            refs = samples.get((version_id, state, node), [])
            standing.append(Standing(hashes[version_id][:12], here or state, people, what, to, refs))
            timers += waking if what == "map" else 0
        broken = _broken(hub, session, before, rule)
        return Plan(
            rule.name,
            rule.hash[:12],
            before.hash[:12] if before else None,
            standing,
            _existing(session, rule, hub.clock()),
            timers,
            _queued(session, rule.name),
            broken,
        )


def fate_of(rule: JourneyRule, node: str | None, fate: Fate) -> tuple[Fate, str | None]:
    """Whoever stands in a step that the new version no longer has keeps walking the old one."""
    if fate == "map" and node is not None and node not in rule.nodes:
        return "stay", None
    return fate, node if fate == "map" else None


def _broken(hub: Hub, session: Any, before: JourneyVersion | None, rule: JourneyRule) -> list[str]:
    old = rules_of(hub, session, [before.id])[before.id] if before else None
    arms = {split.experiment: set(split.arms) for split in rule.splits}
    return [one.experiment for one in (old.splits if old else ()) if arms.get(one.experiment, set()) != set(one.arms)]


def in_force(journey: str) -> Any:
    return select(JourneyVersion).where(JourneyVersion.journey == journey, JourneyVersion.ended_at.is_(None))


def _hashes(session: Any, ids: Iterable[int]) -> Mapping[int, str]:
    rows = session.execute(select(JourneyVersion.id, JourneyVersion.hash).where(JourneyVersion.id.in_(set(ids))))
    return {version_id: mark for version_id, mark in rows}


def _existing(session: Any, rule: JourneyRule, now: datetime) -> int:
    door, when = rule.entry.door, rule.entry.when
    if isinstance(door, BySchedule) and when is not None:
        members = select_members(when, seen.TABLES, now, rule.zone).subquery()
        return session.scalar(select(func.count()).select_from(members)) or 0
    if not isinstance(door, BySegment):
        return 0
    inside = (Membership.segment == door.segment, Membership.left_at.is_(None))
    return session.scalar(select(func.count()).select_from(Membership).where(*inside)) or 0


def _samples(session: Any, journey: str) -> dict[tuple[int, str, str | None], list[str]]:
    """Refs of the first few in each node of each version, of all of them at once."""
    place = (ENROLLMENT.c.version_id, ENROLLMENT.c.state, ENROLLMENT.c.node)
    rank = func.row_number().over(partition_by=place, order_by=ENROLLMENT.c.id).label("rank")
    live = (ENROLLMENT.c.journey == journey, ENROLLMENT.c.state.in_(LIVE))
    ranked = select(*place, ENROLLMENT.c.customer_id, ENROLLMENT.c.id, rank).where(*live).subquery()
    rows = select(ranked.c.version_id, ranked.c.state, ranked.c.node, Customer.ref).join(
        Customer, Customer.id == ranked.c.customer_id
    )
    found: dict[tuple[int, str, str | None], list[str]] = {}
    for version_id, state, node, ref in session.execute(rows.where(ranked.c.rank <= SAMPLES).order_by(ranked.c.id)):
        found.setdefault((version_id, state, node), []).append(ref)
    return found


def _queued(session: Any, journey: str) -> int:
    """Messages of the journey that wait in the outbox."""
    anyone = Message.connection_id.in_(select(Connection.id))  # as they are indexed
    mine = (anyone, in_order(Message), Message.refs["journey"].as_string() == journey)
    return session.scalar(select(func.count()).select_from(Message).where(*mine)) or 0

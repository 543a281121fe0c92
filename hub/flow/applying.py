"""Putting a journey's document in force, and back: who would come in, who is where, and what becomes of each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import seen
from hub.flow.batches import batches
from hub.flow.enrollments import ENROLLMENT, LIVE, Ledger
from hub.flow.identity import lock_customers
from hub.flow.in_force import Version, rules_of
from hub.flow.looks import Look
from hub.models import Customer, Experiment, JourneyVersion, Membership, Message
from hub.work import Work
from rules.journeys.documents import ByDate, BySchedule, BySegment, JourneyRule
from rules.journeys.entering import due_next
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
        current = session.scalar(_current(rule.name))
        rows = select(
            ENROLLMENT.c.version_id,
            ENROLLMENT.c.state,
            ENROLLMENT.c.node,
            func.count(),
            func.count(ENROLLMENT.c.wake_at),
        ).where(ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.state.in_(LIVE))
        groups = session.execute(rows.group_by(ENROLLMENT.c.version_id, ENROLLMENT.c.state, ENROLLMENT.c.node)).all()
        hashes = _hashes(session, {row[0] for row in groups})
        standing, timers = [], 0
        for version_id, state, node, people, waking in groups:
            same = hashes[version_id] == rule.hash
            here = node if state == "waiting" else None
            what, to = ("stay", None) if same else _fate(rule, here, fate)
            where = (ENROLLMENT.c.version_id == version_id, ENROLLMENT.c.node == node, ENROLLMENT.c.state == state)
            names = select(Customer.ref).join(ENROLLMENT, ENROLLMENT.c.customer_id == Customer.id)
            samples = list(session.scalars(names.where(*where).order_by(ENROLLMENT.c.id).limit(SAMPLES)))
            standing.append(Standing(hashes[version_id][:12], here or state, people, what, to, samples))
            timers += waking if what == "map" else 0
        broken = _broken(hub, session, current, rule)
        return Plan(
            rule.name,
            rule.hash[:12],
            current.hash[:12] if current else None,
            standing,
            len(_existing(session, rule, hub.clock())),
            timers,
            _queued(session, rule.name),
            broken,
        )


def _fate(rule: JourneyRule, node: str | None, fate: Fate) -> tuple[Fate, str | None]:
    """Whoever stands in a step that the new version no longer has keeps walking the old one."""
    if fate == "map" and node is not None and node not in rule.nodes:
        return "stay", None
    return fate, node if fate == "map" else None


def _broken(hub: Hub, session: Any, current: JourneyVersion | None, rule: JourneyRule) -> list[str]:
    old = rules_of(hub, session, [current.id])[current.id] if current else None
    arms = {split.experiment: set(split.arms) for split in rule.splits}
    return [one.experiment for one in (old.splits if old else ()) if arms.get(one.experiment, set()) != set(one.arms)]


def apply(
    hub: Hub, rule: JourneyRule, text: str, actor: str, *, fate: Fate = "stay", existing: bool = False
) -> Counter[str]:
    """Put a document in force; done again, it goes on where it stopped. existing: also whoever is in the segment already, or
    whom the schedule would let in if its moment were now.

    Answers how many stayed, were mapped, left, came in and are expected."""
    with hub.begin() as work:
        version_id = _open(work, rule, text, actor)
        counts = _carry(hub, work, rule, version_id, fate)
    version = Version(version_id, rule)
    ids = _everybody(hub, rule) if isinstance(rule.entry.door, ByDate) else _here(hub, rule) if existing else []
    for batch in batches(ids):
        with hub.begin() as work:
            lock_customers(work, batch)
            look = Look(hub, work, [version], batch)
            look.take(()) if isinstance(rule.entry.door, ByDate) else look.let_in_all("existing")
            counts.update(row["state"] for row in look.ledger.made)
    return counts


def _open(work: Work, rule: JourneyRule, text: str, actor: str) -> int:
    """In place of the version before; an old document that comes back is opened again."""
    current: JourneyVersion | None = work.session.scalar(_current(rule.name))
    if current is not None and current.hash == rule.hash:
        return current.id
    if current is not None:
        current.ended_at, current.due_at = work.now, None
        work.session.flush()
    same = select(JourneyVersion).where(JourneyVersion.journey == rule.name, JourneyVersion.hash == rule.hash)
    row = work.session.scalar(same)
    if row is None:
        row = work.add(JourneyVersion(journey=rule.name, hash=rule.hash, text=text, applied_by=actor))
    row.applied_at, row.applied_by, row.ended_at, row.due_at = work.now, actor, None, due_next(rule, work.now)
    _weigh(work, rule)
    work.audit(actor, "journey_applied", "journey_version", row.id, journey=rule.name, hash=rule.hash)
    work.session.flush()
    return row.id


def _weigh(work: Work, rule: JourneyRule) -> None:
    """Weights as dated rows, so that sizes can be judged by what they should have been. What a split has learned stays, as
    long as its arms do."""
    learning = {split.experiment for split in rule.splits if split.floor is not None}
    wanted = {split.experiment: (split.unit, dict(split.arms)) for split in rule.splits}
    if rule.holdout:
        wanted[f"holdout:{rule.name}"] = ("customer", {"held": rule.holdout, "treated": 1 - rule.holdout})
    mine = select(Experiment).where(Experiment.journey == rule.name, Experiment.closed_at.is_(None))
    for row in work.session.scalars(mine):
        same = wanted.get(row.experiment)
        if same == (row.unit, row.arms) or (
            same and row.experiment in learning and (same[0], same[1].keys()) == (row.unit, row.arms.keys())
        ):
            del wanted[row.experiment]
        else:
            row.closed_at = work.now
    work.session.flush()
    for name, (unit, arms) in wanted.items():
        work.add(Experiment(experiment=name, journey=rule.name, unit=unit, arms=arms, opened_at=work.now))


def _carry(hub: Hub, work: Work, rule: JourneyRule, version_id: int, fate: Fate) -> Counter[str]:
    """Those on other versions. Whoever is only expected or queued comes in by the new one, whatever becomes of the others."""
    others = (ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.version_id != version_id, ENROLLMENT.c.state.in_(LIVE))
    rows = [dict(row) for row in work.session.execute(select(ENROLLMENT).where(*others)).mappings()]
    lock_customers(work, sorted({row["customer_id"] for row in rows}))
    ledger, counts = Ledger(hub, work), Counter[str]()
    for row in rows:
        what, _ = _fate(rule, row["node"], fate) if row["state"] == "waiting" else ("map", None)
        counts[{"stay": "stayed", "map": "mapped", "exit": "left"}[what]] += 1
        if what == "map":
            wake = work.now if row["state"] == "waiting" else row["wake_at"]
            ledger.change(row, version_id=version_id, wake_at=wake)
        elif what == "exit":
            ledger.end(row, "exited", "version_ended")
    ledger.write()
    return counts


def rollback(hub: Hub, journey: str, actor: str, *, fate: Fate = "stay") -> str:
    """The version before is put in force again, as another apply. Answers its hash. Raises NotFound, WrongInput."""
    with hub.look() as session:
        current = session.scalar(_current(journey))
        if current is None:
            raise NotFound(f"There is no journey “{journey}” in force.", "See: hub journeys list")
        before = select(JourneyVersion).where(JourneyVersion.journey == journey, JourneyVersion.id != current.id)
        row = session.scalars(before.order_by(JourneyVersion.applied_at.desc())).first()
    if row is None:
        raise WrongInput(f"“{journey}” has no version before this one.", "Apply the document you want.")
    apply(hub, hub.book.journey(row.text), row.text, actor, fate=fate)
    return row.hash


def end(hub: Hub, journey: str, actor: str) -> None:
    """Nobody comes in any more; whoever is on the way goes on to the end of it. Raises NotFound."""
    with hub.begin() as work:
        row = work.session.scalar(_current(journey))
        if row is None:
            raise NotFound(f"There is no journey “{journey}” in force.", "See: hub journeys list")
        row.ended_at, row.due_at = work.now, None
        work.audit(actor, "journey_ended", "journey_version", row.id, journey=journey)


def _current(journey: str) -> Any:
    return select(JourneyVersion).where(JourneyVersion.journey == journey, JourneyVersion.ended_at.is_(None))


def _hashes(session: Any, ids: Iterable[int]) -> Mapping[int, str]:
    rows = session.execute(select(JourneyVersion.id, JourneyVersion.hash).where(JourneyVersion.id.in_(set(ids))))
    return {version_id: mark for version_id, mark in rows}


def _existing(session: Any, rule: JourneyRule, now: datetime) -> Sequence[int]:
    door, when = rule.entry.door, rule.entry.when
    if isinstance(door, BySchedule) and when is not None:
        return sorted(session.scalars(select_members(when, seen.TABLES, now, rule.zone)))
    if not isinstance(door, BySegment):
        return []
    inside = (Membership.segment == door.segment, Membership.left_at.is_(None))
    return sorted(session.scalars(select(Membership.customer_id).where(*inside)))


def _here(hub: Hub, rule: JourneyRule) -> Sequence[int]:
    with hub.look() as session:
        return _existing(session, rule, hub.clock())


def _everybody(hub: Hub, rule: JourneyRule) -> Sequence[int]:
    with hub.look() as session:
        return sorted(session.scalars(select(Customer.id)))


def _queued(session: Any, journey: str) -> int:
    """Messages of the journey that wait in the outbox."""
    waiting = select(Message.refs).where(Message.state == "waiting")
    return sum(refs.get("journey") == journey for refs in session.scalars(waiting))

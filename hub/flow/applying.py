"""Putting a journey's document in force part by part, and the one before back again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import bandits, seen
from hub.flow.batches import SIZE, among
from hub.flow.enrollments import ENROLLMENT, LIVE, Ledger
from hub.flow.foreseen import Fate, fate_of, in_force
from hub.flow.identity import lock_customers
from hub.flow.in_force import Version, rules_of
from hub.flow.looks import Look
from hub.models import Customer, Experiment, JourneyVersion, Membership, Profile
from hub.work import Work
from rules.journeys.documents import ByDate, BySchedule, BySegment, JourneyRule
from rules.journeys.entering import due_next
from rules.sql import select_members


@dataclass(frozen=True)
class Mark:
    """How far putting in force has come: the version is opened, those on others are carried, those inside come in; after: up to
    which customer, by id."""

    phase: Literal["open", "others", "inside", "done"] = "open"
    after: int = 0


BEGIN = Mark()


def apply(
    hub: Hub, rule: JourneyRule, text: str, actor: str, *, fate: Fate = "stay", existing: bool = False
) -> Counter[str]:
    """Put a document in force, all of it at once; done again, it goes on where it stopped. existing: also whoever is in the
    segment already.

    Answers how many stayed, were mapped, left, came in and are expected."""
    counts, mark = Counter[str](), BEGIN
    while mark.phase != "done":
        mark, some = advance(hub, rule, text, actor, mark, fate=fate, existing=existing)
        counts += some
    return counts


def advance(
    hub: Hub, rule: JourneyRule, text: str, actor: str, mark: Mark, *, fate: Fate = "stay", existing: bool = False,
    keep: Callable[[Work, Mark, Counter[str], int], None] = lambda *_: None,
) -> tuple[Mark, Counter[str]]:  # fmt: skip
    """One part of it, in one transaction, and the mark of the next. keep: told within that transaction where it goes on, what
    became of whom, and of how many customers, so that a job is as far as its work is. Raises WrongInput where another version
    was put in force between two parts."""
    with hub.begin() as work:
        counts, ids = Counter[str](), list[int]()
        if mark.phase == "open":
            _open(hub, work, rule, text, actor)
            after = Mark("others")
        elif mark.phase == "others":
            version_id = _still(work, rule)
            ids = _others(work.session, rule, version_id, mark.after)
            counts = _carry(hub, work, rule, version_id, fate, ids) if ids else counts
            after = Mark("others", ids[-1]) if ids else Mark("inside")
        else:
            version_id = _still(work, rule)
            ids = _inside(work, rule, existing, mark.after)
            counts = _let_in(hub, work, Version(version_id, rule), ids) if ids else counts
            after = Mark("inside", ids[-1]) if ids else Mark("done")
        keep(work, after, counts, len(ids))
    return after, counts


def ahead(hub: Hub, rule: JourneyRule, existing: bool) -> int:
    """Of how many customers all parts together will be."""
    with hub.look() as session:
        others = (ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.state.in_(LIVE))
        count = session.scalar(select(func.count(ENROLLMENT.c.customer_id.distinct())).where(*others)) or 0
        inside = _coming(rule, existing, hub.clock())
        return count + (
            session.scalar(select(func.count()).select_from(inside.subquery())) or 0 if inside is not None else 0
        )


def _still(work: Work, rule: JourneyRule) -> int:
    row = work.session.scalar(in_force(rule.name))
    if row is None or row.hash != rule.hash:
        raise WrongInput(f"Another version of “{rule.name}” was put in force meanwhile.", "This one stops where it is.")
    return int(row.id)


def _others(session: Any, rule: JourneyRule, version_id: int, after: int) -> list[int]:
    """Customers on other versions, by id."""
    column = ENROLLMENT.c.customer_id
    mine = (ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.version_id != version_id, ENROLLMENT.c.state.in_(LIVE))
    return list(session.scalars(select(column).where(*mine, column > after).distinct().order_by(column).limit(SIZE)))


def _coming(rule: JourneyRule, existing: bool, now: datetime) -> Any:
    """Whoever may come in at once, or whom the schedule would let in if its moment were now; None where nobody does. By a date,
    anybody may have one."""
    if isinstance(rule.entry.door, ByDate):
        return select(Profile.customer_id)
    if existing and isinstance(rule.entry.door, BySchedule) and rule.entry.when is not None:
        return select(Customer.id).where(Customer.id.in_(select_members(rule.entry.when, seen.TABLES, now, rule.zone)))
    if existing and isinstance(rule.entry.door, BySegment):
        inside = (Membership.segment == rule.entry.door.segment, Membership.left_at.is_(None))
        return select(Membership.customer_id).where(*inside)
    return None


def _inside(work: Work, rule: JourneyRule, existing: bool, after: int) -> list[int]:
    wanted = _coming(rule, existing, work.now)
    if wanted is None:
        return []
    column = wanted.selected_columns[0]
    return list(work.session.scalars(wanted.where(column > after).order_by(column).limit(SIZE)))


def _let_in(hub: Hub, work: Work, version: Version, ids: Sequence[int]) -> Counter[str]:
    lock_customers(work, ids)
    look = Look(hub, work, [version], ids)
    look.take(()) if isinstance(version.rule.entry.door, ByDate) else look.let_in_all("existing")
    return Counter(row["state"] for row in look.ledger.made)


def _open(hub: Hub, work: Work, rule: JourneyRule, text: str, actor: str) -> int:
    """In place of the version before; an old document that comes back is opened again."""
    current: JourneyVersion | None = work.session.scalar(in_force(rule.name))
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
    _weigh(work, rule, rules_of(hub, work.session, [current.id])[current.id] if current is not None else None)
    work.audit(actor, "journey_applied", "journey_version", row.id, journey=rule.name, hash=rule.hash)
    work.session.flush()
    return row.id


def _weigh(work: Work, rule: JourneyRule, before: JourneyRule | None) -> None:
    """Weights as dated rows, so that sizes can be judged by what they should have been. before: the document until now."""
    wanted = {split.experiment: (split.unit, dict(split.arms)) for split in rule.splits}
    if rule.holdout:
        wanted[f"holdout:{rule.name}"] = ("customer", {"held": rule.holdout, "treated": 1 - rule.holdout})
    guarded = {split.experiment for split in rule.splits if any(rail.stop for rail in split.guardrails)}
    meant = {split.experiment: split.arms for split in before.splits} if before else {}
    mine = select(Experiment).where(Experiment.journey == rule.name, Experiment.closed_at.is_(None))
    for row in work.session.scalars(mine):
        if row.experiment in guarded:
            stopped = {arm for arm, share in row.arms.items() if not share and meant.get(row.experiment, {}).get(arm)}
            unit, arms = wanted[row.experiment]
            wanted[row.experiment] = (unit, bandits.without(arms, stopped))
        if wanted.get(row.experiment) == (row.unit, row.arms):
            del wanted[row.experiment]
        else:
            row.closed_at = work.now
    work.session.flush()
    for name, (unit, arms) in wanted.items():
        work.add(Experiment(experiment=name, journey=rule.name, unit=unit, arms=arms, opened_at=work.now))


def _carry(hub: Hub, work: Work, rule: JourneyRule, version_id: int, fate: Fate, ids: Sequence[int]) -> Counter[str]:
    """Those of these customers who are on other versions. Whoever is only expected or queued comes in by the new one, whatever
    becomes of the others."""
    lock_customers(work, ids)
    others = (ENROLLMENT.c.journey == rule.name, ENROLLMENT.c.version_id != version_id, ENROLLMENT.c.state.in_(LIVE))
    theirs = select(ENROLLMENT).where(*others, among(ENROLLMENT.c.customer_id, ids)).order_by(ENROLLMENT.c.id)
    rows = [dict(row) for row in work.session.execute(theirs).mappings()]
    ledger, counts = Ledger(hub, work), Counter[str]()
    for row in rows:
        what, _ = fate_of(rule, row["node"], fate) if row["state"] == "waiting" else ("map", None)
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
        current = session.scalar(in_force(journey))
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
        row = work.session.scalar(in_force(journey))
        if row is None:
            raise NotFound(f"There is no journey “{journey}” in force.", "See: hub journeys list")
        row.ended_at, row.due_at = work.now, None
        work.audit(actor, "journey_ended", "journey_version", row.id, journey=journey)

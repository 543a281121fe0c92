"""Splits whose shares follow success: once a day each is weighed anew by what its arms earned, as a dated row like every edit of
weights. Nobody moves; whoever is held back was dealt that at the door, before any split."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import Experiment
from rules.journeys.documents import JourneyRule

REST = timedelta(hours=20)  # between two weighings
LEAST = 0.005  # of a share: less than that is no news


def shares_in_force(session: Session, rules: Iterable[JourneyRule]) -> dict[str, Mapping[str, float]]:
    """experiment -> arm -> share, of splits that learn or may be stopped; nothing of the others, whose shares stand in their
    documents."""
    learning = {
        split.experiment
        for rule in rules
        for split in rule.splits
        if split.floor is not None or any(rail.stop for rail in split.guardrails)
    }
    if not learning:
        return {}
    rows = select(Experiment.experiment, Experiment.arms).where(
        Experiment.experiment.in_(sorted(learning)), Experiment.closed_at.is_(None)
    )
    return {name: arms for name, arms in session.execute(rows)}


def weigh(hub: Hub, told: Mapping[str, Any]) -> int:
    """told: of roi, with the `shares` that each learning split has earned. Answers how many were changed."""
    wanted = {name: one["shares"] for name, one in told.get("experiments", {}).items() if one.get("shares")}
    if not wanted:
        return 0
    changed = 0
    with hub.begin() as work:
        open_rows = (
            select(Experiment)
            .where(Experiment.experiment.in_(sorted(wanted)), Experiment.closed_at.is_(None))
            .with_for_update()
        )
        for row in work.session.scalars(open_rows).all():
            stopped = {
                arm for arm, share in row.arms.items() if not share
            }  # hub.flow.guarding: success brings none back
            arms = without(wanted[row.experiment], stopped)
            moved = max((abs(arms[arm] - share) for arm, share in row.arms.items() if arm in arms), default=0.0)
            if row.opened_at > work.now - REST or arms.keys() != row.arms.keys() or moved < LEAST:
                continue
            row.closed_at = work.now
            work.session.flush()
            same = {"experiment": row.experiment, "journey": row.journey, "unit": row.unit}
            work.add(Experiment(**same, arms=dict(arms), opened_at=work.now))
            work.audit("clock", "split_weighed", "experiment", row.id, experiment=row.experiment)
            changed += 1
    return changed


def without(arms: Mapping[str, float], stopped: Collection[str]) -> dict[str, float]:
    """Shares where nobody is dealt these any more: what they had goes to the others by their shares, or to all others alike where
    none of them had any. One stays dealt where no other is left."""
    free = [arm for arm in arms if arm not in stopped]
    if not free or len(free) == len(arms):
        return dict(arms)
    whole = sum(arms[arm] for arm in free)
    return {arm: 0.0 if arm in stopped else share / whole if whole else 1 / len(free) for arm, share in arms.items()}

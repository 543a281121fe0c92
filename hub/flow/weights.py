"""What each arm was meant to get, and when: weights are dated rows, so that sizes are judged by those of each moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.in_force import versions_in_force
from hub.flow.ledger import CONTROL_OF_ALL, HOLDOUT, OFFER, SPLIT, Dealt
from hub.flow.tallies import CONTROL, TREATED, Split
from hub.models import Experiment
from rules.journeys.entering import CONTROL_SHARE

CONTROLS = (CONTROL, "control", "nothing", "none")  # names of an arm that others are compared with; else the first one


def floors(hub: Hub, session: Session) -> dict[str, float]:
    """experiment -> floor, of splits in force whose shares follow success."""
    splits = (split for one in versions_in_force(hub, session) for split in one.rule.splits)
    return {split.experiment: split.floor for split in splits if split.floor is not None}


class Weights:
    """What each arm was meant to get: weights may have changed, so each exposure asks those of its own moment."""

    def __init__(self, session: Session, held_back: float | None, floors: Mapping[str, float]) -> None:
        self.offers = {CONTROL: held_back, TREATED: 1 - held_back} if held_back else {}
        self.rows: dict[str, list[tuple[datetime, Mapping[str, float]]]] = defaultdict(list)
        self.splits: dict[str, Split] = {}
        for row in session.scalars(select(Experiment).order_by(Experiment.opened_at)):
            name = row.experiment.removeprefix(HOLDOUT)
            if name == row.experiment:
                name = SPLIT + name
                control = next((arm for arm in CONTROLS if arm in row.arms), next(iter(row.arms)))
                self.splits[name] = Split(row.journey, row.unit, control, floors.get(row.experiment))
            self.rows[name].append((row.opened_at, row.arms))

    @property
    def clustered(self) -> frozenset[str]:
        """Splits that draw what may be several people, or one of several cars of somebody."""
        return frozenset(name for name, split in self.splits.items() if split.unit != "customer")

    def at(self, one: Dealt) -> Mapping[str, float]:
        if one.campaign.startswith(OFFER):
            return self.offers
        if one.campaign.startswith(CONTROL_OF_ALL):
            return {CONTROL: CONTROL_SHARE, TREATED: 1 - CONTROL_SHARE}
        rows = self.rows.get(one.campaign, [])
        index = bisect_right([opened for opened, _ in rows], one.at)
        return rows[max(0, index - 1)][1] if rows else {}

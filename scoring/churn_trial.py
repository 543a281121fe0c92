"""What the past says of who stays away: each origin learns from days whose outcome was known then, and is judged by what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.sdk import FactReader, WrongInput
from scoring.absence import ORIGINS
from scoring.backtest import Backtest
from scoring.silence import Silence
from scoring.snapshots import Snapshot, snapshot

Numbers = NDArray[Any]

APART = 60  # days between two snapshots that are learned from
WARM_UP = 90  # days of history before the first snapshot
FEWEST = 60  # customers of the smallest snapshot
FEWEST_OF_A_KIND = 20
WATCHED = "visits.watched_days"


@dataclass(frozen=True)
class Plan:
    """Days to learn from, and days to be judged at; all outcomes are known at `as_of`, and none lies before `began`."""

    as_of: date
    began: date
    horizon: int
    learn: Sequence[date]
    origins: Sequence[date]


def plan(facts: FactReader, as_of: date, horizon: int) -> Plan:
    """Raises WrongInput where the history is too short to learn from and be judged once."""
    watched = facts.frame([WATCHED], as_of)[WATCHED]
    span = int(watched.max()) if len(watched) else 0
    began = as_of - timedelta(days=span) + timedelta(days=WARM_UP)
    last = as_of - timedelta(days=horizon)
    origins = [last - timedelta(days=place * horizon // 2) for place in range(ORIGINS)]
    origins = [one for one in origins if one - timedelta(days=horizon) >= began]
    if not origins:
        raise WrongInput(
            f"The history is {span} days long; {2 * horizon + WARM_UP} are needed to learn {horizon} days ahead.",
            "Take a shorter --horizon, or import more history.",
        )
    return Plan(as_of, began, horizon, days_before(as_of, horizon, began), origins)


def days_before(as_of: date, horizon: int, began: date) -> list[date]:
    """Up to ORIGINS days whose outcome was known at `as_of`."""
    found = [as_of - timedelta(days=horizon + place * APART) for place in range(ORIGINS)]
    return [day for day in found if day >= began]


class Snapshots:
    """Each day is read once, however many origins learn from it."""

    def __init__(self, facts: FactReader, names: Sequence[str], horizon: int) -> None:
        self.facts, self.names, self.horizon = facts, names, horizon
        self.read: dict[date, Snapshot] = {}

    def at(self, day: date) -> Snapshot:
        if day not in self.read:
            self.read[day] = snapshot(self.facts, self.names, day, self.horizon)
        return self.read[day]

    def together(self, days: Sequence[date]) -> tuple[Numbers, Numbers, Numbers]:
        """ids, values, silent. Raises WrongInput where one outcome is too rare to be learned."""
        several = [self.at(day) for day in days]
        silent = np.concatenate([one.silent for one in several])
        rare = int(min(silent.sum(), len(silent) - silent.sum()))
        fewest = min(several, key=lambda one: len(one.ids))
        if rare < FEWEST_OF_A_KIND or len(fewest.ids) < FEWEST:
            known = f"{len(fewest.ids)} customers were known on {fewest.as_of}"
            raise WrongInput(
                f"{known}, and of {len(silent)} outcomes the rarer kind has {rare}.",
                f"At least {FEWEST} customers and {FEWEST_OF_A_KIND} outcomes of each kind are needed.",
            )
        return np.concatenate([one.ids for one in several]), np.vstack([one.values for one in several]), silent


def tried(snapshots: Snapshots, wanted: Plan, seed: int, step: Callable[[], None]) -> Backtest:
    """Origins from the latest back; one whose own past cannot be learned from ends the row."""
    several, truth = [], []
    kept: list[int] = []
    for origin in wanted.origins:
        try:
            model = Silence(snapshots.names, seed).fit(
                *snapshots.together(days_before(origin, wanted.horizon, wanted.began))
            )
        except WrongInput:
            if not kept:
                raise
            break
        judged = snapshots.at(origin)
        several.append(model.chance(judged.values))
        truth.append(judged.silent)
        kept.append((origin - date(1970, 1, 1)).days)
        step()
    chance = {name: np.concatenate([one[name] for one in several]) for name in several[0]}
    return Backtest(wanted.horizon, kept, chance, np.concatenate(truth), [len(one) for one in truth])

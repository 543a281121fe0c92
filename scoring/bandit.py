"""Shares of the traffic that follow success: Thompson sampling with a floor under every arm; the holdout stands outside."""

import zlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from hub.sdk import Trial, WrongInput
from scoring.moments import Metric, Moments

DRAWS = 10_000
FLOOR = 0.05


def shares(
    arms: Sequence[Moments], rng: np.random.Generator, floor: float = FLOOR, metric: Metric | None = None
) -> list[float]:
    """The chance of each arm to be the best, by its first column, none below `floor`; they add up to 1. metric: a ratio over the
    second column, where arms were dealt to clusters.

    Raises WrongInput for two arms, where a plain test tells more, and for a floor that leaves nothing to share out."""
    if len(arms) < 3:
        raise WrongInput("A bandit needs three arms or more.", "Test two arms against each other with a fixed split.")
    if not 0 < floor * len(arms) < 1:
        raise WrongInput(f"A floor of {floor:g} under {len(arms)} arms leaves nothing.", "Lower the floor.")
    if any(arm.n < 2 for arm in arms):
        return [1 / len(arms)] * len(arms)
    success = metric or Metric()
    means = np.array([success.level(arm.means) for arm in arms])
    slopes = [success.slope(arm.means)[0] for arm in arms]
    errors = np.sqrt(
        [max(float(at @ arm.covariance() @ at), 0.0) / arm.n for at, arm in zip(slopes, arms, strict=True)]
    )
    best = np.bincount(rng.normal(means, errors, (DRAWS, len(arms))).argmax(1), minlength=len(arms)) / DRAWS
    return [float(floor + (1 - floor * len(arms)) * share) for share in best]


class BanditAnalysis:
    """The analysis “bandit”, over the sums of a Trial whose first metric's first column is the success."""

    name: ClassVar[str] = "bandit"

    def shares(self, trial: Trial, floor: float) -> Mapping[str, float]:
        """arm -> share, to four digits; the same for the same sums. Raises WrongInput."""
        told = [(arm.name, arm.n, *next(iter(arm.metrics.values()))) for arm in trial.arms]
        metric = Metric(ratio=any(name in trial.ratios for name in trial.arms[0].metrics))
        width = 2 if metric.ratio else 1
        arms = [
            Moments(n, np.array(sums[:width], float), np.array([row[:width] for row in squares[:width]], float))
            for _, n, sums, squares in told
        ]
        rng = np.random.default_rng(zlib.crc32(repr([(name, n, sums) for name, n, sums, _ in told]).encode()))
        found = [round(share, 4) for share in shares(arms, rng, floor, metric)]
        found[found.index(max(found))] += round(1 - sum(found), 4)
        return {name: round(share, 4) for (name, *_), share in zip(told, found, strict=True)}

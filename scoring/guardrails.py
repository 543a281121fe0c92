"""Guardrails: is it proved that an arm makes a measure worse by more than a bound, or proved that it does not?

A test of non-inferiority at every look. Red where the always-valid interval of the difference lies beyond the bound as a whole, green
where it lies within it as a whole, else open. All intervals of a trial hold together: each has ALPHA / m, m being the number
of guardrails times that of arms beside the control (Bonferroni's inequality; Dunn 1961, Journal of the American Statistical
Association 56:52-64). So the chance that anything is ever called red wrongly, or green wrongly, is at most ALPHA."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hub.sdk import ArmStatistics, Rail, Trial
from scoring.intervals import ALPHA, always_valid
from scoring.moments import Metric, Moments, effect

LEAST = 30  # units in each arm, clusters where those are what was dealt: below, a mean is not yet normal


def guard(trial: Trial, rails: Sequence[Rail], broken: bool) -> list[dict[str, Any]]:
    """As Analysis.guard tells it. broken: the arms have wrong sizes."""
    control = next(arm for arm in trial.arms if arm.name == trial.control)
    others = [arm for arm in trial.arms if arm.name != trial.control]
    alpha = ALPHA / max(1, len(rails) * len(others))
    return [_judged(trial, rail, control, arm, alpha, broken) for rail in rails for arm in others]


def _judged(
    trial: Trial, rail: Rail, control: ArmStatistics, arm: ArmStatistics, alpha: float, broken: bool
) -> dict[str, Any]:
    is_ratio = rail.metric in trial.ratios
    told: dict[str, Any] = {"measure": rail.metric, "arm": arm.name, "bound": rail.bound, "alpha": alpha,
                            "more_is_worse": rail.more_is_worse, "difference": None, "interval": None}  # fmt: skip
    if broken:
        return {**told, "state": "hidden", "control": None, "treated": None}
    told |= {"control": _level(control, rail.metric, is_ratio), "treated": _level(arm, rail.metric, is_ratio)}
    binary = rail.share and not is_ratio
    here, there = _moments(control, rail.metric, binary), _moments(arm, rail.metric, binary)
    found = effect(here, there, Metric(is_ratio)) if min(control.n, arm.n) >= LEAST else None
    if found is None:
        return {**told, "state": "open"}
    interval = always_valid(found, alpha)
    worst, best = (
        (interval.high, interval.low) if rail.more_is_worse else (-interval.low, -interval.high)
    )  # how much worse it is at the most, and at the least
    state = "red" if best > rail.bound else "green" if worst < rail.bound else "open"
    return {**told, "state": state, "difference": found.value, "interval": [interval.low, interval.high]}


def _level(arm: ArmStatistics, metric: str, is_ratio: bool) -> float | None:
    sums, _ = arm.metrics[metric]
    base = sums[1] if is_ratio else arm.n
    return float(sums[0] / base) if base else None


def _moments(arm: ArmStatistics, metric: str, binary: bool) -> Moments:
    """binary: with one yes and one no more, so that an arm to whom it never happened is not taken for one to whom it cannot
    (Agresti and Caffo 2000, The American Statistician 54:280-288)."""
    sums, products = arm.metrics[metric]
    found = Moments(arm.n, np.array(sums, float), np.array(products, float))
    return found + Moments(2, np.ones(1), np.ones((1, 1))) if binary else found

"""The analysis “trial”: an experiment's arms by their sufficient statistics, and what may be said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hub.sdk import ArmStatistics, Rail, Trial
from scoring import power
from scoring.balance import Balance, balance
from scoring.belief import Belief, Prior, belief
from scoring.guardrails import guard
from scoring.intervals import ALPHA, Interval, always_valid, benjamini_hochberg, fixed, holm
from scoring.moments import Effect, Metric, Moments, effect

# Clusters of an arm. A variance between fewer is itself little more than a guess, and below some twenty to fifty in all tests reject
# too often (Cameron and Miller 2015, Journal of Human Resources 50:317-372, section VI).
FEWEST, FEW = 10, 25


@dataclass(frozen=True)
class Verdict:
    """One arm beside the control in one metric. p_adjusted: over all arms and goals (Holm). loss: minor units per unit of
    the experiment where the metric is money."""

    arm: str
    metric: str
    absolute: Effect
    interval: Interval
    planned: Interval
    share: Effect | None
    bet: Belief | None
    p_adjusted: float = 1.0

    def as_json(self) -> dict[str, Any]:
        return {
            "arm": self.arm,
            "metric": self.metric,
            "difference": self.absolute.value,
            "interval": [self.interval.low, self.interval.high],
            "fixed_interval": [self.planned.low, self.planned.high],
            "p": self.interval.p,
            "p_adjusted": self.p_adjusted,
            "share": self.share.value if self.share else None,
            "wins": self.bet.wins if self.bet else None,
            "loss_if_chosen": self.bet.loss_if_chosen if self.bet else None,
            "loss_if_kept": self.bet.loss_if_kept if self.bet else None,
        }


class TrialAnalysis:
    """Hides every result while the sizes of the arms are wrong: a comparison of unlike people is worse than none."""

    name: ClassVar[str] = "trial"

    def judge(self, trial: Trial) -> Mapping[str, Any]:
        """Of clusters nothing is told while an arm has fewer than FEWEST, and with a warning while one has fewer than FEW."""
        seen = _sizes(trial)
        told: dict[str, Any] = {
            "control": trial.control,
            "sizes": {arm.name: arm.n for arm in trial.arms},
            "balance": {"p": seen.p, "by_channel": dict(seen.by_channel), "broken": seen.broken},
        }
        if trial.cluster:
            least = min(arm.n for arm in trial.arms)
            told |= {"cluster": trial.cluster, "few": least < FEW, "too_few": least < FEWEST, "least": FEWEST}
        if seen.broken or told.get("too_few"):
            return told
        return told | {"verdicts": [one.as_json() for one in _verdicts(trial)]}

    def guard(self, trial: Trial, rails: Sequence[Rail]) -> Sequence[Mapping[str, Any]]:
        return guard(trial, rails, _sizes(trial).broken)

    def plan(self, finds: float, variance: float, weekly: float) -> Mapping[str, Any]:
        found = power.plan(finds, variance, weekly)
        return {"units": found.units, "weeks": found.weeks, "finds": found.finds}

    def together(self, p: Sequence[float]) -> Sequence[float]:
        return benjamini_hochberg(p) if p else []


def _sizes(trial: Trial) -> Balance:
    sizes = [arm.n for arm in trial.arms]
    channels = {name: [arm.by_channel.get(name, 0) for arm in trial.arms] for name in _channels(trial.arms)}
    return balance(sizes, [arm.share for arm in trial.arms], channels)


def _channels(arms: Sequence[ArmStatistics]) -> list[str]:
    return sorted({name for arm in arms for name in arm.by_channel})


def _verdicts(trial: Trial) -> list[Verdict]:
    control = next(arm for arm in trial.arms if arm.name == trial.control)
    found = [
        verdict
        for arm in trial.arms
        if arm.name != trial.control
        for metric in sorted(arm.metrics)
        if (verdict := _verdict(arm, control, metric, trial))
    ]
    adjusted = holm([one.interval.p for one in found]) if found else []
    return [
        Verdict(one.arm, one.metric, one.absolute, one.interval, one.planned, one.share, one.bet, p)
        for one, p in zip(found, adjusted, strict=True)
    ]


def _verdict(arm: ArmStatistics, control: ArmStatistics, metric: str, trial: Trial) -> Verdict | None:
    shape = Metric(metric in trial.ratios, metric in trial.adjusted)
    here, there = _moments(control, metric), _moments(arm, metric)
    absolute = effect(here, there, shape)
    if absolute is None:
        return None
    share = effect(here, there, shape, relative=True)
    bet = belief(share, Prior()).in_money(absolute.control) if share else None
    return Verdict(arm.name, metric, absolute, always_valid(absolute, ALPHA), fixed(absolute, ALPHA), share, bet)


def _moments(arm: ArmStatistics, metric: str) -> Moments:
    sums, products = arm.metrics[metric]
    return Moments(arm.n, np.array(sums, float), np.array(products, float))

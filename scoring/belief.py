"""The same difference as a bet: how likely the treated arm is better, and what choosing wrongly would cost, in money."""

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from scoring.intervals import ALPHA
from scoring.moments import Effect


@dataclass(frozen=True)
class Prior:
    """What is believed before: relative effects are around `mean`, with this standard deviation; None: nothing is."""

    mean: float = 0.0
    deviation: float | None = 0.3


FLAT = Prior(0.0, None)


@dataclass(frozen=True)
class Belief:
    """wins: chance that treated is better. loss_if_chosen, loss_if_kept: expected, in the effect's unit; `in_money` scales
    a relative effect by what the control earns per unit."""

    expected: float
    low: float
    high: float
    wins: float
    loss_if_chosen: float
    loss_if_kept: float

    def in_money(self, per_unit: float) -> "Belief":
        """per_unit: minor units of money that one unit of the control brings."""
        low, high = per_unit * self.low, per_unit * self.high
        chosen, kept = per_unit * self.loss_if_chosen, per_unit * self.loss_if_kept
        return Belief(per_unit * self.expected, low, high, self.wins, chosen, kept)


def belief(effect: Effect, prior: Prior = FLAT, alpha: float = ALPHA) -> Belief:
    """effect: relative where the prior says something. Normal prior and likelihood, so the posterior has a formula."""
    sureness = 1 / effect.variance
    weight = 0.0 if prior.deviation is None else 1 / prior.deviation**2
    mean = (effect.value * sureness + prior.mean * weight) / (sureness + weight)
    deviation = math.sqrt(1 / (sureness + weight))
    reach = float(ndtri(1 - alpha / 2)) * deviation
    above = _mean_above(mean, deviation)
    return Belief(mean, mean - reach, mean + reach, float(ndtr(mean / deviation)), above - mean, above)


def _mean_above(mean: float, deviation: float) -> float:
    """E[max(0, x)]: what is forgone by keeping the control."""
    z = mean / deviation
    return mean * float(ndtr(z)) + deviation * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

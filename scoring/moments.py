"""What an experiment is judged by: sufficient statistics of an arm, and the difference between two arms by the delta method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Moments:
    """n: units of an arm. sums: of k columns over them. products: k × k sums of their products. `+` joins two stretches.

    The log of an experiment can always be summed anew, so these rebuild to the last digit."""

    n: float
    sums: Numbers
    products: Numbers

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.n + other.n, self.sums + other.sums, self.products + other.products)

    @property
    def means(self) -> Numbers:
        return self.sums / self.n

    def covariance(self, ddof: int = 1) -> Numbers:
        """k × k, of one unit. ddof 0: as of a share of yes among n."""
        return (self.products - np.outer(self.sums, self.sums) / self.n) / (self.n - ddof)


def gathered(columns: Sequence[Numbers]) -> Moments:
    """The moments of columns of equal length, one row per unit."""
    table = np.column_stack(columns).astype(float)
    return Moments(len(table), table.sum(0), table.T @ table)


def yes_of(n: int, yes: int) -> Moments:
    """Of units that did, or did not."""
    return Moments(n, np.array([float(yes)]), np.array([[float(yes)]]))


def winsorised(values: Numbers, quantile: float) -> Numbers:
    """Values above the quantile of all arms together count as the quantile: one giant invoice decides no test."""
    capped: Numbers = np.minimum(values, np.quantile(values, quantile))
    return capped


@dataclass(frozen=True)
class Metric:
    """How an arm's number is made of its columns: value [, base] [, value before [, base before]].

    ratio: value over base, as spend per visit; fleets are units whose base is their number of cars, which makes this the
    clustered variance. adjusted: what the time before explains is taken off (CUPED: Deng et al. 2013, WSDM). ddof: see Moments."""

    ratio: bool = False
    adjusted: bool = False
    ddof: int = 1

    def level(self, means: Numbers) -> float:
        return float(means[0] / means[1]) if self.ratio else float(means[0])

    def before(self, means: Numbers) -> float:
        return self._part().level(means[self._width :]) if self.adjusted else 0.0

    def slope(self, means: Numbers) -> tuple[Numbers, Numbers]:
        """Gradients of level and of before, by the means of all columns."""
        width, both = self._width, np.zeros((2, len(means)))
        both[0, :width] = _slope(means[:width], self.ratio)
        if self.adjusted:
            both[1, width:] = _slope(means[width:], self.ratio)
        return both[0], both[1]

    @property
    def _width(self) -> int:
        return 2 if self.ratio else 1

    def _part(self) -> "Metric":
        return Metric(self.ratio)


def _slope(means: Numbers, ratio: bool) -> Numbers:
    return np.array([1 / means[1], -means[0] / means[1] ** 2]) if ratio else np.array([1.0])


@dataclass(frozen=True)
class Effect:
    """value: treated less control, or that as a share of control. variance: of the value. freedom: Welch-Satterthwaite.
    control: the control's own level, which turns a share back into money."""

    value: float
    variance: float
    units: float
    freedom: float
    control: float


def effect(control: Moments, treated: Moments, metric: Metric, relative: bool = False) -> Effect | None:
    """None where nothing can be told: an arm of less than two, no variance, or a control of nothing to be a share of."""
    if min(control.n, treated.n) < 2 or (metric.ratio and min(control.sums[1], treated.sums[1]) <= 0):
        return None
    theta = _theta(control, treated, metric) if metric.adjusted else 0.0
    base = metric.level(control.means)
    if relative and base == 0:
        return None
    difference = _point(treated, metric, theta) - _point(control, metric, theta)
    levels, befores = metric.slope(control.means)
    here = levels - theta * befores
    there = _gradient(treated, metric, theta)
    if relative:
        here, there = here / base + difference / base**2 * levels, there / base
    parts = [_spread(control, here, metric), _spread(treated, there, metric)]
    variance = sum(parts)
    if variance <= 0:
        return None
    own = [_spread(one, _gradient(one, metric, theta), metric) for one in (control, treated)]
    freedom = sum(own) ** 2 / (own[0] ** 2 / (control.n - 1) + own[1] ** 2 / (treated.n - 1))
    return Effect(difference / base if relative else difference, variance, control.n + treated.n, freedom, base)


def _point(arm: Moments, metric: Metric, theta: float) -> float:
    return metric.level(arm.means) - theta * metric.before(arm.means)


def _gradient(arm: Moments, metric: Metric, theta: float) -> Numbers:
    levels, befores = metric.slope(arm.means)
    return levels - theta * befores


def _spread(arm: Moments, gradient: Numbers, metric: Metric) -> float:
    return float(gradient @ arm.covariance(metric.ddof) @ gradient) / arm.n


def _theta(control: Moments, treated: Moments, metric: Metric) -> float:
    """The weight of the time before that leaves least variance: one for both arms, each arm around its own mean."""
    shared = known = 0.0
    for arm in (control, treated):
        if metric.ratio and arm.sums[3] <= 0:
            return 0.0
        levels, befores = metric.slope(arm.means)
        covariance = arm.covariance() * arm.n
        shared += float(levels @ covariance @ befores)
        known += float(befores @ covariance @ befores)
    return shared / known if known > 0 else 0.0

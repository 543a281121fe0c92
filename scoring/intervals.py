"""How sure: an interval for a look that was planned, one that stands at every look, and p-values of many questions at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from scoring.moments import Effect, Numbers

ALPHA = 0.05
TUNED_FOR = 5000  # units at which the always-valid interval is narrowest


@dataclass(frozen=True)
class Interval:
    """p: of no effect. always_valid: may be looked at whenever one likes."""

    low: float
    high: float
    p: float
    always_valid: bool


def fixed(effect: Effect, alpha: float = ALPHA) -> Interval:
    """Welch's t: for one look, at a size that was planned before."""
    error = math.sqrt(effect.variance)
    width = float(stdtrit(effect.freedom, 1 - alpha / 2)) * error
    p = 2 * float(stdtr(effect.freedom, -abs(effect.value) / error))
    return Interval(effect.value - width, effect.value + width, p, False)


def always_valid(effect: Effect, alpha: float = ALPHA, tuned_for: float = TUNED_FOR) -> Interval:
    """Normal-mixture confidence sequence: Waudby-Smith et al. 2023, arXiv 2103.06476v7, equations 9, 155 and 161."""
    n, rho = effect.units, math.sqrt((-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / tuned_for)
    grown = n * rho**2 + 1
    width = math.sqrt(effect.variance * n * 2 * grown * math.log(math.sqrt(grown) / alpha)) / (n * rho)
    evidence = rho**2 * effect.value**2 * n / effect.variance / (2 * grown) - math.log(grown) / 2
    return Interval(effect.value - width, effect.value + width, math.exp(min(0.0, -evidence)), True)


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values of a few goals: none false, with the chance promised (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1))
    return _back(order, stepped)


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p-values of many slices: of those called, few are false (Benjamini and Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    stepped = np.asarray(p)[order] * len(p) / np.arange(1, len(p) + 1)
    return _back(order, np.minimum.accumulate(stepped[::-1])[::-1])


def _back(order: Numbers, stepped: Numbers) -> list[float]:
    found = np.empty(len(order))
    found[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in found]

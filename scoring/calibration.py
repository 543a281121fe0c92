"""Probabilities set right by what came of earlier ones: not at all, by a line in the logit, or by steps; the past decides."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from scoring.measure import log_loss

Numbers = NDArray[Any]

KINDS = ("none", "line", "steps")


@dataclass(frozen=True)
class Calibrator:
    """kind and the numbers it needs: slope and intercept, or the corners of the steps."""

    kind: str
    numbers: Numbers

    def __call__(self, chance: Numbers) -> Numbers:
        if self.kind == "line":
            return np.asarray(expit(self.numbers[0] * _logit(chance) + self.numbers[1]))
        if self.kind == "steps":
            return np.asarray(np.interp(chance, self.numbers[0], self.numbers[1]))
        return chance


def fitted(kind: str, chance: Numbers, truth: Numbers) -> Calibrator:
    if kind == "line":
        line = LogisticRegression(C=1e6).fit(_logit(chance)[:, None], truth)
        return Calibrator(kind, np.array([line.coef_[0, 0], line.intercept_[0]]))
    if kind == "steps":
        steps = IsotonicRegression(out_of_bounds="clip", y_min=0.005, y_max=0.995).fit(chance, truth)
        return Calibrator(kind, np.array([steps.X_thresholds_, steps.y_thresholds_]))
    return Calibrator("none", np.zeros(0))


def chosen(chance: Numbers, truth: Numbers, sizes: list[int]) -> Calibrator:
    """Each origin is judged by a calibrator of the others; another than none must win by more than its standard error."""
    origin = np.repeat(np.arange(len(sizes)), sizes)
    losses = {kind: _left_out(kind, chance, truth, origin) for kind in KINDS}
    best = "none"
    for kind in KINDS[1:]:
        gain = losses[best] - losses[kind]
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            best = kind
    return fitted(best, chance, truth)


def _left_out(kind: str, chance: Numbers, truth: Numbers, origin: Numbers) -> Numbers:
    told = chance.copy()
    for one in np.unique(origin):
        others = origin != one
        if others.any() and 0 < truth[others].sum() < others.sum():
            told[~others] = fitted(kind, chance[others], truth[others])(chance[~others])
    return log_loss(told, truth)


def _logit(chance: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(chance, 1e-6, 1 - 1e-6)))

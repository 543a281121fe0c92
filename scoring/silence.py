"""Who will stay away for a horizon, from facts of a day: regression, small boosting that knows which way is worse, their mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from scoring.sheet import Sheet

Numbers = NDArray[Any]

FLOOR = "recency"
CANDIDATES = ("regression", "boosting", "mean of two")
RECENCY = "visits.silent_days"
LEARN_FROM = 200_000  # rows: a regression of some forty terms and six-leaved trees learn nothing more from others
REFITS = 30  # for the band
# never: the longer the silence and the worse the last answers, the likelier somebody stays
WORSE = {
    "visits.silent_days": 1, "visits.overdue": 1, "visits.in_year": -1, "visits.per_year": -1, "survey.last": -1,
    "survey.worst": -1, "complaints.in_year": 1, "late.in_year": 1, "advice.declined_safety": 1, "cars.count": -1, "cars.due": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Per row the calibrated chance of no visit and its 90 % band, and (rows, facts) how far each fact moves the logit."""

    chance: Numbers
    low: Numbers
    high: Numbers
    pulls: Numbers


class Silence:
    """fit(ids, values, silent): several rows of one customer are drawn together where the band is made.

    chance(values) -> per candidate the probability of no visit. judge(values, candidate) -> the chance that one candidate gives,
    its 90 % band, and how far each fact pulls."""

    def __init__(self, names: Sequence[str], seed: int = 0) -> None:
        self.names = list(names)
        self.seed = seed

    def fit(self, ids: Numbers, values: Numbers, silent: Numbers, *, refits: int = 0) -> Self:
        ids, values, silent = self._some(ids, values, silent)
        self.sheet_ = Sheet(self.names).fit(values)
        linear = self.sheet_.linear(values)
        self.regression_ = _regression(linear, silent)
        self.floor_ = _regression(self._recency(values), silent)
        self.varying_ = np.flatnonzero(_varies(values))
        names = [self.names[at] for at in self.varying_]
        self.boosting_ = _boosting(names, len(values), self.seed).fit(values[:, self.varying_], silent)
        self.refits_ = self._refits(ids, linear, silent, refits)
        return self

    def chance(self, values: Numbers) -> dict[str, Numbers]:
        linear = self.sheet_.linear(values)
        line, trees = _apply(self.regression_, linear), self._trees(values)
        told = {FLOOR: self._floor(values), "regression": line, "boosting": trees, "mean of two": (line + trees) / 2}
        return {name: np.asarray(expit(one)) for name, one in told.items()}

    def judge(self, values: Numbers, candidate: str, right: Callable[[Numbers], Numbers]) -> Judged:
        """right: sets the candidate's probability right."""
        linear = self.sheet_.linear(values)
        line = _apply(self.regression_, linear)
        if candidate == FLOOR:
            told = self._floor(values)
        elif candidate == "regression":
            told = line
        else:
            trees = self._trees(values)
            told = trees if candidate == "boosting" else (line + trees) / 2
        chance = right(np.asarray(expit(told)))
        return Judged(chance, *self._band(linear, line, chance), self._pulls(linear))

    def _trees(self, values: Numbers) -> Numbers:
        return np.asarray(self.boosting_.decision_function(values[:, self.varying_]))

    def _floor(self, values: Numbers) -> Numbers:
        return _apply(self.floor_, self._recency(values))

    def _band(self, linear: Numbers, line: Numbers, chance: Numbers) -> tuple[Numbers, Numbers]:
        """How far the regression moves when its customers are drawn again, around the probability told."""
        moved = linear @ self.refits_[1:] + self.refits_[0] - line[:, None]
        low, high = np.quantile(moved, (0.05, 0.95), axis=1)
        sure = _logit(chance)
        return np.asarray(expit(sure + np.minimum(low, 0))), np.asarray(expit(sure + np.maximum(high, 0)))

    def _pulls(self, linear: Numbers) -> Numbers:
        """(rows, facts): how far each fact moves the logit of the regression away from the mean customer's."""
        parts = linear * self.regression_[1:]
        told = parts[:, : len(self.names)].copy()
        for column, fact in enumerate(self.sheet_.gaps, start=len(self.names)):
            told[:, fact] += parts[:, column]
        return np.asarray(told)

    def _recency(self, values: Numbers) -> Numbers:
        return np.log1p(values[:, [self.names.index(RECENCY)]])

    def _some(self, ids: Numbers, values: Numbers, silent: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        if len(silent) <= LEARN_FROM:
            return ids, values, silent
        rows = np.sort(np.random.default_rng(self.seed).choice(len(silent), LEARN_FROM, replace=False))
        return ids[rows], values[rows], silent[rows]

    def _refits(self, ids: Numbers, linear: Numbers, silent: Numbers, count: int) -> Numbers:
        """One Newton step from the fit under other weights: what the whole refit would move, to first order."""
        rng = np.random.default_rng(self.seed)
        customers, codes = np.unique(ids, return_inverse=True)
        design = np.hstack([np.ones((len(linear), 1)), linear])
        chance = expit(_apply(self.regression_, linear))
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(
            [1e-6, *np.full(linear.shape[1], 1 / PENALTY)]
        )
        found = []
        for _ in range(count):
            weight = np.bincount(rng.integers(0, len(customers), len(customers)), minlength=len(customers))[codes]
            slope = design.T @ ((weight - 1) * (silent - chance))
            found.append(self.regression_ + np.linalg.solve(curve, slope))
        return np.array(found).T if found else np.zeros((design.shape[1], 0))


def _varies(values: Numbers) -> Numbers:
    """Which columns hold two different values at least; trees cannot be given one that holds none."""
    known = np.where(np.isnan(values), -np.inf, values).max(0), np.where(np.isnan(values), np.inf, values).min(0)
    return np.asarray(known[0] > known[1])


PENALTY = 0.02  # C of the regression: features are alike, and the customers few


def _regression(linear: Numbers, silent: Numbers) -> Numbers:
    """Intercept and slopes."""
    fitted = LogisticRegression(C=PENALTY, max_iter=1000).fit(linear, silent)
    return np.concatenate([fitted.intercept_, fitted.coef_[0]])


def _apply(line: Numbers, linear: Numbers) -> Numbers:
    return np.asarray(linear @ line[1:] + line[0])


def _boosting(names: Sequence[str], rows: int, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=100,
        max_leaf_nodes=6,
        min_samples_leaf=int(np.clip(rows // 50, 10, 100)),
        l2_regularization=1.0,
        monotonic_cst=[WORSE.get(name, 0) for name in names],
        early_stopping=False,
        random_state=seed,
    )


def _logit(chance: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(chance, 1e-6, 1 - 1e-6)))

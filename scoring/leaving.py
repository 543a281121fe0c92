"""Who leaves, from a table with a label: smooth logistic regression and small boosting, their logits weighted by inner folds."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from scoring.columns import Columns
from scoring.measure import log_loss

Numbers = NDArray[Any]

INNER_FOLDS = 2
PENALTIES = (0.001, 0.01, 0.1)  # C of the logistic regression
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the boosting in the logit
USUAL = (0.01, 0.5)
LEARN_FROM = 20_000  # rows are enough to choose two numbers


class Leaving(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """fit(rows, left): rows as `columns.typed` gives them, left 0 or 1. All choices are made by folds of the rows given.

    choice_: (penalty, share), or None where nothing beats the base rate. Another choice than the usual one must be better
    by more than its standard error: small differences are noise."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, rows: pd.DataFrame, left: Numbers) -> Self:
        self.classes_ = np.array([0, 1])
        self.base_ = float(np.mean(left))
        self.choice_ = self._choose(rows, left)
        if self.choice_ is not None:
            self.pair_ = Pair(self.seed).fit(rows, left, (self.choice_[0],))
        return self

    def predict_proba(self, rows: pd.DataFrame) -> Numbers:
        if self.choice_ is None:
            chance = np.full(len(rows), self.base_)
        else:
            penalty, share = self.choice_
            linear, trees = self.pair_.logits(rows)
            chance = expit(_mixed(linear[penalty], trees, share))
        return np.column_stack([1 - chance, chance])

    def predict(self, rows: pd.DataFrame) -> Numbers:
        return (self.predict_proba(rows)[:, 1] >= 0.5).astype(int)

    def _choose(self, rows: pd.DataFrame, left: Numbers) -> tuple[float, float] | None:
        if len(rows) > LEARN_FROM:
            some = np.sort(np.random.default_rng(self.seed).choice(len(rows), LEARN_FROM, replace=False))
            rows, left = rows.iloc[some], left[some]
        rows = rows.reset_index(drop=True)
        losses = {(penalty, share): np.zeros(len(rows)) for penalty in PENALTIES for share in SHARES}
        base = np.zeros(len(rows))
        for train, test in StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=self.seed).split(rows, left):
            pair = Pair(self.seed).fit(rows.iloc[train], left[train], PENALTIES)
            linear, trees = pair.logits(rows.iloc[test])
            base[test] = log_loss(np.full(len(test), left[train].mean()), left[test])
            for penalty, share in losses:
                losses[penalty, share][test] = log_loss(expit(_mixed(linear[penalty], trees, share)), left[test])
        best = min(losses, key=lambda choice: losses[choice].mean())
        if not _better(losses[best], losses[USUAL]):
            best = USUAL
        return best if losses[best].mean() < base.mean() else None


class Pair:
    """One boosting, and a logistic regression per penalty, on the same rows."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, rows: pd.DataFrame, left: Numbers, penalties: tuple[float, ...]) -> Self:
        self.columns = Columns().fit(rows)
        linear = self.columns.linear(rows)
        self.regressions = {
            penalty: LogisticRegression(C=penalty, max_iter=500).fit(linear, left) for penalty in penalties
        }
        self.boosting = HistGradientBoostingClassifier(
            learning_rate=0.07,
            max_iter=100,
            max_leaf_nodes=8,
            min_samples_leaf=int(np.clip(len(rows) // 55, 5, 100)),
            l2_regularization=1.0,
            categorical_features=self.columns.categorical,
            early_stopping=False,
            random_state=self.seed,
        ).fit(self.columns.trees(rows), left)
        return self

    def logits(self, rows: pd.DataFrame) -> tuple[dict[float, Numbers], Numbers]:
        linear = self.columns.linear(rows)
        chance = self.boosting.predict_proba(self.columns.trees(rows))[:, 1]
        told = {penalty: regression.decision_function(linear) for penalty, regression in self.regressions.items()}
        return told, logit(np.clip(chance, 1e-6, 1 - 1e-6))


def _mixed(linear: Numbers, trees: Numbers, share: float) -> Numbers:
    return np.asarray((1 - share) * linear + share * trees)


def _better(one: Numbers, other: Numbers) -> bool:
    gain = other - one
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain)))

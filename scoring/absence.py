"""Who does not come back within a horizon: regression over as-of snapshots, repeat-purchase models, and their mean."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from hub.errors import WrongInput
from scoring.histories import WEEK, History, features, seen
from scoring.measure import log_loss
from scoring.repeat import BgNbd, ParetoNbd, degenerate

Numbers = NDArray[Any]

ORIGINS = 4
SHARE = 3  # a history must be as long as this many training horizons: warm-up, origins, the last window
FEWEST_OF_A_KIND = 20
STRETCHES = np.linspace(0.3, 1.2, 19)  # k of (h2 / h1) ** k
REFITS = 40  # for the band
FLOOR, PARETO = "recency", "Pareto/NBD"
RECENCY = "days since the last visit"


@dataclass(frozen=True)
class Candidates:
    """name -> probability of silence per customer, in the order of `customers`."""

    customers: pd.Index
    chance: dict[str, Numbers]


class Absence:
    """fit(history): learns from as-of snapshots whose windows end before the history does.

    horizon_: days learned on; shorter than the one asked for where the history is short. stretch_: the hazard grows as
    (asked / learned) ** stretch_, measured from the oldest snapshot on. notes_: what was given up, and why."""

    def __init__(self, horizon: int, seed: int = 0) -> None:
        self.horizon = horizon
        self.seed = seed

    def fit(self, history: History) -> Self:
        span = history.until - history.began
        self.horizon_ = min(self.horizon, span // SHARE)
        if self.horizon_ < 7:
            raise WrongInput(f"The history before this day is {span} days long.", "Three weeks are the least.")
        step = max(1, self.horizon_ // (ORIGINS - 1))
        self.origins_ = [history.until - self.horizon_ - place * step for place in range(ORIGINS)]
        self.notes_: list[str] = []
        self.repeat_ = self._fit_repeat(
            history
        )  # four numbers of all who are known; each snapshot applies them to its day
        snapshots = [self._snapshot(history.cut(origin)) for origin in self.origins_]
        rows = pd.concat(snapshots)
        left = np.concatenate(
            [
                history.silent(one.index, origin, self.horizon_)
                for one, origin in zip(snapshots, self.origins_, strict=True)
            ]
        )
        if min(left.sum(), len(left) - left.sum()) < FEWEST_OF_A_KIND:
            raise WrongInput(
                f"Of {len(left)} snapshots before this day {int(left.sum())} ended in silence.",
                f"At least {FEWEST_OF_A_KIND} must, and as many must not.",
            )
        self.regression_ = _Regression(list(rows.columns)).fit(rows, left)
        self.floor_ = _Regression([RECENCY]).fit(rows, left)
        self.boosting_ = _boosting(self.seed).fit(rows.to_numpy(), left)
        self.stretch_ = self._measured_stretch(history, snapshots[-1], self.origins_[-1])
        self.refits_ = list(self._refits(rows, left))
        return self

    def candidates(self, history: History) -> Candidates:
        """For the customers known at the history's end, for the horizon asked for."""
        rows, asked = self._snapshot(history), self.horizon / WEEK
        learned = self._stretched(self.regression_.chance(rows))
        trees = self._stretched(self.boosting_.predict_proba(rows.to_numpy())[:, 1])
        chance = {FLOOR: self._stretched(self.floor_.chance(rows)), "regression": learned, "boosting": trees}
        for name, model in self.repeat_.items():
            chance[name] = model.silent(seen(history), asked)
        if PARETO in chance:
            chance["mean of two"] = expit((_logit(learned) + _logit(chance[PARETO])) / 2)
            chance["mean of three"] = expit((_logit(learned) + _logit(trees) + _logit(chance[PARETO])) / 3)
        return Candidates(rows.index, chance)

    def band(self, history: History, chance: Numbers) -> tuple[Numbers, Numbers]:
        """90 %: how far the regression moves when its customers are drawn again, around the probability told."""
        rows = self._snapshot(history)
        here = _logit(self._stretched(self.regression_.chance(rows)))
        moved = np.array([_logit(self._stretched(one.chance(rows))) - here for one in self.refits_])
        low, high = np.quantile(moved, (0.05, 0.95), axis=0)
        return expit(_logit(chance) + np.minimum(low, 0)), expit(_logit(chance) + np.maximum(high, 0))

    def expected(self, history: History, chance: Numbers) -> Numbers:
        """Purchases within the horizon: those of a customer who comes back, times the probability that they do."""
        past, asked = seen(history), self.horizon / WEEK
        model = self.repeat_.get(PARETO)
        if model is None:
            rate = (past.frequency + 1) / (past.watched + asked)
            return np.asarray((1 - chance) * np.maximum(1, rate * asked))
        back = np.maximum(1 - model.silent(past, asked), 1e-9)
        return np.asarray((1 - chance) * np.maximum(1, model.expected(past, asked) / back))

    def _snapshot(self, history: History) -> pd.DataFrame:
        rows = features(history)
        model = self.repeat_.get(PARETO)
        told = _logit(model.silent(seen(history), self.horizon_ / WEEK)) if model else np.zeros(len(rows))
        return rows.assign(**{"as Pareto/NBD has it": told})

    def _fit_repeat(self, history: History) -> dict[str, BgNbd | ParetoNbd]:
        """Those that ran away are left out, with a note."""
        past, good = seen(history), dict[str, BgNbd | ParetoNbd]()
        for name, model in (("BG/NBD", BgNbd().fit(past)), (PARETO, ParetoNbd().fit(past))):
            why = degenerate(model, past)
            if why:
                self.notes_.append(f"{name} was not used: {why}")
            else:
                good[name] = model
        return good

    def _measured_stretch(self, history: History, oldest: pd.DataFrame, origin: int) -> float:
        longest = min(self.horizon, history.until - origin)
        if longest <= self.horizon_ * 1.2:
            return 1.0
        truth, chance = history.silent(oldest.index, origin, longest), self.regression_.chance(oldest)
        losses = [log_loss(chance ** ((longest / self.horizon_) ** k), truth).mean() for k in STRETCHES]
        return float(STRETCHES[int(np.argmin(losses))])

    def _stretched(self, chance: Numbers) -> Numbers:
        return np.asarray(chance ** ((self.horizon / self.horizon_) ** self.stretch_))

    def _refits(self, rows: pd.DataFrame, left: Numbers) -> Any:
        chance = np.random.default_rng(self.seed)
        codes, customers = pd.factorize(rows.index)
        for _ in range(REFITS):
            weight = np.bincount(chance.integers(0, len(customers), len(customers)), minlength=len(customers))[codes]
            yield _Regression(list(rows.columns)).fit(rows, left, weight.astype(float))


class _Regression:
    def __init__(self, columns: list[str]) -> None:
        self.columns = columns

    def fit(self, rows: pd.DataFrame, left: Numbers, weight: Numbers | None = None) -> Self:
        values = rows[self.columns].to_numpy()
        self.scaler = StandardScaler().fit(values)
        self.model = LogisticRegression(C=0.05, max_iter=1000).fit(self.scaler.transform(values), left, weight)
        return self

    def chance(self, rows: pd.DataFrame) -> Numbers:
        return np.asarray(self.model.predict_proba(self.scaler.transform(rows[self.columns].to_numpy()))[:, 1])


def _boosting(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=100,
        max_leaf_nodes=6,
        min_samples_leaf=100,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def _logit(chance: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(chance, 1e-6, 1 - 1e-6)))

"""How often vehicles of a model and year fail inspection: a process over likeness and boosting over age, mileage and make."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.preprocessing import SplineTransformer

from scoring.likeness import Numbers
from scoring.vehicle_process import Kernel, VehicleProcess, Vehicles

# Found once by marginal likelihood on the public Finnish inspections of 2022, of the log odds of failing.
KERNEL = Kernel(
    constant=4.0, smooth=0.2, lengths=(1.14, 1.54, 12.4, 1.3), age=0.35, mileage=0.43,
    make=0.03, make_smooth=0.04, make_lengths=(0.78, 1.9), name=0.02, name_smooth=0.06, name_age=0.3,
    group=0.12, group_smooth=0.05, group_age=1.0, model=0.06,
)  # fmt: skip
ROW_NOISE = 0.01
PROCESS_SHARE = 0.6
FIRST_INSPECTION = 3  # years: the newest cars of a table came to their first inspection
SHRINK = 3_000  # inspections of the average make that each make starts with
FOLDS = 10
FLOOR = 0.003  # of a rate, so that its log odds are finite


def place(rows: pd.DataFrame, newest: int) -> Numbers:
    """(rows, 8): age, mileage, its skew, inspections, first and last year of the model, inspections of the model, pace.

    What is said of a model is read from these rows alone. newest: first registration of the newest cars known."""
    model = rows.make + "|" + rows.model
    age = (newest + FIRST_INSPECTION - rows.first_registered).clip(lower=1).astype(float)
    years = rows.first_registered.groupby(model)
    pace = rows.mean_km / age / 1e4
    return np.column_stack([
        age / 5, rows.mean_km / 1e5, rows.median_km / rows.mean_km * 10, np.log(rows.inspections),
        (newest - years.transform("min")) / 4, (newest - years.transform("max")) / 4,
        np.log(rows.inspections.groupby(model).transform("sum")), pace.groupby(model).transform("mean"),
    ]).astype(float)  # fmt: skip


def vehicles_of(rows: pd.DataFrame, where: Numbers) -> Vehicles:
    return Vehicles(where[:, [0, 1, 2, 7]], list(rows.make), list(rows.model))


@dataclass
class FailureRate:
    """fit(rows with failed_percent), predict(rows) -> percent failed, (rows,)."""

    seed: int = 0

    def fit(self, rows: pd.DataFrame) -> "FailureRate":
        self.newest_ = int(rows.first_registered.max())
        where = place(rows, self.newest_)
        rate = np.clip(rows.failed_percent.to_numpy(float) / 100, FLOOR, 1 - FLOOR)
        weight = rows.inspections.to_numpy(float)
        odds = np.log(rate / (1 - rate))
        middling = np.clip(rate, 0.02, 0.98)
        noise = ROW_NOISE + 1 / (weight * middling * (1 - middling))
        self.process_ = VehicleProcess(KERNEL).fit(vehicles_of(rows, where), odds[:, None], noise)
        self._fit_makes(rows, where, odds, weight)
        seen = np.column_stack([where, self._makes_out_of_fold(rows, weight)])
        self.boosted_ = [
            self._boosting("absolute_error", 0).fit(seen, rate, sample_weight=weight),
            self._boosting("squared_error", 1).fit(seen, odds, sample_weight=weight),
        ]
        return self

    def predict(self, rows: pd.DataFrame) -> Numbers:
        where = place(rows, self.newest_)
        process = _rate(self.process_.predict(vehicles_of(rows, where))[:, 0])
        makes = rows.make.map(_shrunk(self.makes_, self.rest_, self.weight_)).fillna(0.0)
        seen = np.column_stack([where, makes])
        straight, by_odds = (model.predict(seen) for model in self.boosted_)
        boosted = (np.clip(straight, 0, 1) + _rate(by_odds)) / 2
        percent: Numbers = 100 * (PROCESS_SHARE * process + (1 - PROCESS_SHARE) * boosted)
        return percent

    def _boosting(self, loss: str, number: int) -> HistGradientBoostingRegressor:
        """Older, further driven and of a worse make never means safer."""
        return HistGradientBoostingRegressor(
            loss=loss, learning_rate=0.05, max_iter=200, max_leaf_nodes=8, min_samples_leaf=20, max_features=0.6,
            monotonic_cst=[1, 1, 0, 0, 0, 0, 0, 0, 1], early_stopping=False, random_state=self.seed + number,
        )  # fmt: skip

    def _fit_makes(self, rows: pd.DataFrame, where: Numbers, odds: Numbers, weight: Numbers) -> None:
        """What age and mileage leave unexplained, per make."""
        bends = SplineTransformer(5).fit_transform(where[:, :2])
        even = weight / weight.mean()
        self.rest_ = odds - Ridge(1.0).fit(bends, odds, sample_weight=even).predict(bends)
        self.makes_, self.weight_ = rows.make.to_numpy(object), weight

    def _makes_out_of_fold(self, rows: pd.DataFrame, weight: Numbers) -> Numbers:
        """The make's rest as a model never seen would meet it: learned from other models only."""
        models = (rows.make + "|" + rows.model).to_numpy(object)
        names = np.unique(models.astype(str))
        order = np.random.default_rng(self.seed).permutation(len(names))
        fold_of = dict(zip(names[order], np.arange(len(names)) % FOLDS, strict=True))
        folds = np.array([fold_of[name] for name in models])
        found = np.zeros(len(rows))
        for fold in range(FOLDS):
            inside, others = folds == fold, folds != fold
            known = _shrunk(self.makes_[others], self.rest_[others], weight[others])
            found[inside] = [known.get(make, 0.0) for make in self.makes_[inside]]
        return found


def _rate(odds: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-odds))


def _shrunk(makes: Numbers, rest: Numbers, weight: Numbers) -> dict[str, float]:
    sums = pd.DataFrame({"make": makes, "rest": rest * weight, "weight": weight}).groupby("make").sum()
    return dict(sums.rest / (sums.weight + SHRINK))

"""Why a vehicle will fail inspection: reasons ranked by age, mileage, make, maker group and name."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from scoring.failure_rate import place, vehicles_of
from scoring.likeness import Numbers, group_of
from scoring.vehicle_process import Kernel, VehicleProcess

NAMED = ("top_reason", "second_reason", "third_reason")
WORTH = (1.0, 0.5, 0.5)  # of a first, second and third place: close ones change places from year to year
KERNEL = Kernel(
    constant=0.05, smooth=0.3, lengths=(2.0, 2.0, np.inf, np.inf), age=0.0, mileage=0.0,
    make=0.1, make_smooth=0.1, make_lengths=(2.0, np.inf), name=0.2, name_smooth=0.0, name_age=1.0,
    group=0.08, group_smooth=0.08, group_age=2.0, model=0.2,
)  # fmt: skip


class Reasons:
    """fit(rows with at least a top_reason), rank(rows) -> for each row all reasons known, likeliest first."""

    def fit(self, rows: pd.DataFrame) -> "Reasons":
        rows = rows[rows.top_reason != ""]
        self.newest_ = int(rows.first_registered.max())
        where = place(rows, self.newest_)
        given = rows[list(NAMED)].to_numpy(object)
        self.names_ = sorted({name for name in given.ravel() if name})
        target = np.zeros((len(rows), len(self.names_)))
        for worth, column in zip(WORTH, given.T, strict=True):
            told = np.flatnonzero(column != "")
            target[told, [self.names_.index(name) for name in column[told]]] = worth
        often = rows.inspections.to_numpy(float)
        noise = 1 / np.sqrt(np.minimum(often / np.median(often), 3.0))
        self.process_ = VehicleProcess(KERNEL).fit(vehicles_of(rows, where), target, noise)
        self._fit_regression(rows, where, given)
        return self

    def worth(self, rows: pd.DataFrame) -> Numbers:
        """(rows, names_): shares that sum to one."""
        where = place(rows, self.newest_)
        process = np.clip(self.process_.predict(vehicles_of(rows, where)), 0, None)
        regression = np.zeros_like(process)
        regression[:, self.columns_] = self.regression_.predict_proba(self._seen(rows, where))
        shared = process / np.maximum(process.sum(1, keepdims=True), 1e-9) + regression
        worth: Numbers = shared / shared.sum(1, keepdims=True)
        return worth

    def rank(self, rows: pd.DataFrame) -> list[list[str]]:
        order = np.argsort(-self.worth(rows), axis=1, kind="stable")
        return [[self.names_[at] for at in row] for row in order]

    def _fit_regression(self, rows: pd.DataFrame, where: Numbers, given: Numbers) -> None:
        self.makes_, self.groups_ = sorted(set(rows.make)), sorted({group_of(make) for make in rows.make})
        seen = self._seen(rows, where)
        told = [np.flatnonzero(column != "") for column in given.T]
        labels = np.concatenate([column[at] for column, at in zip(given.T, told, strict=True)])
        weight = np.concatenate([np.full(len(at), worth) for worth, at in zip(WORTH, told, strict=True)])
        fitted = LogisticRegression(C=0.2, max_iter=400).fit(seen[np.concatenate(told)], labels.astype(str), weight)
        self.regression_, self.columns_ = fitted, [self.names_.index(name) for name in fitted.classes_]

    def _seen(self, rows: pd.DataFrame, where: Numbers) -> Numbers:
        """Scaled by hand, which says how strongly each may pull: a make's own slope is doubted most."""
        age, half = where[:, [0]], where[:, [0]] - 2
        make = np.equal.outer(rows.make.to_numpy(object), np.array(self.makes_, dtype=object)).astype(float)
        of_group = np.array([group_of(make) for make in rows.make], dtype=object)
        group = np.equal.outer(of_group, np.array(self.groups_, dtype=object)).astype(float)
        return np.column_stack(
            [
                age - 2,
                where[:, [1]] - 1.5,
                0.3 * (age**2 - 5),
                1.2 * make,
                0.5 * make * half,
                1.2 * group,
                0.5 * group * half,
            ]
        )

"""Facts as two matrices: for trees as they are, for a regression tamed, filled and standardised, with a column for what is missing."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

LONG_TAILED = (
    ".count",
    "_days",
    "_year",
    ".overdue",
    ".service_due",
    ".points",
    ".per_visit",
    "_season",
    "_due",
    ".declined",
)
MISSING_FROM = 0.005  # share of rows from which a missing value gets a column of its own


class Sheet:
    """fit(values) learns medians and scales from these rows and from no others. state: arrays that say it all."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.tailed = np.array([name.endswith(LONG_TAILED) for name in names])

    def fit(self, values: Numbers) -> Self:
        tamed = self._tamed(values)
        missing = np.isnan(tamed)
        there = ~missing.all(0)
        self.middle = np.zeros(tamed.shape[1])
        self.middle[there] = np.nanmedian(tamed[:, there], axis=0)
        self.gaps = np.flatnonzero((missing.mean(0) > MISSING_FROM) & (missing.mean(0) < 1 - MISSING_FROM))
        wide = self._wide(tamed)
        self.mean, spread = wide.mean(0), wide.std(0)
        self.scale = np.where(spread > 1e-9, spread, np.inf)  # a column that never varies says nothing
        return self

    @classmethod
    def of(cls, names: Sequence[str], state: dict[str, Numbers]) -> Self:
        sheet = cls(names)
        for name, values in state.items():
            setattr(sheet, name, values)
        return sheet

    @property
    def state(self) -> dict[str, Numbers]:
        return {name: getattr(self, name) for name in ("middle", "gaps", "mean", "scale")}

    @property
    def owners(self) -> Numbers:
        """Of which fact each column of `linear` is."""
        return np.concatenate([np.arange(len(self.names)), self.gaps])

    def linear(self, values: Numbers) -> Numbers:
        return np.asarray((self._wide(self._tamed(values)) - self.mean) / self.scale)

    def _tamed(self, values: Numbers) -> Numbers:
        tamed = values.copy()
        tamed[:, self.tailed] = np.log1p(np.maximum(tamed[:, self.tailed], 0))
        return tamed

    def _wide(self, tamed: Numbers) -> Numbers:
        missing = np.isnan(tamed)
        return np.hstack([np.where(missing, self.middle, tamed), missing[:, self.gaps]])

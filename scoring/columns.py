"""Any table as two matrices: levels and smooth curves for a linear model, numbers and codes for trees."""

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import SplineTransformer

Numbers = NDArray[Any]

KNOTS = 6
MOST_LEVELS = 100
FEWEST_ROWS = 10  # of a level: rarer ones stand together as one
MOSTLY = 0.95  # share of the filled cells that must be numbers for a column to be one
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Text columns -> float64 where nearly all filled cells are numbers or ISO days, else text. A blank is a missing value."""
    return pd.DataFrame({name: _typed(rows[name].str.strip()) for name in rows.columns}, index=rows.index)


def _typed(column: pd.Series) -> pd.Series:
    filled = column[column != ""]
    if not len(filled):
        return column
    numbers = pd.to_numeric(filled, errors="coerce").replace([np.inf, -np.inf], np.nan)
    if numbers.notna().mean() >= MOSTLY:
        return numbers.astype(float).reindex(column.index)
    if filled.str.fullmatch(DAY).all():
        days = pd.to_datetime(filled, format="%Y-%m-%d", errors="coerce")
        return ((days - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)).reindex(column.index)
    return column


@dataclass
class Curve:
    """One number as B-splines between quantiles, its rank beyond them as a line; missing has a column of its own."""

    spline: SplineTransformer | None
    middle: float
    knots: Numbers

    @classmethod
    def fit(cls, values: Numbers) -> Self:
        known = values[~np.isnan(values)]
        knots = np.unique(np.quantile(known, np.linspace(0, 1, KNOTS))) if len(known) else np.zeros(1)
        return cls.through(knots, float(np.median(known)) if len(known) else 0.0)

    @classmethod
    def through(cls, knots: Numbers, middle: float) -> Self:
        """The knots say all there is to know of a curve, beside what stands for a missing value."""
        spline = None
        if len(knots) > 1:
            degree = 3 if len(knots) > 3 else 1
            spline = SplineTransformer(degree=degree, knots=knots[:, None], extrapolation="linear").fit(knots[:, None])
        return cls(spline, middle, knots)

    def transform(self, values: Numbers) -> Numbers:
        missing = np.isnan(values)
        filled = np.clip(np.where(missing, self.middle, values), self.knots[0], self.knots[-1])[:, None]
        curve = self.spline.transform(filled) if self.spline else np.zeros((len(values), 0))
        return np.hstack([curve, missing[:, None].astype(float)])


class Columns:
    """Learns levels, knots and scales from the rows given to `fit`, and from no others."""

    def fit(self, rows: pd.DataFrame) -> Self:
        numbers = [name for name in rows.columns if rows[name].dtype == float]
        self.curves_ = {name: Curve.fit(rows[name].to_numpy()) for name in numbers}
        self.levels_ = {name: _levels(rows[name]) for name in rows.columns if name not in self.curves_}
        linear = self._linear(rows)
        self.mean_, spread = linear.mean(0), linear.std(0)
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        self.alive_ = spread > 1e-9
        return self

    def linear(self, rows: pd.DataFrame) -> Numbers:
        """Standardised; columns that never vary are left out. Shape (rows, terms)."""
        return np.asarray(((self._linear(rows) - self.mean_) / self.scale_)[:, self.alive_])

    def trees(self, rows: pd.DataFrame) -> Numbers:
        """Numbers as they are, NaN where missing; texts as the code of their level. Shape (rows, columns)."""
        codes = [self._codes(rows, name).astype(float) for name in self.levels_]
        return np.column_stack([*(rows[name].to_numpy() for name in self.curves_), *codes])

    @property
    def categorical(self) -> list[bool]:
        return [False] * len(self.curves_) + [True] * len(self.levels_)

    def _linear(self, rows: pd.DataFrame) -> Numbers:
        curves = [curve.transform(rows[name].to_numpy()) for name, curve in self.curves_.items()]
        levels = [np.eye(len(self.levels_[name]) + 1)[self._codes(rows, name)] for name in self.levels_]
        return np.hstack([*curves, *levels])

    def _codes(self, rows: pd.DataFrame, name: str) -> Numbers:
        """The place of the level; one past the last for a rare or unknown one."""
        levels = self.levels_[name]
        return np.asarray(rows[name].map(levels).fillna(len(levels)).to_numpy(int))


def _levels(column: pd.Series) -> dict[str, int]:
    counts = column.value_counts()
    kept = sorted(
        counts[counts >= FEWEST_ROWS].sort_index().sort_values(ascending=False, kind="stable").index[:MOST_LEVELS]
    )
    return {level: place for place, level in enumerate(kept)}

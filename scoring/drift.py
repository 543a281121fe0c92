"""How far the customers of today are from those a model learned from: the population stability index of each fact."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

BINS = 10
ALARM = 0.25  # the usual mark of a population that has moved
SMALL = 1e-3  # share of an empty bin, so that one row too many is no infinity


def stability(learned: Numbers, today: Numbers) -> float:
    """PSI over tenths of the learned values; missing values are a bin of their own. 0: the same people."""
    known = learned[~np.isnan(learned)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    one, other = (_shares(values, edges) for values in (learned, today))
    return float(((one - other) * np.log(one / other)).sum())


def moved(names: Sequence[str], learned: Numbers, today: Numbers) -> dict[str, float]:
    """Per fact, the largest first."""
    found = {name: round(stability(learned[:, at], today[:, at]), 4) for at, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _shares(values: Numbers, edges: Numbers) -> Numbers:
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(bins, minlength=len(edges) + 2)
    return np.maximum(counts / max(len(values), 1), SMALL)

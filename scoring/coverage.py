"""Sets of outcomes that hold the true one as often as promised, for each outcome by itself: split conformal sets, class by class.

Source: Vovk, Conditional validity of inductive conformal predictors (2012)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

PROMISED = 0.9


def coverage(chance: Numbers, truth: Numbers, sizes: list[int]) -> dict[str, Any]:
    """Each origin is judged by the bounds of the others, so that what changes with time shows. chance: of the outcome 1. sizes: rows
    of each origin.

    covered: per outcome the share of its rows whose set holds it (None where it never came). single: the share of all rows whose
    set is one outcome alone, which is how often such a set says anything."""
    likely = np.column_stack([1 - chance, chance])
    origin = np.repeat(np.arange(len(sizes)), sizes)
    holds = np.zeros(likely.shape, bool)
    for one in range(len(sizes)):
        mine = origin == one
        for outcome in (0, 1):
            bound = _bound(likely[~mine & (truth == outcome), outcome])
            holds[mine, outcome] = likely[mine, outcome] >= bound
    covered = {str(outcome): _share(holds[truth == outcome, outcome]) for outcome in (0, 1)}
    return {"promised": PROMISED, "covered": covered, "single": _share(holds.sum(1) == 1)}


def _bound(likely: Numbers) -> float:
    """Below it lies at most the part that was not promised; too few rows exclude nothing."""
    at = int((len(likely) + 1) * (1 - PROMISED))
    return float(np.sort(likely)[at - 1]) if at else 0.0


def _share(flags: Numbers) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None

"""How good probabilities were, each figure with its 95 % interval in closed form: cheap enough to be told anew at each look.

Intervals are those of the infinitesimal jackknife: how far a figure moves with the weight of each row (Efron, The Jackknife, the
Bootstrap and Other Resampling Plans, 1982, ch. 6), the rows of one customer moving together. For the AUC of single rows that is
DeLong's interval (Biometrics 44, 1988), for customers Obuchowski's (Biometrics 53, 1997)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

SURE = 1.96
BINS = 10  # of equal size, for the calibration error
DRAWS = 2000


def measures(chance: Numbers, came: Numbers, whose: Numbers) -> dict[str, Any]:
    """auc, ap (average precision), brier, ece (calibration error) and gap (mean of promised less came), each with
    `<name>_interval`. auc and ap are left out where all came, or nobody.

    chance: 0 to 1. came: 0 or 1. whose: the customer of each row."""
    groups = np.unique(whose, return_inverse=True)[1]
    told = _ranking(chance, came, groups) if 1 < came.sum() < len(came) - 1 else {}
    for name, values in (("brier", (chance - came) ** 2), ("gap", chance - came)):
        told |= _told(name, float(values.mean()), (values - values.mean()) / len(values), groups)
    return told | _calibration(chance, came, groups)


def ratio(name: str, came: Numbers, usual: Numbers, whose: Numbers) -> dict[str, Any]:
    """The share of those who came over the mean of what is usual for each, with its interval; nothing where that is nothing."""
    if not usual.sum():
        return {}
    value = float(came.sum() / usual.sum())
    return _told(
        name, value, (came - value * usual) / usual.sum(), np.unique(whose, return_inverse=True)[1], most=np.inf
    )


def share(came: Numbers) -> dict[str, Any]:
    """rows, precision (how many of them came) and its interval: Wilson's, which holds for few as well."""
    rows = len(came)
    if not rows:
        return {"rows": 0}
    part, wide = float(came.mean()), SURE**2 / rows
    middle = (part + wide / 2) / (1 + wide)
    half = SURE * np.sqrt(part * (1 - part) / rows + wide / (4 * rows)) / (1 + wide)
    return {
        "rows": rows,
        "precision": round(part, 4),
        "interval": [round(float(middle - half), 4), round(float(middle + half), 4)],
    }


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """How far two shares are apart, `gain`, with its interval (Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    if not (one["rows"] and other["rows"]):
        return {}
    mine, theirs = one["precision"], other["precision"]
    low = np.hypot(mine - one["interval"][0], other["interval"][1] - theirs)
    high = np.hypot(one["interval"][1] - mine, theirs - other["interval"][0])
    gain = mine - theirs
    return {"gain": round(gain, 4), "gain_interval": [round(float(gain - low), 4), round(float(gain + high), 4)]}


def _ranking(chance: Numbers, came: Numbers, groups: Numbers) -> dict[str, Any]:
    """Rows of one chance are one step, so that ties count half for the AUC and their order nothing for the precision."""
    _, step, sizes = np.unique(-chance, return_inverse=True, return_counts=True)  # the likeliest first
    hits = np.bincount(step, came, minlength=len(sizes))
    misses = sizes - hits
    all_hits, all_misses = hits.sum(), misses.sum()
    below = (all_misses - np.cumsum(misses) + misses / 2) / all_misses  # misses that a row of this step stands before
    above = (np.cumsum(hits) - hits / 2) / all_hits
    auc = float(hits @ below / all_hits)
    pull = np.where(came == 1, (below[step] - auc) / all_hits, (above[step] - auc) / all_misses)
    precise = np.cumsum(hits) / np.cumsum(sizes)  # among a row and all that stand before it
    ap = float(hits @ precise / all_hits)
    # A row moves the precision of its own step and of each behind it: up by a hit, down by being there at all.
    behind = np.cumsum((hits / np.cumsum(sizes))[::-1])[::-1]
    diluted = np.cumsum((hits * precise / np.cumsum(sizes))[::-1])[::-1]
    moves = (came * (precise[step] + behind[step] - ap) - diluted[step]) / all_hits
    return _told("auc", auc, pull, groups) | _told("ap", ap, moves, groups)


def _calibration(chance: Numbers, came: Numbers, groups: Numbers) -> dict[str, Any]:
    """Of few rows it is larger than the model's own error, as chance moves each bin. The interval is that of sums of bins that
    vary together as the customers in them do; the same stream of chance each time, so that a look changes nothing."""
    bins = np.array_split(np.argsort(-chance, kind="stable"), BINS)
    off = chance - came
    sums = np.array([off[one].sum() for one in bins])
    table = np.zeros((groups.max() + 1, BINS))
    for place, one in enumerate(bins):
        np.add.at(table[:, place], groups[one], off[one])
    spread = np.linalg.svd(table - table.mean(0), full_matrices=False)
    drawn = sums + np.random.default_rng(0).normal(size=(DRAWS, len(spread[1]))) @ (spread[1][:, None] * spread[2])
    low, high = np.quantile(np.abs(drawn).sum(1), (0.025, 0.975)) / len(chance)
    return {"ece": round(float(np.abs(sums).sum() / len(chance)), 4), "ece_interval": _rounded(low, min(1.0, high))}


def _told(name: str, value: float, pull: Numbers, groups: Numbers, most: float = 1.0) -> dict[str, Any]:
    """pull: how far each row moves the value with its weight."""
    together = np.bincount(groups, pull)
    count = len(together)
    half = SURE * float(np.sqrt(together @ together * count / max(1, count - 1)))
    least = -1.0 if name == "gap" else 0.0
    return {name: round(value, 4), f"{name}_interval": _rounded(max(least, value - half), min(most, value + half))}


def _rounded(low: float, high: float) -> list[float]:
    return [round(float(low), 4), round(float(high), 4)]

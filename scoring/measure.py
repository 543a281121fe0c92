"""How good probabilities were: ranking, calibration and lift, each with its interval, and two models compared on the same rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

RESAMPLES = 300
BINS = 10
LIST = 0.1  # share of the customers that an outreach list takes; lift is told at its length
LESS_IS_BETTER = frozenset({"brier", "ece"})


def figures(chance: Numbers, truth: Numbers, weight: Numbers | None = None) -> dict[str, float]:
    """auc, ap (average precision), brier, ece (BINS bins of equal mass) and lift (precision in the first tenth over the
    base rate). truth: 0 or 1. weight: how often each row counts; the bins and the tenth stay those of the rows given."""
    order = np.argsort(-chance, kind="stable")
    chance, truth = chance[order], truth[order]
    weight = np.ones(len(chance)) if weight is None else weight[order]
    ends = np.flatnonzero(np.append(np.diff(chance) != 0, True))  # rows of one chance are one step
    hit, all_ = np.cumsum(weight * truth)[ends], np.cumsum(weight)[ends]
    positive, total = hit[-1], all_[-1]
    if not 0 < positive < total:
        return dict.fromkeys(("auc", "ap", "brier", "ece", "lift"), float("nan"))
    hits, misses = np.append(0, hit), np.append(0, all_ - hit)
    first = slice(0, max(1, round(LIST * len(chance))))
    listed = max(weight[first].sum(), 1e-9)
    bins = np.array_split(weight * (chance - truth), BINS)
    return {
        "auc": float(np.trapezoid(hits, misses) / (positive * (total - positive))),
        "ap": float((np.diff(hits) * hit / np.maximum(all_, 1e-9)).sum() / positive),
        "brier": float(weight @ (chance - truth) ** 2 / total),
        "ece": float(sum(abs(one.sum()) for one in bins) / total),
        "lift": float((weight * truth)[first].sum() / listed / (positive / total)),
    }


def measured(chance: Numbers, truth: Numbers, seed: int) -> dict[str, Any]:
    """The figures, each with `<name>_interval`: 95 % by drawing the rows again."""
    told: dict[str, Any] = {}
    drawn = [figures(chance, truth, weight) for weight in _draws(len(truth), seed)]
    for name, value in figures(chance, truth).items():
        told[name] = round(value, 5)
        told[f"{name}_interval"] = _interval(np.array([one[name] for one in drawn]))
    return told


def compared(ours: Numbers, theirs: Numbers, truth: Numbers, seed: int) -> Mapping[str, Mapping[str, Any]]:
    """Per figure: gain (above 0: ours is better), its 95 % interval from the same draws for both, and whether ours is
    proved worse."""
    pairs = [(figures(ours, truth, weight), figures(theirs, truth, weight)) for weight in _draws(len(truth), seed)]
    told = {}
    here, there = figures(ours, truth), figures(theirs, truth)
    for name in ("auc", "ap", "brier"):
        sign = -1.0 if name in LESS_IS_BETTER else 1.0
        interval = _interval(np.array([sign * (one[name] - other[name]) for one, other in pairs]))
        gain = round(sign * (here[name] - there[name]), 5)
        told[name] = {"gain": gain, "interval": interval, "proved_worse": interval[1] < 0}
    return told


def log_loss(chance: Numbers, truth: Numbers) -> Numbers:
    """Per row."""
    sure = np.clip(chance, 1e-7, 1 - 1e-7)
    return np.asarray(-np.where(truth > 0, np.log(sure), np.log1p(-sure)))


def _draws(rows: int, seed: int) -> list[Numbers]:
    rng = np.random.default_rng(seed)
    return [np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(RESAMPLES)]


def _interval(values: Numbers) -> list[float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return [float("-inf"), float("inf")]
    return [round(float(bound), 5) for bound in np.quantile(known, (0.025, 0.975))]

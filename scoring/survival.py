"""The analysis “survival”: who came back by which day, of those spoken to and of those left alone, with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from scipy.special import ndtri

from hub.sdk import Waits

Z = float(ndtri(0.975))
LEAST = 20  # people that either arm of a campaign must have to be told of
WATCHED = 10  # of them, how many must still be watched on the last day that is told
EVERY = 7  # days between two points of a curve


@dataclass(frozen=True)
class Point:
    """share: of an arm, that had come by this day. variance: Greenwood's."""

    day: int
    share: float
    variance: float


def kaplan_meier(waits: Waits) -> list[Point]:
    """One point a day, from the first on which somebody came or was lost from sight (Kaplan and Meier 1958; Greenwood 1926).

    Who comes on the very day on which the watch ends has come."""
    left = sum(waits.came.values()) + sum(waits.left.values())
    stays, gone, found = 1.0, 0.0, []
    for day in sorted({*waits.came, *waits.left}):
        came = waits.came.get(day, 0)
        stays *= 1 - came / left
        if came < left:
            gone += came / (left * (left - came))
        found.append(Point(day, 1 - stays, stays**2 * gone))
        left -= came + waits.left.get(day, 0)
    return found


def log_log(share: float, variance: float) -> tuple[float, float]:
    """A 95 % interval that stays between 0 and 1 (Kalbfleisch and Prentice 1980)."""
    stays = 1 - share
    if not 0 < stays < 1 or variance <= 0:
        return share, share
    width = Z * math.sqrt(variance) / abs(stays * math.log(stays))
    return 1 - stays ** math.exp(-width), 1 - stays ** math.exp(width)


class SurvivalAnalysis:
    """Several campaigns together are standardised: both arms are given the mix of campaigns that the treated have, so that
    a campaign with a large holdout weighs the same in either."""

    name: ClassVar[str] = "survival"

    def curves(self, campaigns: Sequence[Mapping[str, Waits]], control: str, treated: str) -> Mapping[str, Any]:
        """{days, arms: {arm: [{day, share, low, high}]}, difference: {day, value, low, high}}; {} where too few are watched."""
        strata = [one for one in campaigns if min(_heads(one.get(control)), _heads(one.get(treated))) >= LEAST]
        if not strata:
            return {}
        end = _end([(_watched_until(one, (control, treated)), _heads(one[treated])) for one in strata])
        strata = [one for one in strata if _watched_until(one, (control, treated)) >= end]
        points = {arm: [kaplan_meier(one[arm]) for one in strata] for arm in (control, treated)}
        weights = [_heads(one[treated]) for one in strata]
        days = [*range(0, end, EVERY), end]
        arms = {arm: [_mixed(some, weights, day) for day in days] for arm, some in points.items()}
        return {
            "arms": {arm: [_told(point) for point in some] for arm, some in arms.items()},
            "difference": _apart(arms[control][-1], arms[treated][-1]),
        }


def _heads(waits: Waits | None) -> int:
    return sum(waits.came.values()) + sum(waits.left.values()) if waits else 0


def _watched_until(one: Mapping[str, Waits], arms: Sequence[str]) -> int:
    """The last day on which enough of both arms are watched."""
    ends = []
    for arm in arms:
        left, last = _heads(one[arm]), 0
        for day in sorted({*one[arm].came, *one[arm].left}):
            if left < WATCHED:
                break
            last = day
            left -= one[arm].came.get(day, 0) + one[arm].left.get(day, 0)
        ends.append(last)
    return min(ends)


def _end(strata: Sequence[tuple[int, int]]) -> int:
    """The last day up to which campaigns with at least half of the people are watched; younger ones are left out."""
    whole, heads = sum(weight for _, weight in strata), 0
    for end, weight in sorted(strata, reverse=True):
        heads += weight
        if 2 * heads >= whole:
            return end
    return 0


def _mixed(curves: Sequence[Sequence[Point]], weights: Sequence[int], day: int) -> Point:
    whole, share, variance = sum(weights), 0.0, 0.0
    for curve, weight in zip(curves, weights, strict=True):
        at = next((point for point in reversed(curve) if point.day <= day), Point(day, 0.0, 0.0))
        share += weight / whole * at.share
        variance += (weight / whole) ** 2 * at.variance
    return Point(day, share, variance)


def _told(point: Point) -> dict[str, float]:
    low, high = log_log(point.share, point.variance)
    return {"day": point.day, "share": round(point.share, 6), "low": round(low, 6), "high": round(high, 6)}


def _apart(control: Point, treated: Point) -> dict[str, float]:
    value, width = treated.share - control.share, Z * math.sqrt(treated.variance + control.variance)
    low, high = value - width, value + width
    return {"day": treated.day, "value": round(value, 6), "low": round(low, 6), "high": round(high, 6)}

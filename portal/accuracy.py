"""How good today's list is, as lines with bands: of the backtest, and of what came true since, on one scale per measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from hub.flow.outreach import Figure, Measure

SHARES = frozenset({"precision", "auc", "ap", "ece"})  # told in per cent
WHOLE = frozenset({"precision", "auc", "ap"})  # on a scale up to 1
STEP = {"lift": 1.0}  # of the end of the others' scale
FINE = 0.05


@dataclass(frozen=True)
class Band:
    """Places in per cent of the scale. source: backtest or live."""

    source: str
    figure: Figure
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """One measure. end: what the scale ends at; lot: the place of what a lot would give."""

    name: str
    bands: tuple[Band, ...]
    end: float
    lot: float | None
    is_share: bool


def lines_of(measures: Sequence[Measure]) -> list[Line]:
    return [_line(one) for one in measures]


def _line(measure: Measure) -> Line:
    told = [(source, one) for source, one in (("backtest", measure.backtest), ("live", measure.live)) if one]
    step = STEP.get(measure.name, FINE)
    end = 1.0 if measure.name in WHOLE else max(step, ceil(max(one.high for _, one in told) / step) * step)
    bands = tuple(
        Band(source, one, *(100 * edge / end for edge in (one.value, one.low, one.high))) for source, one in told
    )
    lot = None if measure.lot is None else min(100.0, 100 * measure.lot / end)
    return Line(measure.name, bands, end, lot, measure.name in SHARES)

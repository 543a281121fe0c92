"""Where the marks of a chart stand: places in per cent or in the units of its drawing; templates bring words and colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 420, 200  # of a curve's drawing, its words beside it not counted
LINES = 4
WORDS = 46  # between the words of two lines: two rows of the largest letters


@dataclass(frozen=True)
class Ruler:
    """A straight axis from low to high with zero on it, its ends round numbers."""

    low: float
    high: float
    step: float

    def place(self, value: float) -> float:
        """0 to 100, the reading way."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)


def ruler(values: Sequence[float]) -> Ruler:
    """Holds all values and zero, with a little air; a value that runs off moves the end, never bends the axis."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        high = 1.0
    step = _step(high - low)
    return Ruler(floor(low / step) * step, ceil(high / step) * step, step)


@dataclass(frozen=True)
class Curve:
    """One arm. line, area: SVG points. end: (x, y) of its last day; share: of people by then."""

    line: str
    area: str
    end: tuple[float, float]
    label: float
    share: float


@dataclass(frozen=True)
class Curves:
    """grid: (share, y). days: the last day. by arm: treated and held."""

    arms: Mapping[str, Curve]
    grid: tuple[tuple[float, float], ...]
    days: int


def curves(told: Mapping[str, Any], mirrored: bool) -> Curves | None:
    """Of who came back; None where nothing is told. mirrored: days run from right to left."""
    arms: Mapping[str, Sequence[Mapping[str, float]]] = told.get("arms", {})
    if not arms or not (days := int(max(point["day"] for points in arms.values() for point in points))):
        return None
    top = max(point["high"] for points in arms.values() for point in points) or 0.01
    step = _step(top)
    roof = ceil(top / step) * step

    def x(day: float) -> float:
        part = day / days * WIDTH
        return WIDTH - part if mirrored else part

    def y(share: float) -> float:
        return HEIGHT - share / roof * (HEIGHT - 8)

    found = {name: _curve(points, x, y) for name, points in arms.items()}
    ends = _apart({name: one.end[1] for name, one in found.items()}, WORDS)
    found = {name: Curve(one.line, one.area, one.end, ends[name], one.share) for name, one in found.items()}
    grid = tuple((n * step, y(n * step)) for n in range(1, round(roof / step) + 1))
    return Curves(found, grid[-LINES:] if len(grid) <= LINES else grid[1::2], days)


@dataclass(frozen=True)
class Growth:
    """line, area: SVG points. proved: (x, day) from which on the interval has kept clear of zero. grid: (value, y)."""

    line: str
    area: str
    end: tuple[float, float]
    zero: float
    proved: tuple[float, date] | None
    grid: tuple[tuple[float, float], ...]
    first: date
    last: date


def growth(points: Sequence[Mapping[str, Any]], mirrored: bool) -> Growth | None:
    """Of a gain and its interval, day after day; None for fewer than three of them."""
    if len(points) < 3:
        return None
    days = [date.fromisoformat(point["day"]) for point in points]
    axis, whole = ruler([edge for point in points for edge in (point["low"], point["high"])]), (days[-1] - days[0]).days

    def x(day: date) -> float:
        part = (day - days[0]).days / whole * WIDTH
        return WIDTH - part if mirrored else part

    def y(value: float) -> float:
        return HEIGHT - axis.place(value) / 100 * (HEIGHT - 8)

    def path(side: str) -> list[str]:
        return [f"{x(day):.1f},{y(point[side]):.1f}" for day, point in zip(days, points, strict=True)]

    clear = [point["low"] > 0 or point["high"] < 0 for point in points]
    since = next((n for n in range(len(clear)) if all(clear[n:])), None)
    step = _step(axis.high - axis.low)
    grid = tuple(
        (value, y(value)) for n in range(round((axis.high - axis.low) / step) + 1) if (value := axis.low + n * step)
    )
    return Growth(
        " ".join(path("value")), " ".join(path("high") + path("low")[::-1]), (x(days[-1]), y(points[-1]["value"])), y(0),
        (x(days[since]), days[since]) if since is not None else None, grid, days[0], days[-1],
    )  # fmt: skip


@dataclass(frozen=True)
class Spark:
    """A line without axes, of counts side by side. line, area: SVG points in a drawing of SPARK. end: (x, y) of the last one."""

    line: str
    area: str
    end: tuple[float, float]
    top: int


SPARK = (160, 36)


def spark(counts: Sequence[int], mirrored: bool) -> Spark:
    """Zero is the foot, so that a quiet day looks quiet. mirrored: time runs from right to left."""
    (width, height), top = SPARK, max(counts)
    across = [n * width / (len(counts) - 1) for n in range(len(counts))]
    places = [
        (width - x if mirrored else x, height - count / (top or 1) * (height - 4))
        for x, count in zip(across, counts, strict=True)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    foot = f"{places[-1][0]:.1f},{height} {places[0][0]:.1f},{height}"
    return Spark(line, f"{line} {foot}", places[-1], top)


def _curve(points: Sequence[Mapping[str, float]], x: Any, y: Any) -> Curve:
    def path(side: str, some: Sequence[Mapping[str, float]]) -> str:
        return " ".join(f"{x(point['day']):.1f},{y(point[side]):.1f}" for point in some)

    last = points[-1]
    area = f"{path('high', points)} {path('low', points[::-1])}"
    return Curve(path("share", points), area, (x(last["day"]), y(last["share"])), y(last["share"]), last["share"])


def _apart(places: Mapping[str, float], least: float) -> dict[str, float]:
    """Words of two lines that end close together are moved away from each other."""
    order = sorted(places, key=lambda name: places[name])
    found = dict(places)
    for upper, lower in pairwise(order):
        if (missing := least - (found[lower] - found[upper])) > 0:
            found[upper] -= missing / 2
            found[lower] += missing / 2
    return found


def _step(span: float) -> float:
    """A round number of which about four make the span."""
    raw = span / LINES
    power = 10 ** floor(log10(raw))
    return float(next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw * 0.999))

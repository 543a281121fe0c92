"""The demo garage in one picture: seasons, who stays, and how far cars run; drawn from the default world, for light and dark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.books import DAYS, Books
from hub.demo.world.state import NEVER

WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 190, 48, 66, 62  # of a panel, in pixels, and what lies around it
MONTHS = "JFMAMJJASOND"
STAY_MONTHS = 24
KM_STEP, KM_STEPS = 2_500, 17

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2933 }
  .title { font-weight: 600; font-size: 14px } .small { fill: #52606d }
  .page { fill: #ffffff } .grid { stroke: #d9dee4 } .line { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .a { stroke: #0b62a8 } .b { stroke: #b4530a } .c { stroke: #52606d }
  text.a { fill: #0b62a8; stroke: none } text.b { fill: #b4530a; stroke: none } text.c { fill: #52606d; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaee } .small { fill: #a7b3bf } .page { fill: #12171d } .grid { stroke: #333d47 }
    .a { stroke: #6cb6f5 } .b { stroke: #f0a35e } .c { stroke: #a7b3bf }
    text.a { fill: #6cb6f5 } text.b { fill: #f0a35e } text.c { fill: #a7b3bf }
  }"""


@dataclass(frozen=True)
class Curve:
    """name: written beside its `mark`-th point, or below it. look: a, b or c."""

    name: str
    look: str
    values: Sequence[float]
    mark: int
    below: bool = False


@dataclass(frozen=True)
class Panel:
    """ticks: (position 0 to 1, text) along the bottom. top: the value at the upper edge."""

    title: str
    below: str
    ticks: Sequence[tuple[float, str]]
    top: float
    scale: Sequence[tuple[float, str]]
    curves: Sequence[Curve]


def draw(worlds: Iterable[Books]) -> str:
    """An SVG; the same worlds give the same bytes."""
    books = list(worlds)
    panels = (seasons(books), staying(books), mileage(books))
    width = len(panels) * (LEFT + WIDTH) + GAP
    body = "\n".join(_panel(panel, LEFT + index * (LEFT + WIDTH)) for index, panel in enumerate(panels))
    says = (
        "Three charts of the demo garage: work by month, share of new customers who stay, kilometres per car and year."
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + 64}" role="img" aria-label="{says}">
<style>{STYLE}
</style>
<rect class="page" width="100%" height="100%" rx="8"/>
{body}
</svg>
"""


def seasons(worlds: Sequence[Books]) -> Panel:
    """Visits by month of the year, each kind in per cent of its own year."""
    wheels = _by_month([books for books in worlds if books.branch.tyre_months], jobs.TYRES)
    cooling = _by_month([books for books in worlds if books.branch.heat_months], jobs.COOLING)
    service = _by_month(worlds, jobs.SERVICE)
    top = max(*wheels, *cooling, *service)
    curves = (
        Curve("wheels (EU)", "a", wheels, 8),
        Curve("cooling (Gulf, Bangkok)", "b", cooling, 3),
        Curve("service", "c", service, 6),
    )
    ticks = [((month + 0.0) / 11, MONTHS[month]) for month in range(12)]
    return Panel("The year asks for it", "visits by month, % of their kind", ticks, top, _percents(top), curves)


def _by_month(worlds: Sequence[Books], reason: int) -> list[float]:
    counts = np.zeros(12)
    for books in worlds:
        days = books.visits["day"][(books.visits["reason"] == reason) & (books.visits["day"] < DAYS)].tolist()
        counts += np.bincount([books.day(day).month - 1 for day in days], minlength=12)
    return [100 * float(one) / max(1.0, float(counts.sum())) for one in counts]


def staying(worlds: Sequence[Books]) -> Panel:
    """Newcomers still there so many months after their first visit, by how that visit was felt."""
    happy, cross = _survival(worlds, 9, 10), _survival(worlds, 0, 6)
    curves = (Curve("first visit felt 9 or 10", "a", happy, 11), Curve("felt 6 or less", "b", cross, 11, below=True))
    ticks = [(month / STAY_MONTHS, str(month)) for month in range(0, STAY_MONTHS + 1, 6)]
    scale = [(value, f"{value}") for value in (0, 25, 50, 75, 100)]
    return Panel("Anger makes people leave", "months since the first visit, % still there", ticks, 100, scale, curves)


def _survival(worlds: Sequence[Books], least: int, most: int) -> list[float]:
    """Kaplan and Meier: each month, of those who can be watched that long."""
    lasted, left = [], []
    for books in worlds:
        visits = books.visits
        owners, first = np.unique(visits["owner"], return_index=True)
        new = (books.people.joined[owners] >= 0) & (visits["felt"][first] >= least) & (visits["felt"][first] <= most)
        who, since = owners[new], visits["day"][first][new] // 7
        goes = books.run.left[who]
        gone = goes < DAYS // 7
        lasted.append((np.where(gone, goes, DAYS // 7) - since) * 7 / 30.44)
        left.append(gone & (goes != NEVER))
    months, gone = np.concatenate(lasted), np.concatenate(left)
    curve = [100.0]
    for month in range(STAY_MONTHS):
        watched = months >= month
        going = watched & gone & (months < month + 1)
        curve.append(curve[-1] * (1 - going.sum() / max(1, watched.sum())))
    return curve


def mileage(worlds: Sequence[Books]) -> Panel:
    shares = {
        region: _kilometres([books for books in worlds if books.region == region]) for region in ("eu", "gcc", "apac")
    }
    top = max(max(values) for values in shares.values())
    looks = (("eu", "a", 4), ("gcc", "b", 9), ("apac", "c", 6))
    curves = [Curve(region.upper(), look, shares[region], mark) for region, look, mark in looks]
    ticks = [
        (index / (KM_STEPS - 1), f"{(index * KM_STEP + KM_STEP / 2) / 1000:.0f}") for index in range(1, KM_STEPS, 4)
    ]
    return Panel("How far cars run", "thousand km a year, % of cars", ticks, top, _percents(top), curves)


def _kilometres(worlds: Sequence[Books]) -> list[float]:
    rates = np.concatenate([books.cars.rate for books in worlds]) * 365.25
    counts = np.bincount((rates // KM_STEP).astype(np.int64), minlength=KM_STEPS)[:KM_STEPS]
    return [100 * float(one) / len(rates) for one in counts]


def _percents(top: float) -> list[tuple[float, str]]:
    step = next(step for step in (2, 5, 10, 20, 50) if top / step <= 5)
    return [(value, str(value)) for value in range(0, int(top) + 1, step)]


def _panel(panel: Panel, x: int) -> str:
    parts = [
        f'<text class="title" x="{x}" y="28">{panel.title}</text>',
        f'<text class="small" x="{x}" y="46">{panel.below}</text>',
    ]
    for value, text in panel.scale:
        y = _y(value, panel.top)
        parts.append(f'<path class="grid" d="M{x} {y:.1f}h{WIDTH - 20}"/>')
        parts.append(f'<text class="small" x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for position, text in panel.ticks:
        at = x + position * (WIDTH - 20)
        parts.append(f'<text class="small" x="{at:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{text}</text>')
    for curve in panel.curves:
        points = [
            (x + index / (len(curve.values) - 1) * (WIDTH - 20), _y(value, panel.top))
            for index, value in enumerate(curve.values)
        ]
        path = " ".join(f"{at:.1f},{y:.1f}" for at, y in points)
        at, y = points[curve.mark]
        parts.append(f'<polyline class="line {curve.look}" points="{path}"/>')
        parts.append(
            f'<text class="{curve.look}" x="{at + 6:.1f}" y="{y + (18 if curve.below else -7):.1f}">{curve.name}</text>'
        )
    return "\n".join(parts)


def _y(value: float, top: float) -> float:
    return TOP + HEIGHT * (1 - value / top)

"""How far a car has come, as a drawing: its readings on a line, and where its pace leads in the next months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.cars import Stop
from portal.needs import Pace

WIDTH, HEIGHT, FOOT = 320, 150, 24  # of the drawing; FOOT is for the years below it
AHEAD = timedelta(days=270)
STEPS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
LINES = 3


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    day: date
    km: int


@dataclass(frozen=True)
class Curve:
    """dots: readings. now: as estimated for today; ahead: the end of the dashed line, if it moves. grid: km -> y. years: year -> x."""

    dots: tuple[Dot, ...]
    now: Dot
    ahead: Dot | None
    grid: tuple[tuple[int, float], ...]
    years: tuple[tuple[int, float], ...]

    @property
    def line(self) -> str:
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in (*self.dots, self.now))

    @property
    def area(self) -> str:
        return f"{self.dots[0].x:.1f},{HEIGHT} {self.line} {self.now.x:.1f},{HEIGHT}"


def curve_of(stops: Sequence[Stop], pace: Pace | None, mirrored: bool = False) -> Curve | None:
    """None for fewer than two readings. mirrored: time runs from right to left."""
    read = [(stop.day, stop.km) for stop in stops if stop.km is not None]
    if pace is None or len(read) < 2 or read[0][0] == pace.on:
        return None
    start, end = read[0][0], pace.on + (AHEAD if pace.km_a_day else timedelta())
    top = max(pace.km_on(end), *(km for _, km in read))
    step = next((one for one in STEPS if top / one <= LINES + 0.5), STEPS[-1])
    low = min(km for _, km in read) // step * step
    roof = max(top, low + step) * 1.02

    def dot(day: date, km: int) -> Dot:
        x = (day - start).days / (end - start).days * WIDTH
        return Dot(WIDTH - x if mirrored else x, HEIGHT - (km - low) / (roof - low) * (HEIGHT - 12), day, km)

    grid = tuple((km, dot(start, km).y) for km in range(low + step, int(roof) + 1, step))
    years = tuple((year, dot(date(year, 1, 1), low).x) for year in range(start.year + 1, end.year + 1))
    ahead = dot(end, pace.km_on(end)) if pace.km_a_day else None
    return Curve(tuple(dot(*one) for one in read), dot(pace.on, pace.km), ahead, grid[:LINES], years)

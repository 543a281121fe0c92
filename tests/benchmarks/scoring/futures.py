"""What the demo's world holds in store: what came within its last half year, and how often it comes when that is lived anew."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from hub.demo.world import jobs, years
from hub.demo.world.books import AHEAD, DAYS, SPARE, VISITS_A_WEEK, WEEKS, Books
from hub.demo.world.campaigns import fires
from hub.demo.world.cars import make_cars
from hub.demo.world.causes import CAUSES
from hub.demo.world.dice import stream
from hub.demo.world.floor import open_floor
from hub.demo.world.people import make_people
from hub.demo.world.state import NEVER, Rows, Run, begin
from hub.demo.world.wishes import _chances

Floats = NDArray[np.float64]

TABLES = ("visits", "findings", "missed", "contacts", "refusals")
CODES = tuple(
    next(line.code for line in one.lines if line.kind == "labour").lower() for one in (*jobs.JOBS, *jobs.DEFECTS)
)


@dataclass(frozen=True)
class Half:
    """A half year after the history. came: per person. done: (cars, CODES), for whoever owns the car on the last day."""

    came: Floats
    done: Floats

    def __add__(self, other: "Half") -> "Half":
        return Half(self.came + other.came, self.done + other.done)

    def __truediv__(self, lives: int) -> "Half":
        return Half(self.came / lives, self.done / lives)


@dataclass
class Doubt:
    """For somebody who knows every cause and sees every visit, but not who has left: how likely people are still there, and
    how likely they have gone, up to a factor."""

    here: Floats
    gone: Floats

    def see(self, run: Run, week: int, quiet: Floats, came: Sequence[int]) -> None:
        self.here *= quiet
        self.here[came], self.gone[came] = 1.0, 0.0
        leaves = run.anger.sum(1) * (run.people.joined // 7 <= week)
        self.gone += self.here * leaves
        self.here *= 1 - leaves

    @property
    def stays(self) -> Floats:
        return self.here / (self.here + self.gone)


def start(region: str, index: int, books: Books, seed: int) -> tuple[Run, Doubt]:
    """The branch of these books, lived again up to its last day."""
    branch, count, weeks = books.branch, books.people.count, WEEKS + AHEAD
    people = make_people(branch, books.people.tag, count, DAYS, CAUSES, seed)
    cars = make_cars(people, region, str(index + 1), weeks, CAUSES, seed)
    floor = open_floor(books.day(0), (weeks + SPARE) * 7, branch.workdays, count * VISITS_A_WEEK)
    run = begin(people, cars, floor, CAUSES, stream(seed, branch.code, "years"), books.day(0))
    doubt = Doubt(np.ones(count), np.zeros(count))
    _live(run, range(WEEKS), doubt)
    again = run.visits.table()
    assert all((books.visits[name][: run.visits.count] == again[name]).all() for name in again)
    return run, doubt


def chances(run: Run, lives: int, seed: int, *, all_here: bool = False) -> Half:
    """The share of so many other half years. It knows which cars will be sold. all_here: nobody has left yet."""
    parts = [half(_lived_on(run, np.random.default_rng([seed, life]), all_here), run) for life in range(lives)]
    return sum(parts[1:], parts[0]) / lives


def half(lived: Run, last_day: Run) -> Half:
    """last_day: who owns which car then."""
    came, done = np.zeros(lived.people.count), np.zeros((lived.cars.count, len(CODES)))
    visits, findings = lived.visits.table(), lived.findings.table()
    if visits:
        day = lived.floor.day(visits["place"])
        within = (day >= DAYS) & (day < DAYS + 7 * AHEAD)
        came[visits["owner"][within]] = 1
        mine = within & (visits["owner"] == last_day.owner[visits["car"]])
        done[visits["car"][mine], visits["reason"][mine]] = 1
        if findings:
            sold = findings["sold"] & mine[findings["visit"]]
            done[findings["car"][sold], len(jobs.JOBS) + findings["defect"][sold]] = 1
    return Half(came, done)


def _lived_on(run: Run, rng: np.random.Generator, all_here: bool) -> Run:
    """Another half year of the same people: what was before is left as it is."""
    state = {one.name: getattr(run, one.name) for one in fields(run)}
    moved = {name: value.copy() for name, value in state.items() if isinstance(value, np.ndarray)}
    other = replace(run, **moved, **{name: Rows() for name in TABLES}, floor=deepcopy(run.floor), rng=rng)
    if all_here:
        other.left[:] = NEVER
    _live(other, range(WEEKS, WEEKS + AHEAD))
    return other


def _live(run: Run, weeks: range, doubt: Doubt | None = None) -> None:
    """hub.demo.world.years.live from any week on, with somebody who watches."""
    offers = list(fires(run.people.branch, run.start, weeks.stop))
    for week in weeks:
        years._hand_over(run, week, slice(*np.searchsorted(run.cars.handovers[0], (week, week + 1)).tolist()))
        quiet, known = _quiet(run, week), run.visits.count
        years._visit(run, week)
        for _, campaign in (one for one in offers if one[0] == week):
            years._offer(run, week, campaign)
        if doubt is not None:
            came = run.visits.parts["owner"][-1] if run.visits.count > known else []
            doubt.see(run, week, quiet, came)
        years._leave(run, week)


def _quiet(run: Run, week: int) -> Floats:
    """Per person: how likely nobody sees them in this week although they are still there."""
    cars = np.flatnonzero((run.owner >= 0) & (run.cars.since <= 7 * week + 6))
    cars = cars[run.people.joined[run.owner[cars]] <= 7 * week + 6]
    quiet = np.ones(run.people.count)
    np.multiply.at(quiet, run.owner[cars], 1 - (1 - run.causes.missed) * _chances(run, week, cars).sum(1))
    return quiet

"""Where one branch stands while its years are lived: cars and people as columns, and the tables that grow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.demo.world.cars import YEAR, Cars
from hub.demo.world.causes import Causes
from hub.demo.world.dice import Flags, Floats, Ints, Rng
from hub.demo.world.floor import Floor
from hub.demo.world.people import People

LEAVE = ("anyway", "bad score", "price shock", "long wait", "household", "pestering", "sold the car")
ANYWAY, SCORE, SHOCK, WAIT, HOUSEHOLD, PESTERED, CARLESS = range(len(LEAVE))
NEVER = 1 << 30

Column = NDArray[Any]


@dataclass
class Rows:
    """A table that grows: each call adds as many rows as its columns are long."""

    parts: dict[str, list[Column]] = field(default_factory=dict)
    count: int = 0

    def add(self, **columns: Column) -> None:
        for name, values in columns.items():
            self.parts.setdefault(name, []).append(values)
        self.count += len(next(iter(columns.values())))

    def table(self) -> Mapping[str, Column]:
        return {name: np.concatenate(parts) for name, parts in self.parts.items()}


@dataclass
class Run:
    """Where one branch stands in the current week; cars and people as columns."""

    people: People
    cars: Cars
    floor: Floor
    causes: Causes
    rng: Rng
    start: date
    owner: Ints
    serviced_on: Ints
    serviced_km: Floats
    inspected_on: Ints
    brakes_open: Flags
    tyres_on: Ints
    cooled_on: Ints
    left: Ints  # the week they left in, or NEVER
    left_for: Ints
    anger: Floats  # people x causes: chance per week
    pushed: Ints  # the week until which an offer works
    came_on: Ints
    willing: Flags  # may be sent offers
    visits: Rows = field(default_factory=Rows)
    findings: Rows = field(default_factory=Rows)
    missed: Rows = field(default_factory=Rows)
    contacts: Rows = field(default_factory=Rows)
    refusals: Rows = field(default_factory=Rows)


def begin(people: People, cars: Cars, floor: Floor, causes: Causes, rng: Rng, start: date) -> Run:
    """Day 0: a past is drawn for every car that is already there."""
    since = np.maximum(cars.since, 0)
    back = (rng.random(cars.count) * causes.service_days).astype(np.int64)
    anger = np.zeros((people.count, len(LEAVE)))
    anger[:, ANYWAY] = causes.leave_anyway
    anger[people.fleet >= 0] = 0.0
    period = people.branch.inspect_every * YEAR
    nobody = np.full(people.count, NEVER)
    return Run(
        people, cars, floor, causes, rng, start,
        owner=cars.owner.copy(),
        serviced_on=since - back,
        serviced_km=cars.km - back * cars.rate,
        inspected_on=since - (rng.random(cars.count) * period).astype(np.int64),
        brakes_open=np.zeros(cars.count, dtype=bool),
        tyres_on=since - 120,
        cooled_on=since - 200,
        left=nobody, left_for=np.full(people.count, -1), anger=anger,
        pushed=np.full(people.count, -1), came_on=people.joined.copy(), willing=people.consents.copy(),
    )  # fmt: skip


def add_anger(run: Run, whom: Ints, cause: int, hazard: float) -> None:
    """Anger adds up, but fleet drivers have no choice."""
    np.add.at(run.anger[:, cause], whom[run.people.fleet[whom] < 0], hazard)

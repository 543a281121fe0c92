"""What the cars of a branch ask for in a week: what is due, what the season wants, and what breaks."""

from datetime import timedelta

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.cars import ELECTRIC, YEAR
from hub.demo.world.dice import Flags, Floats, Ints
from hub.demo.world.people import PERSUADABLE
from hub.demo.world.state import Run

ORDER = (jobs.BREAKDOWN, jobs.INSPECTION, jobs.SERVICE, jobs.TYRES, jobs.COOLING, jobs.REPAIR)  # the strongest first
ELSEWHERE = 1.75  # times due: such a car is served somewhere else


def wishes(run: Run, week: int) -> tuple[Ints, Ints]:
    """The cars that come this week, and what for: the strongest reason goes first."""
    owner = run.owner
    cars = np.flatnonzero(_here(run, week))
    chances = _chances(run, week, cars)
    reason = (run.rng.random(len(cars))[:, None] >= np.cumsum(chances, axis=1)).sum(axis=1)
    reason = np.array([*ORDER, -1])[reason]
    newcomers = (run.people.joined[owner[cars]] // 7 == week) & (run.cars.since[cars] // 7 == week)
    reason[newcomers & (reason < 0)] = jobs.SERVICE
    return cars[reason >= 0], reason[reason >= 0]


def _here(run: Run, week: int) -> Flags:
    owner = run.owner
    there = (run.people.joined <= 7 * week + 6) & (run.left > week)
    here: Flags = (owner >= 0) & (run.cars.since <= 7 * week + 6)
    return here & there[owner] if len(there) else here


def _chances(run: Run, week: int, cars: Ints) -> Floats:
    """cars x ORDER."""
    causes, people, branch, day = run.causes, run.people, run.people.branch, 7 * week
    owner = run.owner[cars]
    age = (day - run.cars.first[cars]) / YEAR
    keen = np.where(people.fleet[owner] >= 0, 1.6, people.keen[owner])
    eager = keen * np.where((run.pushed[owner] >= week) & (people.kind[owner] == PERSUADABLE), 1 + causes.lift, 1.0)
    month = (run.start + timedelta(days=day)).month
    ageing = 1 + causes.repair_by_age * age
    due = _due(run, cars, day)
    inspection = (day - run.inspected_on[cars] >= branch.inspect_every * YEAR) & (age >= 3)
    tyres = (month in branch.tyre_months) * people.changes_tyres[owner] * (day - run.tyres_on[cars] > 100)
    cooling = (month in branch.heat_months) * (day - run.cooled_on[cars] > 240)
    return np.stack(
        [
            causes.breakdown * ageing * np.where(run.brakes_open[cars], causes.brake_return, 1.0),
            causes.inspection_due * keen * inspection,
            eager * np.where(due >= ELSEWHERE, 0.25, 1) * np.where(due >= 1, causes.service_due, causes.service_early),
            causes.tyres * eager * tyres,
            causes.cooling * eager * cooling,
            causes.repair * eager * ageing,
        ],
        axis=1,
    )


def _due(run: Run, cars: Ints, day: int) -> Floats:
    """1 is due. An electric car lasts half as long again; it counts days and kilometres, whichever are further."""
    longer = np.where(run.cars.fuel[cars] == ELECTRIC, 1.5, 1.0)
    days = (day - run.serviced_on[cars]) / (run.causes.service_days * longer)
    km = days * run.causes.service_days * longer * run.cars.rate[cars] / (run.causes.service_km * longer)
    due: Floats = np.maximum(days, km)
    return due

"""One row per car and service as of a day: when it was last done or declined, what the car is like, and what others like it had."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.sdk import FactReader

Numbers = NDArray[Any]

OF_CAR = ("car.age_years", "car.km_per_day", "car.silent_days", "car.visits", "car.here_days", "car.electric")
OF_SERVICE = ("done_days", "done_due", "done_count", "declined_days", "open_days")
COLUMNS = (*OF_CAR, *OF_SERVICE, "season", "popular in season", "popular", "popular among its like", "service")
YEAR = timedelta(days=365)
AGES = (3, 6, 10)  # years; cars between two marks, of one kind of drive, are alike
SOFT = 20  # cars that the share of all counts as, where few are alike


@dataclass(frozen=True)
class NeedRows:
    """(rows, COLUMNS), car by car, its services in the order of the names. done: 1 where it was done within the horizon; empty
    where that is not over; `kept`: cars that are still there then."""

    as_of: date
    vehicles: Numbers
    customers: Numbers
    services: Sequence[str]
    values: Numbers
    done: Numbers

    def column(self, name: str) -> Numbers:
        return np.asarray(self.values[:, COLUMNS.index(name)])


def need_rows(facts: FactReader, as_of: date, horizon: int, *, answers: bool) -> NeedRows:
    """Raises ValueError where the window ends after what is known."""
    services = tuple(facts.services)
    names = [f"{what}.{service}" for service in services for what in OF_SERVICE]
    frame = facts.cars([*OF_CAR, *names], as_of)
    vehicles, customers = frame["vehicle_id"], frame["customer_id"]
    counts = _stacked(frame, "done_count", services)
    blocks = [np.repeat(np.column_stack([frame[name] for name in OF_CAR]), len(services), axis=0)]
    blocks += [_stacked(frame, what, services).reshape(-1, 1) for what in OF_SERVICE]
    season, kind = _done_between(facts, as_of - YEAR, horizon, vehicles, services), _alike(frame)
    blocks += [season.reshape(-1, 1), _popular(season == 1, kind).reshape(-1, 1)]
    lately = np.nan_to_num(counts - _counts_at(facts, as_of - YEAR, vehicles, services)) > 0
    blocks += [_popular(lately, np.zeros(len(vehicles), int)).reshape(-1, 1)]
    blocks += [_popular(lately, kind).reshape(-1, 1)]
    blocks += [np.tile(np.arange(len(services)), len(vehicles))[:, None]]
    done = np.zeros(0)
    if answers:
        done = _done_between(facts, as_of, horizon, vehicles, services).reshape(-1)
    return NeedRows(as_of, vehicles, customers, services, np.hstack(blocks).astype(float), done)


def _stacked(frame: Any, what: str, services: Sequence[str]) -> Numbers:
    """(cars, services)."""
    return np.column_stack([frame[f"{what}.{service}"] for service in services])


def _counts_at(facts: FactReader, day: date, vehicles: Numbers, services: Sequence[str]) -> Numbers:
    """(cars, services): times done by that day; NaN for a car that nobody of ours owned then."""
    frame = facts.cars([f"done_count.{service}" for service in services], day)
    found = np.full((len(vehicles), len(services)), np.nan)
    place = np.searchsorted(frame["vehicle_id"], vehicles)
    place[place == len(frame["vehicle_id"])] = 0
    there = frame["vehicle_id"][place] == vehicles if len(frame["vehicle_id"]) else np.zeros(len(vehicles), bool)
    found[there] = _stacked(frame, "done_count", services)[place[there]]
    return found


def _done_between(facts: FactReader, day: date, horizon: int, vehicles: Numbers, services: Sequence[str]) -> Numbers:
    """1 where it was done within (day, day + horizon], NaN for a car that was not here on both days."""
    after = _counts_at(facts, day + timedelta(days=horizon), vehicles, services)
    gained = after - _counts_at(facts, day, vehicles, services)
    return np.where(np.isnan(gained), np.nan, (gained > 0).astype(float))


def _alike(frame: Any) -> Numbers:
    ages = np.searchsorted(AGES, np.nan_to_num(frame["car.age_years"]))
    return np.asarray(ages * 2 + (np.nan_to_num(frame["car.electric"]) > 0)).astype(int)


def _popular(lately: Numbers, kind: Numbers) -> Numbers:
    """(cars, services): the share of cars of its kind that had it, drawn towards the share of all."""
    everybody = lately.mean(0) if len(lately) else np.zeros(lately.shape[1])
    found = np.zeros(lately.shape)
    for one in np.unique(kind):
        mine = kind == one
        found[mine] = (lately[mine].sum(0) + SOFT * everybody) / (mine.sum() + SOFT)
    return found

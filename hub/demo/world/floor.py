"""The workshop floor: bays, slots of an hour, and who stands where; no place is ever given twice."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from hub.demo.world.dice import Floats, Ints

LONGEST_DAY = 8  # slots of a bay: one begins every hour
OPENS = 8  # o'clock
MONDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday


@dataclass
class Floor:
    """Places are numbered through the years: working day after working day, bay after bay, slot after slot."""

    bays: int
    slots: int
    days: Ints  # the working days, counted from day 0
    free: int = 0  # the first place that may still be given
    load: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.load = np.zeros(len(self.days))

    @property
    def places(self) -> int:
        return self.bays * self.slots

    def give(self, wanted: Ints) -> Ints:
        """A place for everybody who wants a day, in the order of days; a full day moves the rest to the next one."""
        asked = np.maximum(np.searchsorted(self.days, wanted) * self.places, self.free)
        ranks = np.arange(len(asked))
        given = ranks + np.maximum.accumulate(asked - ranks)
        if len(given):
            self.free = int(given[-1]) + 1
            np.add.at(self.load, given // self.places, 1.0 / self.places)
        return given

    def day(self, places: Ints) -> Ints:
        return self.days[places // self.places]

    def slot(self, places: Ints) -> Ints:
        """Neighbours of a day start at different hours, so that a quiet day is spread over the hours."""
        return places % self.places % self.slots

    def bay(self, places: Ints) -> Ints:
        return places % self.places // self.slots

    def fullness(self, places: Ints) -> Floats:
        return self.load[places // self.places]

    def hour(self, places: Ints) -> Ints:
        """O'clock at which a place begins."""
        return OPENS + self.slot(places) * (LONGEST_DAY // self.slots)


def open_floor(start: date, days: int, workdays: frozenset[int], visits_a_week: float) -> Floor:
    """Room for a third more than a usual week brings. A small garage has one bay, and few hours at which a car may come."""
    weekday = (np.datetime64(start, "D").astype(np.int64) + MONDAY_OF_EPOCH + np.arange(days)) % 7
    working = np.flatnonzero(np.isin(weekday, sorted(workdays)))
    a_day = visits_a_week * 1.35 / len(workdays)
    return Floor(max(1, round(a_day / LONGEST_DAY)), int(np.clip(np.ceil(a_day), 2, LONGEST_DAY)), working)

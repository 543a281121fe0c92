"""Streams summed up per customer or car: counts, firsts, lasts and sums as columns, in the order of the ids given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np

from hub.past.streams import Numbers, Past, Stream

T = TypeVar("T")


@dataclass(frozen=True)
class Rows:
    """Rows of a stream and the place of each one's owner; in the order of time."""

    stream: Stream
    place: Numbers
    size: int

    def __getitem__(self, name: str) -> Numbers:
        return self.stream[name]

    def where(self, rows: Numbers) -> "Rows":
        return Rows(self.stream.where(rows), self.place[rows], self.size)

    def count(self) -> Numbers:
        return np.bincount(self.place, minlength=self.size).astype(float)

    def total(self, values: Numbers | str) -> Numbers:
        """0 where there is no row; a missing value adds nothing."""
        values = self[values] if isinstance(values, str) else values
        return np.bincount(self.place, np.nan_to_num(values), self.size)

    def mean(self, values: Numbers | str) -> Numbers:
        """NaN where no row has a value."""
        values = self[values] if isinstance(values, str) else values
        there = np.bincount(self.place, ~np.isnan(values), self.size)
        return np.where(there > 0, self.total(values) / np.maximum(there, 1), np.nan)

    def last(self, values: Numbers | str = "day") -> Numbers:
        """NaN where there is no row. Rows are in the order of time, so the one written last is the latest."""
        found = np.full(self.size, np.nan)
        found[self.place] = self[values] if isinstance(values, str) else values
        return found

    def first(self, values: Numbers | str = "day") -> Numbers:
        values = self[values] if isinstance(values, str) else values
        found = np.full(self.size, np.nan)
        found[self.place[::-1]] = values[::-1]
        return found

    def keys(self, *columns: str) -> Numbers:
        """One whole number per owner and values of these columns."""
        key = self.place.astype(np.int64)
        for name in columns:
            _, codes = np.unique(self[name], return_inverse=True)
            key = key * (int(codes.max(initial=0)) + 1) + codes
        return key

    def latest(self, *columns: str) -> "Rows":
        """Of each owner and values of these columns the row that was told last."""
        _, codes = np.unique(self.keys(*columns), return_inverse=True)
        row = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
        row[codes] = np.arange(len(codes))
        return self.where(np.sort(row))

    def least(self, values: Numbers | str) -> Numbers:
        """NaN where there is no row."""
        found = np.full(self.size, np.inf)
        np.minimum.at(found, self.place, self[values] if isinstance(values, str) else values)
        return np.where(np.isinf(found), np.nan, found)


@dataclass(frozen=True)
class Known:
    """Customers (by `customer_id`) or cars (by `vehicle_id`) as they were known on the last day of a past.

    ids: sorted, each once. Of each stream, whose rows are whose is looked up once, and so is what several facts rest on."""

    past: Past
    key: str
    ids: Numbers
    looked_up: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def day(self) -> int:
        return self.past.until

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is made is kept under this name."""
        if name not in self.looked_up:
            self.looked_up[name] = make()
        return cast(T, self.looked_up[name])

    def rows(self, name: str) -> Rows:
        return self.once(name, lambda: self.group(self.past[name]))

    def group(self, stream: Stream) -> Rows:
        owners = stream[self.key]
        place = np.searchsorted(self.ids, owners)
        place[place == len(self.ids)] = 0
        mine = self.ids[place] == owners if len(self.ids) else np.zeros(len(owners), bool)
        return Rows(stream.where(mine), place[mine], len(self.ids))

    def lately(self, name: str, days: int) -> Rows:
        """The rows of the last so many days."""
        rows = self.rows(name)
        return self.once(f"{name} within {days}", lambda: rows.where(rows["day"] > self.day - days))

"""Dated rows as columns of numbers, read by one statement each and cut at a day; nothing later can be asked of a cut past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

EPOCH = date(1970, 1, 1)
STEP = "step"  # a column that says what comes first on one day
PIECE = 100_000  # rows at a time from the database, so that Python objects do not pile up


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Stream:
    """Rows of one kind in the order of time. `day` is among the columns: when it happened, in the zone of the branch.

    words: for columns that hold codes, what each code stands for."""

    columns: Mapping[str, Numbers]
    words: Mapping[str, Sequence[str]]

    def __getitem__(self, name: str) -> Numbers:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["day"])

    def where(self, rows: Numbers) -> "Stream":
        return Stream({name: values[rows] for name, values in self.columns.items()}, self.words)

    def until(self, day: int) -> "Stream":
        """Rows of that day and before: a view, as rows stand in the order of time."""
        end = int(np.searchsorted(self["day"], day, side="right"))
        return Stream({name: values[:end] for name, values in self.columns.items()}, self.words)

    def codes(self, name: str, wanted: Sequence[str]) -> Numbers:
        """Is the word of each row among these?"""
        known = self.words[name]
        return np.isin(self[name], [place for place, word in enumerate(known) if word in wanted])


def stream_of(table: Mapping[str, Sequence[Any]], texts: Sequence[str] = ()) -> Stream:
    """Sorted by day, then by step and the other columns from the left, so that any order of rows gives the same bytes.

    A missing number is NaN, a missing id 0, a missing text the word ''. Ids and days are whole numbers; the rest are floats."""
    columns: dict[str, Numbers] = {}
    words: dict[str, Sequence[str]] = {}
    for name, values in table.items():
        if name in texts:
            words[name] = sorted({one or "" for one in values})
            codes = {word: code for code, word in enumerate(words[name])}
            columns[name] = np.fromiter((codes[one or ""] for one in values), np.int32, len(values))
        elif name == "day" or name.endswith("_id"):
            columns[name] = np.array([one or 0 for one in values], dtype=np.int64)
        else:
            columns[name] = np.array(values, dtype=np.float64)
    first = [name for name in ("day", STEP) if name in table]
    order = np.lexsort([columns[name] for name in reversed([*first, *(name for name in table if name not in first)])])
    return Stream({name: values[order] for name, values in columns.items()}, words)


@dataclass(frozen=True)
class Past:
    """What was known on the day `until`. names: customers and cars are known by id; what never changes of a car is in `cars`."""

    streams: Mapping[str, Stream]
    until: int

    def __getitem__(self, name: str) -> Stream:
        return self.streams[name]

    def cut(self, day: int) -> "Past":
        """The only way to look back, and there is none to look ahead. Raises ValueError for a later day."""
        if day > self.until:
            raise ValueError(f"{day_of(day)} lies beyond {day_of(self.until)}: a feature cannot look past its day")
        return Past({name: one.until(day) for name, one in self.streams.items()}, day)

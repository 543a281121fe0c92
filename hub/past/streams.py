"""Dated rows as columns of numbers, read by one statement each and cut at a day; nothing later can be asked of a cut past."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
T = TypeVar("T")

EPOCH = date(1970, 1, 1)
STEP = "step"  # a column that says what comes first on one day


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


class OnDemand(Mapping[str, T]):
    """Each value is made when it is first asked for, and kept: of eight columns a fact reads two, of twelve kinds some."""

    def __init__(self, names: Collection[str], make: Callable[[str], T]) -> None:
        self.names, self.make = names, make
        self.made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self.made:
            if name not in self.names:
                raise KeyError(name)
            self.made[name] = self.make(name)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


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
        """rows: places, or whether each row is wanted."""
        places = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Stream(OnDemand(self.columns.keys(), lambda name: self.columns[name][places]), self.words)

    def until(self, day: int) -> "Stream":
        """Rows of that day and before: a view, as rows stand in the order of time."""
        end = int(np.searchsorted(self["day"], day, side="right"))
        return Stream(OnDemand(self.columns.keys(), lambda name: self.columns[name][:end]), self.words)

    def codes(self, name: str, wanted: Sequence[str]) -> Numbers:
        """Is the word of each row among these?"""
        is_wanted = np.array([word in wanted for word in self.words[name]], bool)
        return np.asarray(is_wanted[self[name]]) if len(is_wanted) else np.zeros(len(self), bool)


def stream_of(table: Mapping[str, Sequence[Any]], texts: Sequence[str] = ()) -> Stream:
    """Of rows in memory. A missing number is NaN, a missing id 0, a missing text the word ''. Ids and days are whole numbers; the
    rest are floats."""
    columns: dict[str, Numbers] = {}
    words: dict[str, Sequence[str]] = {}
    for name, values in table.items():
        if name in texts:
            words[name] = sorted({one or "" for one in values})
            codes = {word: code for code, word in enumerate(words[name])}
            columns[name] = np.fromiter((codes[one or ""] for one in values), np.int32, len(values))
        else:
            columns[name] = numbers_of(name, values)
    return in_order(columns, words)


def is_whole(name: str) -> bool:
    return name == "day" or name.endswith("_id")


def numbers_of(name: str, values: Sequence[Any]) -> Numbers:
    if is_whole(name):
        return np.array([one or 0 for one in values], dtype=np.int64)
    return np.array(values, dtype=np.float64)


def in_order(columns: Mapping[str, Numbers], words: Mapping[str, Sequence[str]]) -> Stream:
    """Sorted by day, then by step and the other columns from the left, so that any order of rows gives the same bytes."""
    order = _order(columns)
    return Stream({name: values[order] for name, values in columns.items()}, words)


def _order(columns: Mapping[str, Numbers]) -> Numbers:
    """By all columns, though most never get to say anything: two rows that share day, step and first column are few, and only they
    are looked at further."""
    head = [name for name in ("day", STEP) if name in columns]
    rest = [name for name in columns if name not in head]
    head, rest = [*head, *rest[:1]], rest[1:]
    order = np.lexsort([_narrow(columns[name]) for name in reversed(head)])
    if not rest or len(order) < 2:
        return order
    same = np.logical_and.reduce([columns[name][order[1:]] == columns[name][order[:-1]] for name in head])
    tied = np.flatnonzero(np.append(False, same) | np.append(same, False))
    rows, run = order[tied], np.append(0, np.cumsum(~same))[tied]
    order[tied] = rows[np.lexsort([*(columns[name][rows] for name in reversed(rest)), run])]
    return order


def _narrow(values: Numbers) -> Numbers:
    """Whole numbers of a small range in two bytes, which are sorted without comparing."""
    if not len(values) or values.dtype.kind != "i" or int(values.max()) - int(values.min()) > np.iinfo(np.uint16).max:
        return values
    return np.asarray((values - values.min()).astype(np.uint16))


@dataclass(frozen=True)
class Past:
    """What was known on the day `until`. streams: the rows of each kind."""

    streams: Mapping[str, Stream]
    until: int

    def __getitem__(self, name: str) -> Stream:
        return self.streams[name]

    def cut(self, day: int) -> "Past":
        """The only way to look back, and there is none to look ahead. Raises ValueError for a later day."""
        if day > self.until:
            raise ValueError(f"{day_of(day)} lies beyond {day_of(self.until)}: a feature cannot look past its day")
        return Past(OnDemand(self.streams.keys(), lambda name: self.streams[name].until(day)), day)

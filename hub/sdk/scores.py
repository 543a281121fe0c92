"""What a scorer and an analysis are: they get columns and statistics, never tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


class FactReader(Protocol):
    """Columns as they were known on a day: nothing that happened later is in them, and `until` is the last day there is.

    What came of a day is the difference of two frames: whoever has as many visits at `as_of + 92 days` did not come."""

    services: Sequence[str]

    @property
    def until(self) -> date: ...

    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """Arrays of equal length, a row per customer who had a visit by then, sorted by `customer_id`; NaN where a fact has
        no value. Raises WrongInput for an unknown fact, ValueError for a day after `until`."""

    def cars(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """The same, a row per car that a customer owns on that day, with `vehicle_id` and `customer_id`."""


@dataclass(frozen=True)
class ScoreGiven:
    """value: calibrated probability or expected amount. low, high: band. support: how much was seen. reasons: in words."""

    customer_id: int
    name: str
    value: float
    low: float
    high: float
    support: int
    reasons: tuple[str, ...]
    model: str


class Scorer(Protocol):
    name: str
    needs: tuple[str, ...]

    def train(self, facts: FactReader, as_of: date, seed: int) -> "Scorer": ...

    def score(self, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]: ...


class Analysis(Protocol):
    """Statistics over sufficient statistics that the hub read by SQL (counts, sums, sums of squares)."""

    name: str

    def judge(self, statistics: Mapping[str, Mapping[str, float]]) -> Mapping[str, Any]: ...

"""What a scorer and an analysis are: they get columns and statistics, never tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol


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


@dataclass(frozen=True)
class ArmStatistics:
    """One arm, summed up by the hub. share: of the people it was meant to get, in any unit. n: units that were exposed.
    by_channel: of them, by the way they came in. metrics: name -> (sums of its columns, sums of their products)."""

    name: str
    share: float
    n: int
    by_channel: Mapping[str, int]
    metrics: Mapping[str, tuple[Sequence[float], Sequence[Sequence[float]]]]


@dataclass(frozen=True)
class Trial:
    """control: the arm that the others are compared with. A metric's columns are value; value and base, where it is named
    in `ratios`; and, where named in `adjusted`, the same once more for the time before the experiment."""

    control: str
    arms: tuple[ArmStatistics, ...]
    ratios: frozenset[str] = frozenset()
    adjusted: frozenset[str] = frozenset()


class Analysis(Protocol):
    """Statistics over what the hub read by SQL. `trial` judges a Trial; the answer is ready to be told as JSON."""

    name: ClassVar[str]

    def judge(self, trial: Trial) -> Mapping[str, Any]: ...

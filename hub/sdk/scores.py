"""What a scorer and an analysis are: they get columns and statistics, never tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


class FactReader(Protocol):
    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Sequence[Any]]:
        """Columns of equal length, one row per customer known at `as_of`, plus `customer_id`; nothing later is seen."""


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

"""What a scorer and an analysis are: they get columns and statistics, never tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable


class FactReader(Protocol):
    """Columns as they were known on a day: nothing that happened later is in them, and `until` is the last day there is.

    What came of a day is the difference of two frames: whoever has as many visits at `as_of + 92 days` did not come."""

    @property
    def services(self) -> Sequence[str]: ...

    @property
    def until(self) -> date: ...

    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """Arrays of equal length, a row per customer who had a visit by then, sorted by `customer_id`; NaN where a fact has
        no value. Raises WrongInput for an unknown fact, ValueError for a day after `until`."""

    def cars(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """The same, a row per car that a customer owns on that day, with `vehicle_id` and `customer_id`."""


class ScoreGiven(NamedTuple):
    """value: calibrated probability or expected amount. low, high: 90 % band. support: how many visits it rests on.

    reasons: at most three `fact=value:direction` (`visits.overdue=2.3:+`), the strongest first: codes, as the reader's language
    is not ours to choose; behind the direction how far it moves the score in log-odds (`:+0.41`), where the model is additive and
    so can tell. vehicle_id, service: of a score about what a car needs."""

    customer_id: int
    value: float
    low: float
    high: float
    support: int
    reasons: tuple[str, ...]
    vehicle_id: int = 0
    service: str = ""


@dataclass(frozen=True)
class Trained:
    """model: bytes that only its scorer reads; reading them runs nothing. card: JSON of what it was learned from and how good
    it was: at least `metrics` (with intervals), `features`, `origins`, `horizon_days`, `rows`, `data_hash`, `versions`,
    `worth`: is it better than its floor, and `verdict`: why, in one sentence. picture: SVG."""

    model: bytes
    card: Mapping[str, Any]
    picture: str


Tell = Callable[[int, int], None]  # steps done, steps in all


class Scorer(Protocol):
    """name: of its scores; rules ask for `score.<name>`. about: what a row is. Proved by hub.sdk.testing.check_scorer."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> Literal["customer", "vehicle"]: ...

    @property
    def meaning(self) -> str: ...

    def train(self, facts: FactReader, as_of: date, seed: int, tell: Tell, champion: bytes | None = None) -> Trained:
        """Learn from days whose outcome is known at `as_of`; the same facts and seed give the same answers.

        champion: the model in force; `card["against_champion"]` compares both on the same rows. Raises WrongInput where there
        is too little to learn from, saying what is missing."""

    def score(self, model: bytes, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]:
        """In the order of ids. Whom it cannot judge it leaves out."""


@runtime_checkable
class JudgesRows(Protocol):
    """A scorer that judges each row by itself once the columns are there, so that engines beside the database can share the rows
    out. `score` is the one after the other."""

    def rows(self, model: bytes, facts: FactReader, as_of: date) -> Mapping[str, Any]:
        """Columns of numbers and of equal length, `customer_id` among them, in the order of the answers."""

    def judge(self, model: bytes, rows: Mapping[str, Any]) -> Iterator[ScoreGiven]:
        """A part of the rows gets the answers that it gets among all of them."""


@runtime_checkable
class LearnsTables(Protocol):
    """A scorer that also learns from any table with a label, and tells it of other tables of the same columns."""

    def train_table(
        self, path: Path, label: str, positive: str | None, id_column: str | None, seed: int, tell: Tell
    ) -> Trained:
        """path: CSV with a header. positive: the label's value that is foretold; None where a usual word says it. Raises
        WrongInput with line and column."""

    def score_table(self, model: bytes, path: Path) -> Iterator[tuple[str, float]]:
        """(id, probability) of each row. Raises WrongInput."""


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
    in `ratios`; and, where named in `adjusted`, the same once more for the time before the experiment.

    cluster: what was dealt an arm as one (fleet, vehicle, branch), where that may be several people; then `n` counts clusters,
    every metric is a ratio over heads, and sums and products are those of whole clusters."""

    control: str
    arms: tuple[ArmStatistics, ...]
    ratios: frozenset[str] = frozenset()
    adjusted: frozenset[str] = frozenset()
    cluster: str = ""


@dataclass(frozen=True)
class Rail:
    """A metric that must not get worse by more than `bound`, in its own unit. share: its values are 0 or 1."""

    metric: str
    bound: float
    more_is_worse: bool
    share: bool


class Analysis(Protocol):
    """Statistics over what the hub read by SQL. `trial` judges a Trial; the answer is ready to be told as JSON."""

    name: ClassVar[str]

    def judge(self, trial: Trial) -> Mapping[str, Any]: ...

    def plan(self, finds: float, variance: float, weekly: float) -> Mapping[str, Any]:
        """{units, weeks, finds}: what a test of two equal arms needs, at so many units a week. Raises WrongInput where that
        is too long."""

    def guard(self, trial: Trial, rails: Sequence[Rail]) -> Sequence[Mapping[str, Any]]:
        """Of each rail and each arm beside the control: {measure, arm, control, treated, difference, interval, bound, alpha, state};
        red: proved to be worse by more than the bound, green: proved not to be, open: neither, hidden: the arms have wrong sizes."""

    def together(self, p: Sequence[float]) -> Sequence[float]:
        """p-values of many trials that are looked at side by side, adjusted so that few of those called are false."""


@dataclass(frozen=True)
class Touch:
    """A message that reached somebody, by the campaign (journey) it belongs to."""

    campaign: str
    at: datetime


@dataclass(frozen=True)
class Sale:
    """An invoice without its tax, or a refund as a negative one. touches: those within reach before it, in order."""

    amount_minor: int
    currency: str
    at: datetime
    touches: tuple[Touch, ...] = ()


@dataclass(frozen=True)
class Waits:
    """Days after somebody was dealt an arm -> how many came then; and how many had not come when the watch ended."""

    came: Mapping[int, int]
    left: Mapping[int, int]


class Survival(Protocol):
    """Who came back by which day; `survival` is the one."""

    name: ClassVar[str]

    def curves(self, campaigns: Sequence[Mapping[str, Waits]], control: str, treated: str) -> Mapping[str, Any]:
        """campaigns: arm -> waits of each. Days may have gaps; {} where too few can be watched."""


class Bandit(Protocol):
    """Shares of a split that follow success; `bandit` is the one."""

    name: ClassVar[str]

    def shares(self, trial: Trial, floor: float) -> Mapping[str, float]:
        """arm -> share, none below the floor, by the first metric; the same for the same sums."""


class Attribution(Protocol):
    """Shares sales out among campaigns, beside what a holdout proves; `attribution` is the one."""

    name: ClassVar[str]

    def share(self, sales: Sequence[Sale], silent: Mapping[tuple[str, ...], int]) -> Mapping[str, Any]: ...

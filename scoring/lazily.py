"""A scorer by name and meaning; its module, and the slow libraries behind it, are imported when it is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast

from hub.sdk import FactReader, JudgesRows, LearnsTables, ScoreGiven, Scorer, Tell, Trained


@dataclass(frozen=True)
class Lazily:
    """place: module:class; it judges row by row."""

    name: str
    about: Literal["customer", "vehicle"]
    meaning: str
    place: str

    def train(self, facts: FactReader, as_of: date, seed: int, tell: Tell, champion: bytes | None = None) -> Trained:
        return cast(Scorer, self._scorer()).train(facts, as_of, seed, tell, champion)

    def score(self, model: bytes, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]:
        return cast(Scorer, self._scorer()).score(model, facts, as_of)

    def rows(self, model: bytes, facts: FactReader, as_of: date) -> Mapping[str, Any]:
        return cast(JudgesRows, self._scorer()).rows(model, facts, as_of)

    def judge(self, model: bytes, rows: Mapping[str, Any]) -> Iterator[ScoreGiven]:
        return cast(JudgesRows, self._scorer()).judge(model, rows)

    def _scorer(self) -> Any:
        module, _, name = self.place.partition(":")
        return getattr(import_module(module), name)()


class LazyLearner(Lazily):
    """One that learns from tables, too."""

    def train_table(
        self, path: Path, label: str, positive: str | None, id_column: str | None, seed: int, tell: Tell
    ) -> Trained:
        return cast(LearnsTables, self._scorer()).train_table(path, label, positive, id_column, seed, tell)

    def score_table(self, model: bytes, path: Path) -> Iterator[tuple[str, float]]:
        return cast(LearnsTables, self._scorer()).score_table(model, path)

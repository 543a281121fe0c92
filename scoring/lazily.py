"""A scorer by name and meaning; its module, and the slow libraries behind it, are imported when it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Literal, cast

from hub.sdk import FactReader, ScoreGiven, Scorer, Tell, Trained


@dataclass(frozen=True)
class Lazily:
    """place: module:class."""

    name: str
    about: Literal["customer", "vehicle"]
    meaning: str
    place: str

    def train(self, facts: FactReader, as_of: date, seed: int, tell: Tell, champion: bytes | None = None) -> Trained:
        return self._scorer().train(facts, as_of, seed, tell, champion)

    def score(self, model: bytes, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]:
        return self._scorer().score(model, facts, as_of)

    def _scorer(self) -> Scorer:
        module, _, name = self.place.partition(":")
        return cast(Scorer, getattr(import_module(module), name)())

"""Proves a scorer: what it is called, that it never looks ahead, that it answers the same twice, and that its answers are well-formed."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.errors import WrongInput
from hub.sdk.checks import Notebook, Report
from hub.sdk.scores import FactReader, ScoreGiven, Scorer, Trained

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
REASON = re.compile(r"[a-z][a-z0-9_.]*=-?[0-9.e+-]*:[+-](\d+(\.\d+)?)?")
NEEDED = (
    "metrics",
    "features",
    "origins",
    "horizon_days",
    "rows",
    "data_hash",
    "versions",
    "worth",
    "verdict",
    "as_of",
)
ABOUT = ("customer", "vehicle")
MOST_REASONS = 3
SCRIPT = re.compile(r"<script|\bon[a-z]+\s*=|javascript:", re.IGNORECASE)


class Bounded:
    """A reader that ends on a day: whoever asks for more is caught."""

    def __init__(self, facts: FactReader, until: date) -> None:
        self.facts = facts
        self.until = until
        self.services = facts.services

    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        self._check(as_of)
        return self.facts.frame(names, as_of)

    def cars(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        self._check(as_of)
        return self.facts.cars(names, as_of)

    def _check(self, as_of: date) -> None:
        if as_of > self.until:
            raise ValueError(f"{as_of} lies beyond {self.until}: a feature cannot look past its day")


class _Nobody(Bounded):
    """The same columns without a row."""

    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        return {name: values[:0] for name, values in super().frame(names, as_of).items()}

    def cars(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        return {name: values[:0] for name, values in super().cars(names, as_of).items()}


def check_scorer(scorer: Scorer, facts: FactReader, as_of: date) -> Report:
    """facts: of a made-up garage, with a history that is long enough, and rows after `as_of` to be tempted by."""
    book = Notebook()
    _check_names(book, scorer)
    honest = Bounded(facts, as_of)
    kept: list[Trained] = []
    book.check("trains on what was known on its day", lambda: _train(kept, scorer, honest, as_of))
    book.refuses(
        "refuses a garage without customers", lambda: scorer.train(_Nobody(facts, as_of), as_of, 0, _quiet), WrongInput
    )
    if kept:
        _check_trained(book, scorer, kept[0], honest, as_of)
    return Report(tuple(book.checks))


def _check_names(book: Notebook, scorer: Scorer) -> None:
    book.check("name is lower case, a word", lambda: "" if NAME.fullmatch(str(scorer.name)) else "is not")
    book.check("says what a row is about", lambda: "" if scorer.about in ABOUT else f"is none of {', '.join(ABOUT)}")
    book.check("says what it means", lambda: "" if scorer.meaning.strip() else "says nothing")


def _train(kept: list[Trained], scorer: Scorer, facts: FactReader, as_of: date) -> str:
    kept.append(scorer.train(facts, as_of, 0, _quiet))
    return ""


def _check_trained(book: Notebook, scorer: Scorer, trained: Trained, facts: FactReader, as_of: date) -> None:
    missing = [name for name in NEEDED if name not in trained.card]
    book.check("the card is complete", lambda: f"lacks {', '.join(missing)}" if missing else "")
    late = [day for day in trained.card.get("origins", ()) if str(day) >= as_of.isoformat()]
    book.check("every origin lies before its day", lambda: f"{late[0]} does not" if late else "")
    book.check("the picture is SVG and runs nothing", lambda: _picture(trained.picture))
    given: list[ScoreGiven] = []
    book.check("scores", lambda: _score(given, scorer, trained, facts, as_of))
    book.check("scores are well-formed and in order", lambda: _well_formed(scorer, given))
    book.check("answers the same twice", lambda: _same(scorer, given, facts, as_of))


def _score(given: list[ScoreGiven], scorer: Scorer, trained: Trained, facts: FactReader, as_of: date) -> str:
    given += scorer.score(trained.model, facts, as_of)
    return "" if given else "nobody was judged"


def _same(scorer: Scorer, given: list[ScoreGiven], facts: FactReader, as_of: date) -> str:
    again = scorer.train(facts, as_of, 0, _quiet)
    return "" if list(scorer.score(again.model, facts, as_of)) == given else "another training says otherwise"


def _well_formed(scorer: Scorer, given: Sequence[ScoreGiven]) -> str:
    keys = [(one.vehicle_id, one.customer_id) if scorer.about == "vehicle" else (one.customer_id, 0) for one in given]
    if keys != sorted(keys):
        return "they are not in the order of ids"
    for one in given:
        if not one.low <= one.value <= one.high:
            return "a value lies outside of its band"
        if one.support < 0:
            return "a support is below 0"
        if len(one.reasons) > MOST_REASONS or not all(REASON.fullmatch(why) for why in one.reasons):
            return "a reason is not like visits.overdue=2.3:+, or there are more than three"
        if scorer.about == "vehicle" and not (one.vehicle_id and one.service):
            return "a need names no car or no service"
    return ""


def _picture(picture: str) -> str:
    if not picture.lstrip().startswith("<svg"):
        return "is no SVG"
    return "runs a script" if SCRIPT.search(picture) else ""


def _quiet(step: int, steps: int) -> None:
    """Nobody looks."""

"""The kit for scorers lets good ones pass and catches what is wrong with each of the others."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from hub.sdk import ScoreGiven, Trained, WrongInput
from hub.sdk.testing import check_scorer
from lives import TODAY, a_reader, some_lives
from scoring.churn import Churn
from scoring.needs import CarNeed

DAY = TODAY - timedelta(days=60)  # rows of two months more are there to be tempted by
CARD = {
    "metrics": {}, "features": [], "origins": ["2025-01-01"], "horizon_days": 1, "rows": 1, "data_hash": "", "versions": {},
    "worth": True, "verdict": "", "as_of": "2026-05-01",
}  # fmt: skip
GIVEN = ScoreGiven(1, 0.5, 0.4, 0.6, 3, ("visits.count=3:+",))


@dataclass
class Made:
    """A scorer that a test can spoil."""

    name: str = "feeling"
    about: Any = "customer"
    meaning: str = "a feeling"
    peeks: int = 0
    picture: str = "<svg/>"
    card: dict[str, Any] = field(default_factory=lambda: dict(CARD))
    given: ScoreGiven = GIVEN
    trained: int = 0
    moody: bool = False

    def train(self, facts, as_of, seed, tell, champion=None):
        known = facts.frame(["visits.count"], as_of + timedelta(days=self.peeks))
        if not len(known["customer_id"]):
            raise WrongInput("There are no customers.")
        self.trained += 1
        return Trained(b"", self.card, self.picture)

    def score(self, model, facts, as_of):
        value = self.given.value + (0.01 * self.trained if self.moody else 0)
        yield self.given._replace(value=value)


@pytest.fixture(scope="module")
def facts():
    return a_reader(some_lives())


@pytest.mark.parametrize("scorer", [Churn(), CarNeed(), Made()], ids=lambda one: one.name)
def test_a_good_scorer_passes(facts, scorer):
    report = check_scorer(scorer, facts, DAY)

    assert report.ok, str(report)


@pytest.mark.parametrize(
    ("spoilt", "caught"),
    [
        (Made(name="My Score"), "name is lower case"),
        (Made(about="branch"), "says what a row is about"),
        (Made(meaning=" "), "says what it means"),
        (Made(peeks=30), "trains on what was known on its day"),
        (Made(card={}), "the card is complete"),
        (Made(card={**CARD, "origins": ["2030-01-01"]}), "every origin lies before its day"),
        (Made(picture="<svg><script/></svg>"), "the picture is SVG and runs nothing"),
        (Made(given=ScoreGiven(1, 0.9, 0.4, 0.6, 3, ())), "scores are well-formed"),
        (Made(given=ScoreGiven(1, 0.5, 0.4, 0.6, 3, ("they are late",))), "scores are well-formed"),
        (Made(about="vehicle"), "scores are well-formed"),
        (Made(moody=True), "answers the same twice"),
    ],
)
def test_what_is_wrong_is_caught(facts, spoilt, caught):
    report = check_scorer(spoilt, facts, DAY)

    assert any(one.name.startswith(caught) for one in report.failures), str(report)

"""A scorer without a model, for tests of what becomes of scores."""

from dataclasses import dataclass

from hub.sdk import ScoreGiven, Trained, hookimpl

CARD = {"worth": True, "verdict": "better than nothing", "metrics": {"auc": 0.9}, "as_of": "2026-11-25", "rows": 1}


@dataclass
class Gut:
    """A scorer that everybody gets the same answer from."""

    value: float = 0.7
    name: str = "churn"
    about: str = "customer"
    meaning: str = "a feeling"
    card: dict = None
    breaks: Exception | None = None

    def train(self, facts, as_of, seed, tell, champion=None):
        if self.breaks:
            raise self.breaks
        tell(1, 1)
        return Trained(b"gut", {**CARD, **(self.card or {})}, "<svg/>")

    def score(self, model, facts, as_of):
        for one in facts.frame(["visits.count"], as_of)["customer_id"].tolist():
            yield ScoreGiven(one, self.value, self.value - 0.1, self.value + 0.1, 3, ("visits.count=3:+",))


class Bringing:
    def __init__(self, scorer):
        self.scorer = scorer

    @hookimpl
    def register_scorers(self):
        return [self.scorer]

"""Predictions: who leaves, what the car needs, what to do next, and how sure we are; this plugin sees hub.sdk only."""

from collections.abc import Sequence

import click

from hub.sdk import Analysis, Attribution, Bandit, Scorer, Survival, hookimpl
from scoring.lazily import Lazily, LazyLearner


@hookimpl
def register_commands(cli: click.Group) -> None:
    from scoring.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)


@hookimpl
def register_analyses() -> Sequence[Analysis | Attribution | Bandit | Survival]:
    from scoring.attribution import AttributionAnalysis
    from scoring.bandit import BanditAnalysis
    from scoring.survival import SurvivalAnalysis
    from scoring.trials import TrialAnalysis

    return [TrialAnalysis(), AttributionAnalysis(), SurvivalAnalysis(), BanditAnalysis()]


@hookimpl
def register_scorers() -> Sequence[Scorer]:
    """Described here, imported when they are asked: scikit-learn takes seconds, and few processes train."""
    return [
        LazyLearner(
            "churn",
            "customer",
            "the probability that the customer does not come within half a year, 0 to 1",
            "scoring.churn:Churn",
        ),
        Lazily(
            "need",
            "vehicle",
            "the probability that the car is given this service within half a year, 0 to 1",
            "scoring.needs:CarNeed",
        ),
    ]

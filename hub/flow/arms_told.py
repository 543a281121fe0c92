"""What may be said of a split: each arm beside the one that others are compared with, guardrails, and shares that follow success."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.flow import guarding, verdicts
from hub.flow.tallies import Split, Tally
from hub.rates import WINSORISE
from rules.journeys.measures import Guardrail


def split_told(
    analyses: Mapping[str, Any],
    split: Split,
    tally: Tally,
    rails: Sequence[Guardrail] = (),
    quantile: float = WINSORISE,
) -> dict[str, Any]:
    """Every arm beside the control; p-values are adjusted for the number of arms (Holm). Judged by what was drawn as one."""
    judged = {
        currency: verdicts.trial_told(analyses, tally, currency, split, quantile) for currency in tally.currencies
    }
    arms = {name: tally.heads(name) for name in sorted(tally.meant or tally.arms)}
    told = {
        "journey": split.journey,
        "unit": split.unit,
        "control": split.control,
        "arms": arms,
        "judged": judged,
        "guardrails": guarding.judged(analyses, tally, rails, split.control, split.unit),
    }
    richest = max(tally.currencies, key=tally.money, default=None)
    if (
        split.floor is not None
        and richest is not None
        and not judged[richest]["balance"]["broken"]
        and not judged[richest].get("too_few")
        and "bandit" in analyses
    ):
        cap = tally.cap(richest, quantile)
        told["shares"] = analyses["bandit"].shares(tally.trial(richest, split.control, cap, split.unit), split.floor)
    return told

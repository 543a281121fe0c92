"""An experiment as a whole: alarm first, then each goal against the control."""

import numpy as np
import pytest

from hub.sdk import ArmStatistics, Trial
from scoring.trials import TrialAnalysis

RNG = np.random.default_rng(8)


def an_arm(name: str, n: int, mean: float, **channels: int) -> ArmStatistics:
    spent = (RNG.random(n) < 0.3) * RNG.gamma(2, mean, n)
    return ArmStatistics(
        name,
        1.0,
        n,
        channels,
        {
            "margin": (
                (spent.sum(),),
                (((spent**2).sum()),),
            )
        },
    )


def test_an_arm_that_earns_more_is_told_with_its_interval_and_its_bet_in_money() -> None:
    trial = Trial("holdout", (an_arm("holdout", 4000, 5000), an_arm("mail", 4000, 9000)))

    told = TrialAnalysis().judge(trial)

    [verdict] = told["verdicts"]
    low, high = verdict["interval"]
    assert 0 < low < verdict["difference"] < high
    assert verdict["wins"] > 0.99
    assert verdict["loss_if_chosen"] < 1 < verdict["loss_if_kept"]
    planned = verdict["fixed_interval"]
    assert high - low > planned[1] - planned[0]


def test_while_the_sizes_are_wrong_no_result_is_shown() -> None:
    trial = Trial("holdout", (an_arm("holdout", 4000, 5000), an_arm("mail", 4600, 9000)))

    told = TrialAnalysis().judge(trial)

    assert told["balance"]["broken"]
    assert "verdicts" not in told


def test_a_way_in_that_favours_one_arm_hides_the_result_too() -> None:
    arms = (an_arm("holdout", 2000, 5000, shop=1200, crm=800), an_arm("mail", 2000, 5000, shop=800, crm=1200))

    assert TrialAnalysis().judge(Trial("holdout", arms))["balance"]["broken"]


def test_many_arms_are_judged_more_strictly_than_one() -> None:
    arms = tuple(an_arm(name, 3000, 5000) for name in ("holdout", "call", "letter", "mail"))

    verdicts = TrialAnalysis().judge(Trial("holdout", arms))["verdicts"]

    assert len(verdicts) == 3
    assert all(one["p_adjusted"] >= one["p"] for one in verdicts)


def test_before_anybody_bought_there_is_nothing_to_say() -> None:
    empty = tuple(ArmStatistics(name, 1.0, 5, {}, {"margin": ((0.0,), ((0.0,),))}) for name in ("holdout", "mail"))

    assert TrialAnalysis().judge(Trial("holdout", empty))["verdicts"] == pytest.approx([])

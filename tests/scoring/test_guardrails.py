"""A measure that must not get worse: red where that is proved, green where the opposite is, and open in between."""

import numpy as np
import pytest

from hub.sdk import ArmStatistics, Rail, Trial
from scoring.intervals import always_valid
from scoring.moments import Metric, effect, yes_of
from scoring.trials import TrialAnalysis

COMPLAINTS = Rail("complaints", 0.02, more_is_worse=True, share=True)
NPS = Rail("nps", 10.0, more_is_worse=False, share=False)


def an_arm(name: str, n: int, complained: int, answers: list[float] | None = None, share: float = 1.0) -> ArmStatistics:
    metrics = {"complaints": ((complained,), ((complained,),))}
    if answers is not None:
        v, b = np.zeros(n), np.zeros(n)
        v[: len(answers)], b[: len(answers)] = answers, 1
        metrics["nps"] = ((v.sum(), b.sum()), ((v @ v, v @ b), (v @ b, b @ b)))
    return ArmStatistics(name, share, n, {}, metrics)


def states(*arms: ArmStatistics, rails: tuple[Rail, ...] = (COMPLAINTS,), **trial) -> list[str]:
    return [one["state"] for one in TrialAnalysis().guard(Trial("none", arms, **trial), rails)]


def test_far_worse_is_red_about_the_same_is_green_and_too_few_are_open() -> None:
    assert states(an_arm("none", 4000, 40), an_arm("call", 4000, 400)) == ["red"]
    assert states(an_arm("none", 40_000, 400), an_arm("call", 40_000, 420)) == ["green"]
    assert states(an_arm("none", 400, 4), an_arm("call", 400, 12)) == ["open"]
    assert states(an_arm("none", 20, 0), an_arm("call", 20, 20)) == ["open"], "twenty are no proof of anything"


def test_worse_within_the_bound_is_no_alarm_even_where_it_is_proved_to_be_worse() -> None:
    [told] = TrialAnalysis().guard(
        Trial("none", (an_arm("none", 90_000, 900), an_arm("call", 90_000, 1_600))), [COMPLAINTS]
    )

    assert told["interval"][0] > 0
    assert told["state"] == "green"


def test_of_a_score_less_is_worse() -> None:
    good, bad = [100.0] * 900 + [-100.0] * 100, [100.0] * 400 + [-100.0] * 600
    arms = an_arm("none", 2000, 0, good), an_arm("call", 2000, 0, bad)

    assert states(*arms, rails=(NPS,), ratios=frozenset({"nps"})) == ["red"]
    assert states(arms[0], an_arm("call", 2000, 0, good), rails=(NPS,), ratios=frozenset({"nps"})) == ["green"]
    [told] = TrialAnalysis().guard(Trial("none", arms, frozenset({"nps"})), [NPS])
    assert (told["control"], told["treated"]) == (80.0, -20.0), "of those who answered"


def test_all_guardrails_of_all_arms_share_one_chance_of_a_false_alarm() -> None:
    arms = tuple(an_arm(name, 4000, 40) for name in ("none", "call", "mail", "letter"))
    rails = [Rail("complaints", bound, True, True) for bound in (0.01, 0.02)]

    told = TrialAnalysis().guard(Trial("none", arms), rails)

    assert {one["alpha"] for one in told} == {0.05 / 6}
    plus = [yes_of(4002, 41)] * 2  # with one yes and one no more
    found = effect(*plus, Metric())
    assert found is not None
    interval = always_valid(found, 0.05 / 6)
    assert told[0]["interval"] == pytest.approx([interval.low, interval.high])


def test_an_arm_to_whom_it_never_happened_is_not_taken_for_one_to_whom_it_cannot() -> None:
    assert states(an_arm("none", 31, 0, share=31.0), an_arm("call", 30_000, 1_500, share=30_000.0)) == ["open"]


def test_while_the_sizes_are_wrong_nothing_is_said() -> None:
    assert states(an_arm("none", 4000, 0), an_arm("call", 2000, 900)) == ["hidden"]


def test_looked_at_fifty_times_where_nothing_differs_beyond_the_bound_it_hardly_ever_cries_wolf() -> None:
    """At the bound itself, which is where false alarms are likeliest; 95 % of runs have to stay silent at all looks."""
    rng, runs, looks, step = np.random.default_rng(11), 150, 50, 200
    alarms = 0
    for _ in range(runs):
        control = rng.binomial(step, 0.03, looks).cumsum()
        treated = rng.binomial(step, 0.05, looks).cumsum()
        alarms += any(
            states(an_arm("none", step * look, int(a)), an_arm("call", step * look, int(b))) == ["red"]
            for look, a, b in zip(range(1, looks + 1), control, treated, strict=True)
        )

    assert alarms / runs <= 0.05

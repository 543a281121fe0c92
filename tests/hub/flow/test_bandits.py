"""Shares that follow success: weighed once a day by the sums of the walk, as dated rows; nobody moves, and the holdout stands outside."""

from collections import Counter

import pytest

from hub.flow import applying, bandits
from hub.flow.arms import Arm
from hub.flow.arms_told import split_told
from hub.flow.tallies import Split, Tally
from hub.models import Experiment, Exposure
from hub.sdk import WrongInput
from scoring.bandit import BanditAnalysis
from scoring.trials import TrialAnalysis
from walking import HEAD, applied, happens, rows, ways

LEARNS = (
    HEAD.replace("holdout: 0\nexempt_or_not: here", "holdout: 0.2\nagain: always").partition("steps:")[0]
    + """
steps:
  - id: how
    split: {experiment: offers, bandit: {floor: 0.1}}
    arms: {call: {share: 0.3}, voucher: {share: 0.3}, letter: {share: 0.4}}
  - {id: pause, wait: 3d}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
)
EARNED = {"experiments": {"offers": {"shares": {"call": 0.8, "voucher": 0.1, "letter": 0.1}}}}


def dealt(hub):
    return {one.unit: one.arm for one in rows(hub, Exposure, Exposure.id) if one.experiment == "offers"}


def weights(hub):
    return [one.arms for one in rows(hub, Experiment, Experiment.id) if one.experiment == "offers"]


def test_what_earned_most_is_dealt_most_from_the_next_day_on_and_nobody_moves(hub, noting, clock):
    applied(hub, LEARNS)
    for number in range(20):
        happens(hub, f"C-{number}", "complaint")
    before = dealt(hub)

    assert bandits.weigh(hub, EARNED) == 0, "weights of this very day stay"
    clock.pass_by(days=1)
    assert [bandits.weigh(hub, EARNED) for _ in range(2)] == [1, 0]
    for number in range(20, 80):
        happens(hub, f"C-{number}", "complaint")

    after = dealt(hub)
    assert {unit: after[unit] for unit in before} == before
    assert Counter(arm for unit, arm in after.items() if unit not in before)["call"] > 25
    assert weights(hub) == [{"call": 0.3, "voucher": 0.3, "letter": 0.4}, EARNED["experiments"]["offers"]["shares"]]
    held = {f"customer:{way.customer_id}" for way in ways(hub) if way.state == "held"}
    assert held
    assert not held & after.keys(), "whoever is held back is in no arm"


def test_a_document_that_is_applied_again_keeps_what_was_learned_and_other_arms_begin_anew(hub, noting, clock):
    rule, _ = applied(hub, LEARNS)
    clock.pass_by(days=1)
    bandits.weigh(hub, EARNED)

    applying.apply(hub, rule, LEARNS, "tester")
    assert weights(hub)[-1]["call"] == 0.8

    applied(hub, LEARNS.replace("letter", "postcard"))
    assert weights(hub)[-1] == {"call": 0.3, "voucher": 0.3, "postcard": 0.4}


def test_shares_come_of_what_the_arms_earned_and_not_while_sizes_are_wrong():
    analyses = {"trial": TrialAnalysis(), "bandit": BanditAnalysis()}
    split = Split("checked", "customer", "call", 0.1)

    told = split_told(analyses, split, tally(call=100, voucher=100, letter=160))
    broken = split_told(analyses, split, tally(call=100, voucher=100, letter=160, letters=900))

    assert max(told["shares"], key=told["shares"].get) == "letter"
    assert min(told["shares"].values()) >= 0.1
    assert sum(told["shares"].values()) == pytest.approx(1)
    assert told["shares"] == split_told(analyses, split, tally(call=100, voucher=100, letter=160))["shares"]
    assert "shares" not in broken
    with pytest.raises(WrongInput, match="three arms"):
        BanditAnalysis().shares(tally(call=100, voucher=100).trial("EUR", "call"), 0.1)


def tally(letters=400, **earned):
    """Of 400 people in each arm every other one spends twice as much."""
    whole = Tally()
    for name, mean in earned.items():
        heads = letters if name == "letter" else 400
        low, high = 2 * mean // 3, 4 * mean // 3
        sums, squares = heads * (low + high) // 2, heads * (low**2 + high**2) // 2
        whole.arms[name] = Arm(heads, Counter(event=heads), {"EUR": [sums, 0, squares, 0, 0]})
        whole.mean({name: 400.0})
    return whole

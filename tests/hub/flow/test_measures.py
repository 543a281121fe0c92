"""Figures of probabilities are those that others reckon, and so are their intervals: without drawing anything again."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from hub.flow.measures import apart, measures, ratio, share
from scoring.measure import figures

NAMES = ("auc", "ap", "brier", "ece", "gap")


def some_calls(seed=0, customers=150):
    """(chance, came, whose): two calls of each customer, who comes to both or to none more often than not; chances with ties."""
    rng = np.random.default_rng(seed)
    likely = rng.beta(2, 3, customers)
    whose = np.repeat(np.arange(customers), 2)
    chance = np.round(np.clip(likely[whose] + rng.normal(0, 0.1, 2 * customers), 0.01, 0.99), 2)
    first, both = rng.random(customers), rng.random(customers) < 0.8
    came = np.where(both[whose], first[whose], rng.random(2 * customers)) < likely[whose]
    return chance, came.astype(float), whose


def drawn_again(chance, came, whose, times=600):
    """What the backtest would do, with whole customers: (times, figures)."""
    rng, found = np.random.default_rng(1), []
    for _ in range(times):
        weight = np.bincount(rng.integers(0, whose.max() + 1, whose.max() + 1), minlength=whose.max() + 1)[whose]
        told = figures(chance, came, weight.astype(float))
        found.append([told["auc"], told["ap"], told["brier"], told["ece"], weight @ (chance - came) / weight.sum()])
    return np.array(found)


def test_figures_are_those_of_scikit_learn_and_of_the_backtest():
    chance, came, whose = some_calls()

    told = measures(chance, came, whose)

    theirs = {"auc": roc_auc_score, "ap": average_precision_score, "brier": brier_score_loss}
    assert {name: told[name] for name in theirs} == pytest.approx(
        {name: one(came, chance) for name, one in theirs.items()}, abs=1e-4
    )
    backtest = figures(chance, came)
    assert [told[name] for name in NAMES[:4]] == pytest.approx([backtest[name] for name in NAMES[:4]], abs=1e-4)


def test_intervals_are_as_wide_as_those_of_customers_drawn_again():
    calls = some_calls()
    told, again = measures(*calls), drawn_again(*calls)

    for place, name in enumerate(NAMES):
        low, high = told[f"{name}_interval"]
        below, above = np.quantile(again[:, place], (0.025, 0.975))
        assert (high - low) / (above - below) == pytest.approx(1, abs=0.1), name
        assert (low + high) / 2 == pytest.approx((below + above) / 2, abs=0.15 * (above - below)), name


def test_rows_of_one_customer_are_no_proof_of_their_own():
    chance, came, _ = some_calls()
    thrice, each = [np.tile(one, 3) for one in (chance, came)], np.arange(len(chance))

    wide, alone = measures(*thrice, np.tile(each, 3)), measures(chance, came, each)

    assert wide["auc_interval"] == pytest.approx(alone["auc_interval"], abs=1e-4)
    assert wide["ap_interval"] == pytest.approx(alone["ap_interval"], abs=1e-3)


def test_the_interval_of_the_auc_holds_the_truth_as_often_as_it_says():
    """Chances whose ranking is right in 3 of 4 pairs: normal ones, apart by sqrt(2) times the quantile of 0.75."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(300):
        came = (rng.random(120) < 0.4).astype(float)
        low, high = measures(rng.normal(0.954 * came), came, np.arange(120))["auc_interval"]
        held += low <= 0.75 <= high

    assert 0.91 < held / 300 < 0.98


def test_where_all_came_or_nobody_there_is_no_order_to_be_judged():
    told = measures(np.array([0.2, 0.4, 0.6]), np.zeros(3), np.arange(3))

    assert {"auc", "ap"}.isdisjoint(told)
    assert told["gap"] == pytest.approx(0.4)


def test_a_ratio_is_as_sure_as_customers_drawn_again():
    _, came, whose = some_calls()
    usual, rng = np.full(len(came), 0.1), np.random.default_rng(2)
    low, high = ratio("lift", came, usual, whose)["lift_interval"]
    rows = came.reshape(-1, 2)
    again = [rows[rng.integers(0, len(rows), len(rows))].mean() / 0.1 for _ in range(2000)]

    assert [low, high] == pytest.approx(np.quantile(again, (0.025, 0.975)).tolist(), abs=0.15)
    assert ratio("lift", came, np.zeros(len(came)), whose) == {}


@pytest.mark.parametrize(("came", "rows"), [(0, 7), (3, 10), (90, 100)])
def test_the_interval_of_a_share_is_wilsons(came, rows):
    low, high = a_share(came, rows)["interval"]

    assert (low, high) == pytest.approx(proportion_confint(came, rows, method="wilson"), abs=1e-4)


def test_two_shares_are_as_far_apart_as_newcombe_says():
    told = apart(a_share(30, 60), a_share(4, 20))

    expected = confint_proportions_2indep(30, 60, 4, 20, method="newcomb")
    assert told["gain"] == pytest.approx(0.3)
    assert told["gain_interval"] == pytest.approx(expected, abs=1e-3)
    assert apart(a_share(1, 2), share(np.zeros(0))) == {}


def a_share(came, rows):
    return share(np.array([1.0] * came + [0.0] * (rows - came)))

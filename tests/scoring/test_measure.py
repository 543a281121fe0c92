"""Figures of probabilities, against scikit-learn's and against what they must be by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from scoring.measure import compared, figures, measured


def some(rows: int = 500, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    told = chance.random(rows).round(1)  # many ties
    return told, (chance.random(rows) < told).astype(int)


def test_ranking_and_brier_equal_those_of_scikit_learn_also_where_many_chances_are_equal() -> None:
    told, truth = some()

    found = figures(told, truth)

    assert found["auc"] == pytest.approx(roc_auc_score(truth, told))
    assert found["ap"] == pytest.approx(average_precision_score(truth, told))
    assert found["brier"] == pytest.approx(brier_score_loss(truth, told))


def test_weights_count_a_row_as_often_as_they_say() -> None:
    told, truth = some(200)
    weight = np.random.default_rng(1).integers(0, 4, 200).astype(float)

    found = figures(told, truth, weight)

    assert found["auc"] == pytest.approx(roc_auc_score(truth, told, sample_weight=weight))
    assert found["ap"] == pytest.approx(average_precision_score(truth, told, sample_weight=weight))


def test_a_promise_that_is_off_by_a_tenth_has_a_calibration_error_of_a_tenth() -> None:
    truth = np.tile([0, 1], 500)

    assert figures(np.full(1000, 0.6), truth)["ece"] == pytest.approx(0.1)


def test_the_interval_holds_the_figure_of_the_whole() -> None:
    found = measured(*some(), seed=0)

    low, high = found["auc_interval"]
    assert low < found["auc"] < high


def test_the_same_chances_are_neither_better_nor_proved_worse() -> None:
    told, truth = some()

    found = compared(told, told, truth, seed=0)["auc"]

    assert found["gain"] == 0
    assert found["proved_worse"] is False


def test_noise_is_proved_worse_than_a_promise_that_holds() -> None:
    told, truth = some()
    noise = np.random.default_rng(9).random(len(told))

    assert compared(noise, told, truth, seed=0)["auc"]["proved_worse"] is True

"""Sizes of tests, against G*Power's figures as spotify-confidence's tests carry them."""

import numpy as np
import pytest

from hub.sdk import WrongInput
from scoring.intervals import fixed
from scoring.moments import Metric, effect, gathered
from scoring.power import finds_with, plan, units_for_means, units_for_shares


def test_sizes_equal_those_of_gpower() -> None:
    assert units_for_means(0.3, 100, power=0.85) == 39_906
    assert units_for_shares(0.34, 0.003, power=0.85) == pytest.approx(897_348, abs=2)  # whole people in each arm
    assert 738 <= units_for_shares(0.34, 0.1, power=0.85) <= 852


def test_a_planned_test_finds_its_effect_as_often_as_promised() -> None:
    rng, units = np.random.default_rng(4), units_for_means(5, 400)
    found = 0
    for _ in range(600):
        here, there = rng.normal(100, 20, units // 2), rng.normal(105, 20, units // 2)
        told = effect(gathered([here]), gathered([there]), Metric())
        found += told is not None and fixed(told).p < 0.05

    assert found / 600 == pytest.approx(0.8, abs=0.05)


def test_a_hopeless_test_is_refused_with_what_could_be_found() -> None:
    with pytest.raises(WrongInput, match="would take 224 weeks") as refused:
        plan(500, 40_000**2, weekly=900)

    assert refused.value.hint == "In 26 weeks an effect of 1465 can be found: look for that, or let more people in."
    assert plan(1500, 40_000**2, weekly=900).weeks <= 26


def test_more_people_find_less() -> None:
    assert finds_with(4000, 100) == pytest.approx(finds_with(1000, 100) / 2)


@pytest.mark.parametrize(("finds", "weekly"), [(0, 10), (5, 0)])
def test_nothing_to_find_or_nobody_to_ask_is_no_test(finds: float, weekly: float) -> None:
    with pytest.raises(WrongInput):
        plan(finds, 1, weekly)

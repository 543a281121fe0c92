"""Intervals keep their promise: looked at once, looked at daily, and asked about many things at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from scoring.intervals import always_valid, benjamini_hochberg, fixed, holm
from scoring.moments import Metric, effect, gathered

RUNS, LOOKS, UNITS = 400, 20, 2000


def looks_at_nothing(seed: int) -> tuple[bool, bool, bool]:
    """(planned look is wrong, some daily look of the planned kind is wrong, some always-valid look is wrong): two arms of the
    same garage, where one customer in eight buys."""
    rng = np.random.default_rng(seed)
    spent = (rng.random(UNITS) < 0.12) * rng.lognormal(5, 1, UNITS)
    treated = rng.random(UNITS) < 0.5
    planned, always = [], []
    for seen in np.linspace(UNITS / LOOKS, UNITS, LOOKS).astype(int):
        arms = [gathered([spent[:seen][treated[:seen] == side]]) for side in (False, True)]
        found = effect(*arms, Metric())
        planned.append(found is not None and fixed(found).p < 0.05)
        always.append(found is not None and always_valid(found).p < 0.05)
    return planned[-1], any(planned), any(always)


def test_looking_daily_at_nothing_raises_no_alarm_where_the_planned_test_cries_wolf() -> None:
    once, peeking, always = np.mean([looks_at_nothing(seed) for seed in range(RUNS)], axis=0)

    assert always <= 0.05
    assert once <= 0.085  # 5 %, and three standard errors of 400 runs
    assert peeking > 0.15


def test_goals_and_slices_are_adjusted_as_statsmodels_does() -> None:
    p = [0.01, 0.04, 0.03, 0.005, 0.6]  # statsmodels 0.15: multipletests(p, method="holm") and "fdr_bh"

    assert holm(p) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])
    assert benjamini_hochberg(p) == pytest.approx([0.025, 0.05, 0.05, 0.025, 0.6])


@given(some.lists(some.floats(0, 1), min_size=1, max_size=20))
def test_adjusting_never_makes_a_p_value_smaller_nor_changes_their_order(p: list[float]) -> None:
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert all(after >= before - 1e-12 and after <= 1 for before, after in zip(p, adjusted, strict=True))
        order = np.argsort(p, kind="stable")
        assert np.all(np.diff(np.array(adjusted)[order]) >= -1e-12)

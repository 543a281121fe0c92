"""Confidence sets: each outcome is covered as promised, the rare one too, and a change of season is not hidden."""

import numpy as np
import pytest

from scoring.coverage import PROMISED, coverage

ROWS = 4_000


def rows_of(origins: int, seed: int = 0):
    """Chances that are true; one in five is the outcome 1."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 4, origins * ROWS)
    return chance, (rng.random(len(chance)) < chance).astype(int), [ROWS] * origins


def test_each_outcome_is_covered_as_promised():
    told = coverage(*rows_of(4))

    assert told["covered"]["0"] == pytest.approx(PROMISED, abs=0.02)
    assert told["covered"]["1"] == pytest.approx(PROMISED, abs=0.02)


def test_a_set_that_holds_both_outcomes_says_nothing_and_is_not_counted_as_single():
    chance, truth, sizes = rows_of(4)
    sharp = np.where(truth == 1, 0.99, 0.01)

    assert coverage(np.full(len(chance), 0.2), truth, sizes)["single"] == 0
    assert coverage(sharp, truth, sizes)["single"] == 1


def test_an_origin_that_is_unlike_the_others_is_covered_less_and_that_is_told():
    chance, truth, sizes = rows_of(4)
    chance[:ROWS] *= 0.3  # what was promised of the latest origin was too little

    assert coverage(chance, truth, sizes)["covered"]["1"] < PROMISED - 0.05


def test_where_there_is_no_other_origin_nothing_is_excluded():
    told = coverage(*rows_of(1))

    assert told["covered"] == {"0": 1, "1": 1}
    assert told["single"] == 0


def test_an_outcome_that_never_came_has_no_coverage():
    assert coverage(np.full(20, 0.1), np.zeros(20, int), [10, 10])["covered"]["1"] is None

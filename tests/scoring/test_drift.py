"""A population that has moved is noticed, and one that has not is left in peace."""

import numpy as np

from scoring.drift import ALARM, moved, stability

RNG = np.random.default_rng(0)


def test_the_same_people_have_not_moved():
    assert stability(RNG.normal(size=2000), RNG.normal(size=2000)) < 0.02


def test_other_people_have():
    assert stability(RNG.normal(size=2000), RNG.normal(1.0, 1, 2000)) > ALARM


def test_a_fact_that_nobody_had_before_has_moved():
    learned, today = np.full((500, 1), np.nan), RNG.normal(size=(500, 1))

    assert moved(["appointments"], learned, today)["appointments"] > ALARM

"""The past decides how probabilities are set right, and whether at all."""

import numpy as np
from scipy.special import expit, logit

from scoring.calibration import chosen, fitted

RNG = np.random.default_rng(0)
HONEST = RNG.uniform(0.05, 0.95, 4000)
TRUTH = (RNG.random(4000) < HONEST).astype(int)
SIZES = [1000] * 4


def test_honest_probabilities_are_left_alone():
    assert chosen(HONEST, TRUTH, SIZES).kind == "none"


def test_overconfident_ones_are_drawn_back():
    loud = expit(3 * logit(HONEST))

    right = chosen(loud, TRUTH, SIZES)

    assert right.kind != "none"
    assert np.abs(right(loud) - HONEST).mean() < 0.05


def test_steps_never_promise_certainty():
    steps = fitted("steps", np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]))

    assert steps(np.array([0.0, 1.0])).tolist() == [0.005, 0.995]

"""Traffic follows success, never all of it."""

import numpy as np
import pytest

from hub.sdk import WrongInput
from scoring.bandit import shares
from scoring.moments import yes_of

RNG = np.random.default_rng(0)


def test_the_best_of_three_gets_most_and_the_others_their_floor() -> None:
    told = shares([yes_of(500, 20), yes_of(500, 25), yes_of(500, 90)], RNG, floor=0.05)

    assert sum(told) == pytest.approx(1)
    assert min(told) >= 0.05
    assert told[2] > 0.85


def test_equal_arms_share_alike() -> None:
    assert shares([yes_of(500, 50)] * 3, RNG) == pytest.approx([1 / 3] * 3, abs=0.03)


def test_before_anybody_came_all_are_alike() -> None:
    assert shares([yes_of(0, 0)] * 4, RNG) == [0.25] * 4


def test_two_arms_are_a_plain_test() -> None:
    with pytest.raises(WrongInput, match="three arms"):
        shares([yes_of(9, 1)] * 2, RNG)


def test_a_floor_that_takes_all_is_refused() -> None:
    with pytest.raises(WrongInput, match="leaves nothing"):
        shares([yes_of(9, 1)] * 4, RNG, floor=0.25)

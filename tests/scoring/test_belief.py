"""Chances and losses of a choice, against gbstats 0.8.0 (MIT), tests/bayesian/test_tests.py."""

import numpy as np
import pytest

from scoring.belief import FLAT, Prior, belief
from scoring.moments import Metric, Moments, effect, yes_of

TEN = Moments(10, np.array([100.0]), np.array([[1002.25]]))
TEN_MORE = Moments(10, np.array([105.0]), np.array([[1111.5]]))
DIGITS = 5e-6


def test_a_near_draw_is_told_as_one() -> None:
    found = effect(yes_of(100, 49), yes_of(100, 51), Metric(ddof=0), relative=True)
    assert found

    told = belief(found, FLAT)

    assert (told.wins, told.low, told.high) == pytest.approx((0.60918, -0.24779, 0.32943), abs=DIGITS)
    assert (told.loss_if_kept, told.loss_if_chosen) == pytest.approx((0.0814, 0.04058), abs=DIGITS)


def test_what_was_believed_before_counts_where_it_is_said() -> None:
    found = effect(TEN, TEN_MORE, Metric(), relative=True)
    assert found

    assert (belief(found).expected, belief(found).wins) == pytest.approx((0.05, 0.91923), abs=DIGITS)
    assert belief(found, Prior(0.1, 0.1**0.5)).expected == pytest.approx(0.05063, abs=DIGITS)


def test_a_loss_is_told_in_money() -> None:
    found = effect(TEN, TEN_MORE, Metric(), relative=True)
    assert found

    told = belief(found).in_money(10_000)

    assert told.loss_if_chosen == pytest.approx(13.1, abs=0.1)
    assert told.wins == belief(found).wins

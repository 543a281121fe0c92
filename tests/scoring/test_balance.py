"""Sizes of arms, against the tests of lukasvermeer/srm, and an alarm that hides no way in."""

import pytest

from scoring.balance import balance, mismatch


@pytest.mark.parametrize(
    ("sizes", "shares", "published"),
    [
        ([1000, 950, 1050, 1000], [1, 1, 1, 1], "1.71797e-01"),
        ([600, 400], [1, 1], "2.54e-10"),
        ([9463, 7681], [0.5, 0.5], "3.5e-42"),
        ([1050, 950, 0], [1, 1, 0], "2.53e-02"),  # an arm that is meant to be empty is no degree of freedom
    ],
)
def test_sizes_that_are_off_are_as_unlikely_as_published(sizes: list[int], shares: list[float], published: str) -> None:
    """To the last digit that was published."""
    digits = len(published.partition("e")[0]) - 2

    assert f"{mismatch(sizes, shares):.{digits}e}" == published


def test_fifteen_in_a_hundred_are_not_ten() -> None:
    assert mismatch([850, 150], [90, 10]) < 1e-4


def test_somebody_in_an_arm_that_should_be_empty_is_an_alarm() -> None:
    assert mismatch([500, 500, 1], [1, 1, 0]) == 0


def test_nobody_yet_is_no_alarm() -> None:
    assert mismatch([0, 0], [1, 1]) == 1


def test_a_way_in_that_loses_one_arm_rings_though_the_whole_looks_even() -> None:
    seen = balance([1000, 1000], [1, 1], {"mail": [600, 400], "sms": [400, 600]})

    assert seen.p == 1
    assert seen.broken

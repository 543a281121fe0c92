"""How long to wait: spread over the whole window, never beyond the cap, never before the partner's wish."""

from collections import Counter
from random import Random
from statistics import fmean

import pytest

from hub.sdk.backoff import LONGEST_WISH, full_jitter


def draws(attempt: int, after: float | None = None) -> list[float]:
    rng = Random(7)
    return [full_jitter(attempt, 2.0, 60.0, rng, after) for _ in range(2000)]


@pytest.mark.parametrize(("attempt", "longest"), [(0, 2.0), (1, 4.0), (3, 16.0), (10, 60.0), (10_000, 60.0)])
def test_the_wait_is_spread_over_the_whole_window_of_its_attempt(attempt: int, longest: float) -> None:
    found = draws(attempt)
    assert 0 <= min(found) < 0.01 * longest
    assert 0.99 * longest < max(found) <= longest
    assert fmean(found) == pytest.approx(longest / 2, rel=0.05)


def test_the_partners_wish_is_honoured_in_full_with_a_little_spread_on_top() -> None:
    found = draws(5, after=30.0)
    assert min(found) >= 30.0
    assert max(found) <= 32.0
    assert len(set(found)) > 1000


def test_a_wish_of_days_is_asked_again_after_six_hours() -> None:
    assert max(draws(0, after=float("inf"))) <= LONGEST_WISH + 2.0


def test_a_wish_in_the_past_is_no_wait() -> None:
    assert min(draws(0, after=-5.0)) >= 0.0


def test_the_same_dice_give_the_same_wait() -> None:
    assert draws(4) == draws(4)


def test_10000_that_failed_at_once_come_again_at_no_more_than_60_a_second() -> None:
    """In a round of 300 s; the clock rings each second, so that a sweep makes no heaps of them (tests/hub/test_clock.py)."""
    rng = Random(7)
    seconds = Counter(int(full_jitter(10, 1.0, 300.0, rng)) for _ in range(10_000))
    assert len(seconds) == 300
    assert max(seconds.values()) <= 60

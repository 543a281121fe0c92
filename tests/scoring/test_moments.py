"""Differences between arms, against the figures others publish for the same sums."""

import numpy as np
import pytest

from scoring.belief import belief
from scoring.intervals import always_valid, fixed
from scoring.moments import Metric, Moments, effect, gathered, winsorised, yes_of

# gbstats 0.8.0 and later (MIT), tests/frequentist/test_tests.py: sums in, results out
SMALL = Moments(3407, np.array([1396.87]), np.array([[52377.9767]]))
FEWER = Moments(3000, np.array([1396.87]), np.array([[52377.9767]]))
LARGE = Moments(3461, np.array([2422.7]), np.array([[134698.29]]))
DIGITS = 5e-6


def four_columns(n: int, sums: tuple[float, ...], squares: tuple[float, ...], pairs: tuple[float, ...]) -> Moments:
    products = np.diag(squares)
    products[np.triu_indices(4, 1)] = pairs
    return Moments(n, np.array(sums), np.maximum(products, products.T))


def test_a_difference_and_its_share_of_the_control_equal_gbstats() -> None:
    absolute, relative = effect(SMALL, LARGE, Metric()), effect(SMALL, LARGE, Metric(), relative=True)
    assert absolute
    assert relative

    assert absolute.value == pytest.approx(0.29, abs=DIGITS)
    assert (fixed(absolute).low, fixed(absolute).high, fixed(absolute).p) == pytest.approx(
        (0.04538, 0.53462, 0.02016), abs=DIGITS
    )
    assert relative.value == pytest.approx(0.70732, abs=DIGITS)
    assert (fixed(relative).low, fixed(relative).high, fixed(relative).p) == pytest.approx(
        (-0.03526, 1.44989, 0.06191), abs=DIGITS
    )


def test_shares_of_yes_equal_gbstats() -> None:
    found = effect(yes_of(28, 14), yes_of(30, 16), Metric(ddof=0), relative=True)
    assert found

    assert found.value == pytest.approx(0.06667, abs=DIGITS)
    assert (fixed(found).low, fixed(found).high, fixed(found).p) == pytest.approx(
        (-0.47767, 0.61101, 0.80707), abs=DIGITS
    )


def test_the_always_valid_interval_equals_gbstats() -> None:
    means = effect(FEWER, LARGE, Metric(), relative=True)
    shares = effect(yes_of(3000, 1396), yes_of(3461, 2422), Metric(ddof=0), relative=True)
    assert means
    assert shares

    wide, narrow = always_valid(means, tuned_for=1000), always_valid(shares)

    assert (wide.low, wide.high, wide.p) == pytest.approx((-0.55844, 1.56516, 1.0), abs=DIGITS)
    assert (shares.value, narrow.low, narrow.high) == pytest.approx((0.50386, 0.40098, 0.60675), abs=DIGITS)


def test_what_the_time_before_explains_is_taken_off_as_in_gbstats() -> None:
    here = Moments(3000, np.array([1396.87, 16.87]), np.array([[52377.9767, 1.0], [1.0, 527.9767]]))
    there = Moments(3461, np.array([2422.7, 22.7]), np.array([[134698.29, 1.0], [1.0, 1348.29]]))

    found = effect(here, there, Metric(adjusted=True), relative=True)
    assert found

    seen = always_valid(found)
    assert (found.value, seen.low, seen.high) == pytest.approx((0.50338, -0.50969, 1.51646), abs=2e-5)


def test_a_ratio_with_its_time_before_equals_gbstats() -> None:
    here = four_columns(
        100,
        (485.112236689623, 679.9093275844917, 192.59138069991536, 290.1398399750233),
        (2715.484666118136, 4939.424001640236, 460.076026390857, 920.9461385038898),
        (
            3602.146836776702,
            1113.6215759318352,
            1559.2878434944676,
            1460.3181079276983,
            2130.9404074446747,
            634.239482353647,
        ),
    )
    there = four_columns(
        100,
        (514.7757826608777, 705.4090874383759, 206.94157227402536, 302.54389139107326),
        (2994.897482705013, 5291.36604146392, 514.2903702246757, 994.4506208125663),
        (
            3918.1561431600717,
            1237.0953021125997,
            1701.0287270040265,
            1604.0759503266522,
            2292.081739775257,
            698.4173425817908,
        ),
    )

    found = effect(here, there, Metric(ratio=True, adjusted=True), relative=True)
    assert found

    assert (found.value, fixed(found).low, fixed(found).high, fixed(found).p) == pytest.approx(
        (-0.0007, -0.00841, 0.00700, 0.85771), abs=1e-5
    )


# Hillstrom's e-mail test, 64,000 customers in three random arms (minethatdata, 2008), as sums: (n, sum, sum of squares)
NO_MAIL_SPEND = Moments(21306, np.array([13908.33]), np.array([[2870050.3621]]))
MAIL_SPEND = Moments(21307, np.array([30311.69]), np.array([[6759024.4973]]))


def test_a_real_mail_campaign_is_judged_as_published() -> None:
    visits = effect(yes_of(21306, 2262), yes_of(21307, 3894), Metric())
    orders = effect(yes_of(21306, 122), yes_of(21307, 267), Metric())
    spend = effect(NO_MAIL_SPEND, MAIL_SPEND, Metric())
    share = effect(NO_MAIL_SPEND, MAIL_SPEND, Metric(), relative=True)
    assert visits
    assert orders
    assert spend
    assert share

    assert (spend.value, fixed(spend).low, fixed(spend).high) == pytest.approx((0.7698, 0.4851, 1.0545), abs=5e-5)
    assert fixed(spend).p == pytest.approx(1.2e-7, rel=0.05)
    assert (share.value, fixed(share).low, fixed(share).high) == pytest.approx((1.179, 0.544, 1.814), abs=5e-4)
    assert belief(share).wins == pytest.approx(0.9999, abs=5e-5)
    assert (visits.value, fixed(visits).low, fixed(visits).high) == pytest.approx(
        (0.07659, 0.06995, 0.08323), abs=DIGITS
    )
    assert (orders.value, fixed(orders).low, fixed(orders).high) == pytest.approx((0.00681, 0.00500, 0.00861), abs=6e-6)


def test_fleets_as_units_are_as_unsure_as_drawing_whole_fleets_again_says() -> None:
    rng = np.random.default_rng(5)
    cars = rng.integers(1, 30, 400)
    spend = cars * rng.normal(100, 40, 400) + rng.normal(0, 10, 400)
    half = (gathered([spend[:200], cars[:200]]), gathered([spend[200:], cars[200:]]))

    found = effect(*half, Metric(ratio=True))
    assert found

    draws = []
    for _ in range(2000):
        a, b = rng.integers(0, 200, 200), rng.integers(200, 400, 200)
        draws.append(spend[b].sum() / cars[b].sum() - spend[a].sum() / cars[a].sum())
    assert np.sqrt(found.variance) == pytest.approx(np.std(draws), rel=0.06)


def test_knowing_the_time_before_narrows_the_interval_and_moves_no_truth() -> None:
    rng = np.random.default_rng(2)
    before = rng.gamma(1.0, 100.0, 4000)
    after = before * 0.8 + rng.normal(0, 30, 4000)
    after[2000:] += 5
    arms = [gathered([after[part], before[part]]) for part in (slice(0, 2000), slice(2000, 4000))]

    plain, adjusted = effect(*arms, Metric()), effect(*arms, Metric(adjusted=True))
    assert plain
    assert adjusted

    assert adjusted.variance < plain.variance / 4
    assert fixed(adjusted).low < 5 < fixed(adjusted).high


def test_two_stretches_together_are_the_whole() -> None:
    values = np.random.default_rng(1).normal(size=100)

    whole, parts = gathered([values]), gathered([values[:30]]) + gathered([values[30:]])

    assert parts.n == whole.n
    assert parts.covariance() == pytest.approx(whole.covariance())


def test_one_giant_invoice_counts_as_the_quantile() -> None:
    assert winsorised(np.array([1.0] * 99 + [1e6]), 0.99).max() < 1e5


@pytest.mark.parametrize(
    ("here", "there", "relative"),
    [
        (yes_of(1, 1), yes_of(30, 16), False),  # one person is no arm
        (yes_of(30, 0), yes_of(30, 16), True),  # nothing to be a share of
        (yes_of(30, 0), yes_of(30, 0), False),  # nobody did anything
    ],
)
def test_where_nothing_can_be_told_nothing_is(here: Moments, there: Moments, relative: bool) -> None:
    assert effect(here, there, Metric(), relative) is None

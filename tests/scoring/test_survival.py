"""Who came back by which day: Kaplan and Meier's own arithmetic, and arms that are given the same mix of campaigns."""

import pytest

from hub.sdk import Waits
from scoring.survival import SurvivalAnalysis, kaplan_meier, log_log

# Freireich et al. 1963, 6-mercaptopurine: weeks to relapse of 21 children, and weeks at which others were last seen.
RELAPSED = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
LAST_SEEN = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}


def test_the_curve_is_that_of_the_textbooks():
    points = {point.day: point for point in kaplan_meier(Waits(RELAPSED, LAST_SEEN))}

    assert 1 - points[6].share == pytest.approx(0.8571, abs=5e-5)
    assert 1 - points[10].share == pytest.approx(0.7529, abs=5e-5)
    assert 1 - points[23].share == pytest.approx(0.4482, abs=5e-5)
    assert points[23].variance ** 0.5 == pytest.approx(0.1346, abs=5e-5)


def test_an_interval_never_leaves_the_shares_there_can_be():
    low, high = log_log(0.02, 0.01)

    assert 0 <= low < 0.02 < high <= 1
    assert log_log(0.0, 0.0) == (0.0, 0.0)


def test_a_large_holdout_of_a_sleepy_campaign_makes_no_difference_where_there_is_none():
    keen = {"treated": Waits({5: 800}, {100: 200}), "held": Waits({5: 80}, {100: 20})}
    sleepy = {"treated": Waits({5: 20}, {100: 180}), "held": Waits({5: 100}, {100: 900})}

    told = SurvivalAnalysis().curves([keen, sleepy], "held", "treated")

    assert told["difference"]["value"] == pytest.approx(0, abs=1e-9)
    assert told["arms"]["treated"][-1]["day"] == 100


def test_too_few_people_have_no_curve():
    assert (
        SurvivalAnalysis().curves([{"treated": Waits({5: 90}, {}), "held": Waits({5: 19}, {})}], "held", "treated")
        == {}
    )

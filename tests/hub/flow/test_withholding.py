"""What is handed on of returns tells of few people neither by itself nor by what can be subtracted."""

import pytest

from hub.flow.roi import WHOLE
from hub.flow.withholding import of_returns

K = 10


def told(buyers, **campaigns):
    """campaign=(treated, held)."""
    people = {name: dict(zip(("treated", "held"), arms, strict=True)) for name, arms in campaigns.items()}
    return {"buyers": buyers, "campaigns": {name: {"people": one} for name, one in people.items()}}


def test_a_campaign_with_an_arm_of_few_people_is_told_together_with_the_smallest_other():
    found = of_returns({WHOLE: told(500, small=(90, 3), middle=(90, 12), large=(900, 100))}, WHOLE, K)

    assert found.hidden == {"small", "middle"}
    assert (found.together, found.enough) == (True, True)


def test_where_even_together_they_are_few_they_are_not_told_together():
    assert not of_returns({WHOLE: told(500, small=(90, 3))}, WHOLE, K).together


def test_a_branch_by_which_another_would_follow_from_the_whole_is_withheld_with_it():
    both = {
        WHOLE: told(503, tyres=(100, 60)),
        "mitte": told(500, tyres=(97, 57)),
        "spree": told(3, tyres=(3, 3)),
    }

    assert [of_returns(both, branch, K).enough for branch in both] == [True, False, False]
    assert of_returns(both, "mitte", K).hidden == {"tyres"}


@pytest.mark.parametrize(("buyers", "enough"), [(0, True), (1, False), (9, False), (10, True)])
def test_money_of_few_people_is_theirs(buyers, enough):
    assert of_returns({WHOLE: told(buyers)}, WHOLE, K).enough is enough


def test_a_count_from_before_buyers_were_counted_waits_for_the_next():
    assert not of_returns({WHOLE: {"campaigns": {}}}, WHOLE, K).enough

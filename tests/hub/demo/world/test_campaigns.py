"""Offers go out in the first week of their months, where they make sense."""

from datetime import date, timedelta

from hub.demo.world.campaigns import CAMPAIGNS, fires
from hub.demo.world.places import BRANCHES

START = date(2023, 7, 3)


def months(branch, code):
    index = next(index for index, one in enumerate(CAMPAIGNS) if one.code == code)
    return [
        (START + timedelta(days=7 * week + 6)).month
        for week, campaign in fires(branch, START, 156)
        if campaign == index
    ]


def test_every_campaign_goes_out_once_in_each_of_its_months():
    berlin = BRANCHES["eu"][0]

    assert months(berlin, "spring-check") == [5, 5, 5]
    assert months(berlin, "we-miss-you") == [11, 1, 7, 11, 1, 7, 11, 1]  # the first July had begun before


def test_nobody_sells_winter_in_the_gulf_or_cooling_in_berlin():
    berlin, dubai = BRANCHES["eu"][0], BRANCHES["gcc"][0]

    assert months(berlin, "before-winter") == [9, 9, 9]
    assert months(dubai, "before-winter") == []
    assert months(berlin, "before-heat") == []
    assert months(dubai, "before-heat") == [2, 2, 2]

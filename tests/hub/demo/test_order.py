"""What a demo is asked for is checked before anything starts, and the mistake is named."""

import json
from datetime import date

import pytest

from hub.demo.order import (
    BYTES_ALWAYS,
    check_pace,
    check_room,
    check_seed,
    first_day,
    regions_asked,
    room_on,
    shares,
)
from hub.errors import PartDown, WrongInput

ALL = ["eu", "gcc", "apac"]


def test_regions_share_the_customers_and_none_is_lost():
    assert shares(200, ALL) == {"eu": 67, "gcc": 67, "apac": 66}
    assert sum(shares(2, ALL).values()) == 2


@pytest.mark.parametrize("count", [0, -1, -2000])
def test_no_customers_make_no_demo(count):
    with pytest.raises(WrongInput, match=f"{count} customers make no demo"):
        shares(count, ALL)


def test_regions_stand_in_the_order_of_the_configuration():
    assert regions_asked("apac, eu", ALL) == ["eu", "apac"]
    assert regions_asked(None, ["eu", "mars"]) == ["eu"]


@pytest.mark.parametrize(("asked", "there", "why"), [("mars", ALL, "no region “mars”"), (",", ALL, "No region is named"),
                                                     (None, ["mars"], "branches of the demo's chain")])  # fmt: skip
def test_a_region_that_is_not_there_is_named(asked, there, why):
    with pytest.raises(WrongInput, match=why):
        regions_asked(asked, there)


@pytest.mark.parametrize("pace", [0, -1, 5000, float("nan")])
def test_a_pace_is_above_nothing_and_no_flood(pace):
    with pytest.raises(WrongInput):
        check_pace(pace)


def test_a_seed_is_no_negative_number():
    assert check_seed(0) == 0
    with pytest.raises(WrongInput):
        check_seed(-1)


def test_a_full_disk_is_a_part_that_is_down_and_says_what_is_missing(tmp_path):
    check_room(tmp_path, 2000, room=lambda _: 10 * BYTES_ALWAYS)
    with pytest.raises(PartDown, match=r"has 1 MB free; 2,000 customers need 280 MB\. Free some"):
        check_room(tmp_path, 2000, room=lambda _: 1_000_000)


def test_room_is_asked_where_the_folder_will_be(tmp_path):
    assert room_on(tmp_path / "not" / "there" / "yet") > 0


def test_the_same_world_keeps_the_day_of_its_first_run(tmp_path):
    first = first_day(tmp_path, {"eu": 5}, 7, date(2026, 1, 1))
    again = first_day(tmp_path, {"eu": 5}, 7, date(2026, 1, 9))
    other = first_day(tmp_path, {"eu": 5}, 8, date(2026, 1, 9))

    assert (first, again, other) == (date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 9))
    assert len(json.loads((tmp_path / "demo" / "worlds.json").read_text())) == 2

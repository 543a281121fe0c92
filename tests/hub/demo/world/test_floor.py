"""A place on the floor is given once; a full day moves people to the next one."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hub.demo.world.floor import OPENS, Floor, open_floor
from hub.demo.world.places import MON_SAT, SUN_THU


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=6), st.integers(1, 3), st.integers(1, 8))
def test_no_place_is_given_twice_however_people_crowd(weeks, bays, slots):
    floor = Floor(bays, slots, np.arange(0, 400))
    wishes = [np.array(sorted(days), dtype=np.int64) + 31 * week for week, days in enumerate(weeks)]
    given_places = [place for days in wishes for place in floor.give(days).tolist()]
    spots = {(int(floor.day(one)), int(floor.slot(one)), int(floor.bay(one))) for one in map(np.int64, given_places)}

    assert len(spots) == len(given_places)
    assert given_places == sorted(given_places)


def test_who_finds_the_day_full_comes_on_the_next_working_day():
    floor = Floor(1, 2, np.array([0, 3]))

    places = floor.give(np.array([0, 0, 0]))

    assert floor.day(places).tolist() == [0, 0, 3]
    assert floor.fullness(places).tolist() == [1.0, 1.0, 0.5]


def test_nobody_comes_before_the_day_they_want():
    floor = Floor(2, 8, np.array([0, 1, 2, 5, 6]))

    assert floor.day(floor.give(np.array([3, 4, 5]))).tolist() == [5, 5, 5]


def test_working_days_are_those_of_the_region():
    monday = date(2026, 6, 29)

    assert open_floor(monday, 7, MON_SAT, 10).days.tolist() == [0, 1, 2, 3, 4, 5]
    assert open_floor(monday, 7, SUN_THU, 10).days.tolist() == [0, 1, 2, 3, 6]


def test_a_busy_branch_has_more_bays_and_the_hours_lie_within_the_day():
    small, large = (open_floor(date(2026, 6, 29), 70, MON_SAT, visits) for visits in (3, 400))

    assert (small.bays, small.slots) == (1, 2)
    assert large.bays > 5
    hours = large.hour(np.arange(large.places))
    assert (hours.min(), hours.max()) == (OPENS, OPENS + 7)

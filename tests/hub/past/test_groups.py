"""Rows are summed up by whose they are."""

import numpy as np

from hub.past.groups import Known
from pasts import a_past, of


def known(ids, **kinds):
    return Known(a_past(100, **kinds), "customer_id", np.array(ids))


def test_rows_of_others_are_left_out():
    assert known([1, 3], visits=[*of(1, 5, 6), *of(2, 7)]).rows("visits").count().tolist() == [2, 0]


def test_of_several_rows_the_one_told_last_is_the_latest():
    rows = known([1], surveys=[*of(1, 50, value=9.0), *of(1, 20, value=3.0)]).rows("surveys")

    assert (rows.last("value").tolist(), rows.first("value").tolist()) == ([9.0], [3.0])
    assert rows.least("value").tolist() == [3.0]


def test_whoever_has_no_row_has_no_value_and_a_sum_of_nothing():
    rows = known([1, 2], surveys=of(2, 50, value=8.0)).rows("surveys")

    assert np.isnan(rows.last("value")[0])
    assert rows.total("value").tolist() == [0, 8]


def test_a_missing_value_is_no_part_of_a_mean():
    rows = known([1], visits=[*of(1, 5, amount=None), *of(1, 6, amount=40)]).rows("visits")

    assert rows.mean("amount").tolist() == [40]


def test_the_latest_row_per_car_is_found():
    advice = [*of(1, 5, vehicle_id=7, amount=1), *of(1, 9, vehicle_id=7, amount=2), *of(1, 6, vehicle_id=8, amount=3)]

    assert known([1], advice=advice).rows("advice").latest("vehicle_id")["amount"].tolist() == [3, 2]


def test_a_past_without_rows_is_no_trouble():
    empty = known([]).rows("visits")

    assert (len(empty.count()), len(empty.last()), len(empty.latest("vehicle_id").place)) == (0, 0, 0)

"""A past is cut at a day, and nothing behind it can be asked for."""

import numpy as np
import pytest

from hub.past.streams import stream_of
from pasts import a_past, of


def test_what_lies_behind_the_cut_is_gone():
    past = a_past(200, visits=of(1, 10, 90, 150))

    assert past.cut(90)["visits"]["day"].tolist() == [10, 90]


def test_a_past_that_was_cut_cannot_be_asked_for_more():
    past = a_past(200, visits=of(1, 10, 150)).cut(100)

    with pytest.raises(ValueError, match="cannot look past its day"):
        past.cut(101)


def test_rows_in_any_order_give_the_same_columns():
    table = {"customer_id": [1, 2, 1], "day": [30, 10, 10], "amount": [5.0, 6.0, 7.0], "currency": ["b", "a", "b"]}
    turned = {name: values[::-1] for name, values in table.items()}

    one, other = stream_of(table, ["currency"]), stream_of(turned, ["currency"])

    assert one.words == other.words
    assert all(np.array_equal(one[name], other[name]) for name in table)


def test_a_missing_number_is_nan_and_a_missing_text_the_empty_word():
    stream = stream_of({"customer_id": [1], "day": [30], "amount": [None], "currency": [None]}, ["currency"])

    assert np.isnan(stream["amount"]).all()
    assert stream.words["currency"] == [""]

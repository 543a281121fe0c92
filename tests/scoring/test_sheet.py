"""Facts become matrices by what the rows of the fit taught, and by no others."""

import numpy as np

from scoring.sheet import Sheet

NAMES = ("visits.count", "survey.last", "cars.electric")
VALUES = np.array([[1, 9, 0], [3, np.nan, 0], [8, 2, 0], [2, 8, 0]], float)


def test_a_missing_value_is_the_middle_one_and_has_a_column():
    sheet = Sheet(NAMES).fit(VALUES)

    assert sheet.linear(VALUES).shape == (4, 4)
    assert sheet.owners.tolist() == [0, 1, 2, 1]


def test_a_column_that_never_varies_says_nothing():
    assert not Sheet(NAMES).fit(VALUES).linear(np.array([[1, 9, 1.0]]))[0, 2]


def test_its_state_is_the_whole_of_it():
    sheet = Sheet(NAMES).fit(VALUES)

    assert np.array_equal(Sheet.of(NAMES, sheet.state).linear(VALUES), sheet.linear(VALUES))

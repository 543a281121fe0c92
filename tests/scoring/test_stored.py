"""A stored model is read without running anything."""

import os
from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from hub.sdk import WrongInput
from scoring.silence import Silence
from scoring.stored import dump, load


class Strange:
    pass


def test_what_was_stored_comes_back():
    rows = np.arange(20.0)[:, None]
    model = {"names": ["a"], "line": LogisticRegression().fit(rows, rows[:, 0] > 9), "numbers": rows}

    again = load(dump(model, "a 1"), "a 1")

    assert np.array_equal(again["line"].predict(rows), model["line"].predict(rows))
    assert again["names"] == ["a"]


def test_a_type_that_we_do_not_know_is_refused():
    from skops import io

    with pytest.raises(WrongInput, match="which we do not read"):
        load(io.dumps({"model": Strange()}), "a 1")


def test_a_call_that_somebody_hid_in_a_model_is_refused():
    """scikit-learn wraps a check of its own; any other function behind the same wrapping is not run."""
    from skops import io

    hidden = io.dumps({"form": "a 1", "model": partial(os.system, "true")})

    with pytest.raises(WrongInput, match="system"):
        load(hidden, "a 1")


def test_our_own_boosting_is_among_what_we_read():
    rng = np.random.default_rng(0)
    values = rng.uniform(1, 9, size=(200, 2))
    fitted = Silence(["visits.silent_days", "survey.last"]).fit(np.arange(200), values, (values[:, 0] > 5).astype(int))

    assert load(dump(fitted.boosting_, "a 1"), "a 1").predict(values).shape == (200,)


def test_a_model_of_an_earlier_form_is_refused():
    with pytest.raises(WrongInput, match="another version of its scorer"):
        load(dump({}, "churn 1"), "churn 2")

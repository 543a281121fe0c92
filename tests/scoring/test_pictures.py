"""A picture is well-formed, tells what it shows in words, and runs nothing."""

import xml.etree.ElementTree as ET

import numpy as np

from scoring.pictures import gains, picture, reliability

CHANCE = np.linspace(0.01, 0.99, 100)
TRUTH = (CHANCE > 0.5).astype(int)


def test_it_is_svg_with_words_and_without_a_script():
    drawn = picture("Who <stays> away", CHANCE, TRUTH)
    root = ET.fromstring(drawn)  # noqa: S314 - our own text

    assert root.find("{*}title").text == "Who <stays> away"
    assert "Of 100 forecasts" in root.find("{*}desc").text
    assert "<script" not in drawn
    assert "prefers-color-scheme:dark" in drawn


def test_a_perfect_list_holds_all_in_its_first_half():
    share, held = gains(CHANCE, TRUTH)

    assert np.interp(0.5, share, held) == 1


def test_groups_are_of_equal_size():
    promised, came = reliability(CHANCE, TRUTH)

    assert len(promised) == 10
    assert came.tolist() == [0] * 5 + [1] * 5

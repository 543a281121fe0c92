"""A journey drawn: boxes that do not overlap, every step and way in it, and numbers that add up."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from journeying import CATALOGUE, CONFIG, a_journey, steps
from rules.book import load_book
from rules.journeys.layout import laid_out, spread
from rules.journeys.picture import counts_of, draw, table

JUMPING = steps("""
- {id: hello, message: {channel: mail, template: hello}}
- {id: pause, wait: {for: [{kind: visit}], up_to: 3d}, happened: [{id: came, stop: came}]}
- {id: once_more, jump: {to: hello, at_most: 3}}
- {id: last, message: {channel: mail, template: again}}
""")
SHAPES = {
    "a line": [("a", "b"), ("b", "c")],
    "a fork that joins again": [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")],
    "a short cut past two steps": [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")],
    "crossed hands": [("a", "b"), ("a", "c"), ("b", "e"), ("c", "d"), ("d", "f"), ("e", "f")],
}


@pytest.fixture(scope="module")
def book():
    return load_book(CONFIG, CATALOGUE)


@pytest.mark.parametrize("ways", SHAPES.values(), ids=SHAPES)
def test_boxes_lie_apart_and_every_way_leads_down(ways):
    names = sorted({name for way in ways for name in way})
    found = laid_out(dict.fromkeys(names, (100.0, 40.0)), ways)

    for a in names:
        for b in names:
            (ax, ay), (bx, by) = found.boxes[a], found.boxes[b]
            assert a == b or abs(ax - bx) >= 100 or abs(ay - by) >= 40
    assert all(p[1] < q[1] for points in found.ways.values() for p, q in itertools.pairwise(points))
    assert set(found.ways) == set(ways)


def test_hands_that_need_not_cross_do_not_cross():
    found = laid_out(dict.fromkeys("abcdef", (100.0, 40.0)), SHAPES["crossed hands"]).boxes

    assert (found["b"][0] < found["c"][0]) == (found["e"][0] < found["d"][0])


def test_boxes_that_want_one_place_share_the_way_between_them():
    assert spread([0, 0, 50], [1, 1, 1], [10, 10]) == [-5, 5, 50]
    assert spread([5, 0], [3, 1], [0]) == [3.75, 3.75]


def test_what_a_message_is_worth_stands_at_the_door(book):
    drawn = ET.fromstring(draw(book.journeys["winter_tyres"]))  # noqa: S314 - drawn by ourselves

    texts = ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "worth 90 EUR × 15% × 25% each" in texts
    assert "or by their score: wheel change" in texts
    assert "worth" not in draw(book.journeys["declined_brakes"])


def test_every_journey_of_the_configuration_can_be_drawn_and_names_all_its_steps(book):
    for rule in book.journeys.values():
        drawn = ET.fromstring(draw(rule))  # noqa: S314 - drawn by ourselves
        titles = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}title")]
        assert len(titles) >= len(rule.nodes) + 1
        assert draw(rule) == draw(rule)


def test_words_of_a_document_cannot_break_the_picture():
    drawn = draw(a_journey(("A journey for a test", 'A <script> & a "quote"')))

    assert "<script>" not in drawn
    ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves


def test_the_numbers_behind_it_add_up():
    rule = a_journey(JUMPING)
    log = [("hello", "put", 10), ("pause", "over", 4), ("pause", "happened", 1), ("pause", "goal", 2), ("came", "stop", 1),
           ("once_more", "again", 3), ("once_more", "enough", 1), ("last", "put", 1)]  # fmt: skip
    counts = counts_of(rule, log, here={"pause": 3}, entered=7, ended={"goal": 2, "done": 1, "came": 1})

    rows = {row[0]: row[3:] for row in table(rule, counts)}

    assert rows["pause"] == (10, 3, "4 over, 1 happened, 2 goal")
    drawn = draw(rule, counts)
    assert all(one in drawn for one in ("3 here · 2 to the goal", "over 4 · 40%", "again 3"))

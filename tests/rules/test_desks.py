"""Desks: read with every mistake at its place, found for a customer, and choosing who gets what waits."""

import jsonschema
import pytest

from rules.desk_schema import desk_schema
from rules.desks import FRONT, Candidate, DeskRule, choose, desk_for, load_desks, read_desk
from rules.documents import plain
from rules.errors import RuleError
from rules.parse import read_text

GOOD = """desk: north
title: Northern branches
region: eu
serves: {branch: [kiel], language: [de, "no"]}
calendar: workshop_eu
promises: {first: 10, next: 20, resolution: 600}
assign: [language, load]
capacity: 2
grace: 90
pauses: {parts: 600}
replies: {on_it: {de: Ich bin dran., en: I am on it.}, thanks: {en: Thank you!}}
"""
CALENDARS, REGIONS = ("always", "workshop_eu"), ("eu", "gcc")


def reading(text):
    return read_desk(read_text(text.encode(), "north.yaml"), CALENDARS, REGIONS)


def test_a_desk_is_read_as_it_is_written():
    desk = reading(GOOD)

    assert (desk.name, desk.capacity, desk.grace, desk.assign) == ("north", 2, 90, ("language", "load"))
    assert desk.serves == {"branch": {"kiel"}, "language": {"de", "no"}}
    assert (desk.promises["next"], desk.pauses) == (20, {"parts": 600})
    assert desk.replies_in("de") == {"on_it": "Ich bin dran."}
    assert (list(desk.replies_in("en")), desk.replies_in("th")) == (["on_it", "thanks"], {})
    jsonschema.validate(plain(read_text(GOOD.encode(), "north.yaml").top), desk_schema())


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("calendar: workshop_eu", "calendar: workshop", 5, "workshop_eu"),
        ("region: eu", "region: mars", 3, "mars"),
        ("first: 10, ", "", 6, "first"),
        ("first: 10", "first: 1.5", 6, "whole number"),
        ("assign: [language, load]", "assign: [language, luck]", 7, "luck"),
        ("assign: [language, load]", "assign: [load, load]", 7, "once"),
        ("capacity: 2", "capacity: 0", 8, "whole number"),
        ("pauses: {parts: 600}", "pauses: {weather: 600}", 10, "weather"),
        ("serves: {branch: [kiel]", "serves: {brunch: [kiel]", 4, "branch"),
        ('language: [de, "no"]', "language: [de, 5]", 4, "words"),
        ("title: Northern branches", "titel: Northern branches", 2, "title"),
        ("desk: north", "desk: North Desk", 1, "no name"),
        ("on_it: {", "On it: {", 11, "no name"),
        ("en: I am on it.", "fr: Je regarde.", 11, "fr"),
        ("en: I am on it.", "en: 5", 11, "is words"),
        ("{en: Thank you!}", "Thank you!", 11, "by language"),
        ("en: Thank you!", "en: " + "x" * 4001, 11, "4,000 is the most"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(old, new, line, word):
    with pytest.raises(RuleError) as found:
        reading(GOOD.replace(old, new))

    assert f"north.yaml:{line}:" in str(found.value)
    assert word in str(found.value)


def test_somebody_must_serve_whoever_fits_no_other_desk(tmp_path):
    (tmp_path / "north.yaml").write_text(GOOD)
    with pytest.raises(RuleError, match="No desk serves everybody in eu"):
        load_desks(tmp_path, CALENDARS, ("eu",))
    (tmp_path / "rest.yaml").write_text(
        "desk: rest\ntitle: All others\ncalendar: always\npromises: {first: 1, next: 1, resolution: 1}\n"
    )

    desks = load_desks(tmp_path, CALENDARS, REGIONS)

    assert desk_for(desks, "eu", "kiel", "de").name == "north"
    assert [desk_for(desks, "eu", "kiel", "en").name, desk_for(desks, "gcc", "kiel", "de").name] == ["rest", "rest"]
    assert desk_for((), "eu", None, "de") == FRONT


JONAS = Candidate(1, None, ("de",), 0, own=False)
MIRA = Candidate(2, "kiel", ("ar", "de"), 2, own=False)
OLGA = Candidate(3, None, ("en",), 1, own=True)


@pytest.mark.parametrize(
    ("assign", "language", "chosen", "by"),
    [
        (("own_advisor", "load"), "de", 3, "own_advisor"),
        (("language", "load"), "ar", 2, "language"),
        (("language", "load"), "de", 1, "load"),
        (("branch", "load"), "de", 2, "branch"),
        (("load",), "de", 1, "load"),
    ],
)
def test_the_first_preference_that_makes_a_difference_decides_and_is_told(assign, language, chosen, by):
    choice = choose(DeskRule("d", assign=assign), "kiel", language, [JONAS, MIRA, OLGA])

    assert (choice.chosen, choice.by) == (chosen, by)
    assert [one["id"] for one in choice.told] == [1, 2, 3]


def test_nobody_is_asked_beyond_capacity_or_for_another_branch():
    choice = choose(DeskRule("d", capacity=1), "wien", "de", [MIRA, OLGA])

    assert (choice.chosen, choice.by) == (None, "nobody")
    assert [one["out"] for one in choice.told] == ["another branch", "busy"]
    assert choose(DeskRule("d"), "wien", "de", [OLGA]).by == "alone"

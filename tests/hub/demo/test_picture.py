"""The picture of the README is drawn from the world as it is."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from hub.demo.picture import draw, seasons, staying
from hub.demo.world.truth import default_worlds
from worlds import books_of

PICTURE = Path(__file__).parents[3] / "hub" / "demo" / "picture.svg"


def test_the_picture_in_the_house_is_the_one_that_would_be_drawn_today():
    assert PICTURE.read_text(encoding="utf-8") == draw(default_worlds())


def test_the_picture_is_well_formed_and_knows_the_dark():
    root = ET.fromstring(PICTURE.read_text(encoding="utf-8"))  # noqa: S314 - our own file

    assert root.attrib["aria-label"]
    assert "prefers-color-scheme: dark" in PICTURE.read_text(encoding="utf-8")


def test_nothing_is_drawn_outside_the_picture():
    text = PICTURE.read_text(encoding="utf-8")
    _, _, width, height = map(float, re.search('viewBox="([^"]+)"', text)[1].split())
    points = [
        tuple(map(float, pair.split(","))) for line in re.findall('points="([^"]+)"', text) for pair in line.split()
    ]

    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_seasons_and_leavers_are_seen():
    wheels, cooling, service = seasons([*books_of("eu", 600), *books_of("gcc", 600)]).curves
    happy, cross = staying(books_of("eu", 2400)).curves

    assert sum(wheels.values[month] for month in (2, 3, 9, 10)) > 80
    assert sum(cooling.values[month] for month in (2, 3, 4)) > 80
    assert max(service.values) < 15
    assert happy.values[12] > cross.values[12] + 10

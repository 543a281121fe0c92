"""A garage owner would believe the numbers: each lies within its target, and none is left out."""

from functools import cache

import pytest

from hub.demo.describe import RATIOS, description, measure
from hub.demo.world.books import make_world
from hub.demo.world.causes import CAUSES, Causes
from worlds import TODAY, all_books, books_of

MANY = 2400


@cache
def measures():
    return {one.name: one for one in measure(all_books(MANY))}


@pytest.mark.parametrize("name", RATIOS)
def test_every_distribution_lies_within_its_target(name):
    one = measures()[name]

    assert one.fits, f"{one.name}: {one.value} is not from {one.low} to {one.high} {one.unit}"


def test_a_garage_where_most_visits_are_botched_is_outside():
    botched = Causes(botched=0.9)
    found = {one.name: one for one in measure(make_world("eu", 300, TODAY, 7, botched))}

    assert not found["nps"].fits
    assert found["nps"].value < 0


def test_the_description_names_every_cause_and_every_distribution():
    found = description(books_of("eu"))

    assert len(found["causes"]) == len(vars(CAUSES))
    assert [one["name"] for one in found["distributions"]] == list(RATIOS)


def test_a_world_of_one_customer_is_described_without_a_division_by_nothing():
    values = {one.name: one.value for one in measure(make_world("gcc", 1, TODAY, 7))}

    assert values["wheels in season"] is None
    assert values["cars"] is not None

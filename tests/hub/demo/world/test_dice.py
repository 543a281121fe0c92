"""Streams hang on the seed and a name, and on nothing else; the world needs no database."""

import subprocess
import sys

import numpy as np

from hub.demo.world.books import make_world
from hub.demo.world.dice import pick, stream
from worlds import TODAY, books_of


def test_a_stream_is_the_same_for_its_name_and_another_for_another():
    first, again, other = (stream(7, *names).random(5).tolist() for names in (("a", "b"), ("a", "b"), ("a", "c")))

    assert first == again
    assert first != other


def test_a_region_is_the_same_whatever_stands_beside_it():
    alone = [books.people.name(one) for books in books_of("apac") for one in range(books.people.count)]
    list(make_world("eu", 30, TODAY, 7))
    beside = [books.people.name(one) for books in make_world("apac", 60, TODAY, 7) for one in range(books.people.count)]

    assert alone == beside


def test_shares_are_met():
    counts = np.bincount(pick(stream(7, "x"), [1, 3], 10_000), minlength=2)

    assert 0.23 < counts[0] / 10_000 < 0.27


def test_the_world_is_pure():
    code = "import sys, hub.demo.world.truth; print(sorted({'sqlalchemy', 'flask', 'redis', 'requests'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"

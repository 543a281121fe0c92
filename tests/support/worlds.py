"""Small demo worlds, made once per test run: they are pure and nobody changes them."""

from datetime import date
from functools import cache

from hub.demo.world.books import Books, make_world

TODAY = date(2026, 6, 30)
REGIONS = ("eu", "gcc", "apac")


@cache
def books_of(region: str, count: int = 60, seed: int = 7) -> tuple[Books, ...]:
    return tuple(make_world(region, count, TODAY, seed))


def all_books(count: int = 60) -> tuple[Books, ...]:
    return tuple(books for region in REGIONS for books in books_of(region, count))

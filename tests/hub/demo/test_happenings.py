"""Beside visits the demo's life brings what journeys begin with, in rows that the shop takes."""

from datetime import UTC, datetime
from itertools import islice
from random import Random

from hub.demo.happenings import KINDS, happenings
from hub.sdk import Bounds
from hub.sdk.row_checks import check
from worlds import books_of

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def told(region, count=60):
    return [row for one in islice(happenings(books_of(region), Random(1)), count) for row in one(NOW)]


def test_each_kind_comes_soon_and_in_rows_that_the_shop_takes_under_keys_of_their_own():
    rows = told("eu")
    branches = {books.branch.code for books in books_of("eu")}

    assert {row["type"] for row in rows[:6]} == {"survey", "part_arrival", "appointment", "vehicle", "frost_warning"}
    assert [refused for row in rows if (refused := check(row["type"], row, Bounds(branches, (), NOW))[1])] == []
    cars = [row for row in rows if row["type"] == "vehicle"]
    assert len({(row["type"], row["key"]) for row in rows if row not in cars}) == len(rows) - len(cars)
    assert len(rows) == 60
    assert len(KINDS) == 5


def test_a_car_that_is_sold_has_somebody_new_and_nobody_knows_frost_in_the_gulf():
    owners = {row["key"]: row["customer"] for books in books_of("gcc") for row in cars_of(books)}
    rows = told("gcc")

    sold = [row for row in rows if row["type"] == "vehicle"]
    assert sold
    assert all(row["customer"] != owners[row["key"]] for row in sold)
    assert "frost_warning" not in {row["type"] for row in rows}


def cars_of(books):
    from hub.demo.rows import Pen

    return [
        Pen(books).vehicle(row) for row in range(len(books.ownerships["car"])) if books.ownerships["until"][row] < 0
    ]

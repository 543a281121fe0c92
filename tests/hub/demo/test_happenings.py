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

    soon = {row["type"] for row in rows[:24]}
    assert soon >= {
        "survey",
        "part_arrival",
        "appointment",
        "vehicle",
        "frost_warning",
        "customer",
        "visit",
        "recommendation",
    }
    assert [refused for row in rows if (refused := check(row["type"], row, Bounds(branches, (), NOW))[1])] == []
    known = [row for row in rows if row["type"] in {"vehicle", "customer"}]
    assert len({(row["type"], row["key"]) for row in rows if row not in known}) == len(rows) - len(known)
    assert len(KINDS) == 8


def test_somebody_nobody_knew_comes_for_the_first_time_and_a_fleets_car_stays():
    rows = told("eu")
    known = {books.people.number(one) for books in books_of("eu") for one in range(books.people.count)}

    newcomers = {row["key"] for row in rows if row["type"] == "customer"}
    assert newcomers
    assert not newcomers & known
    visits = [row for row in rows if row["type"] == "visit"]
    assert {row["customer"] for row in visits} >= newcomers
    stays = [row for row in visits if "closed_at" not in row]
    fleets = {books.people.number(one) for books in books_of("eu") for one in range(books.people.count)
              if books.people.fleet[one] >= 0}  # fmt: skip
    assert stays
    assert {row["customer"] for row in stays} <= fleets


def test_a_car_that_is_sold_has_somebody_new_and_nobody_knows_frost_in_the_gulf():
    owners = {row["key"]: row["customer"] for books in books_of("gcc") for row in cars_of(books)}
    rows = told("gcc")

    sold = [row for row in rows if row["type"] == "vehicle" and row["key"] in owners]
    assert sold
    assert all(row["customer"] != owners[row["key"]] for row in sold)
    assert "frost_warning" not in {row["type"] for row in rows}


def cars_of(books):
    from hub.demo.rows import Pen

    return [
        Pen(books).vehicle(row) for row in range(len(books.ownerships["car"])) if books.ownerships["until"][row] < 0
    ]

"""Estimates of the demo: what was declined lately, for who has the car today, the same for the same seed."""

import json
from datetime import UTC, datetime

from hub.demo.offering import OPEN, estimates_of
from hub.demo.rows import Pen
from hub.demo.world.books import make_world
from hub.sdk import Bounds
from hub.sdk.row_checks import check
from worlds import REGIONS, TODAY, all_books, books_of

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def advice_of(books):
    """The garage's advice that was declined: key -> who declined it, and for how much."""
    pen = Pen(books)
    rows = [row for visit in pen.findings for row in pen.visit(visit) if row["type"] == "recommendation"]
    return {row["key"]: (row["customer"], row["amount_minor"]) for row in rows if row["state"] == "declined"}


def test_every_branch_offers_what_was_declined_at_the_price_that_was_named():
    for books in all_books():
        estimates, declined = estimates_of(books, ""), advice_of(books)

        assert 0 < len(estimates) <= OPEN
        for row in estimates:
            said = {(row["customer"], line["price_minor"]) for line in row["lines"]}
            assert said == {declined[line["recommendation"]] for line in row["lines"]}
            bounds = Bounds({books.branch.code}, (), NOW)
            assert check("estimate", json.loads(json.dumps(row)), bounds)[1] == []


def test_whoever_is_shown_has_theirs_first_and_no_car_has_two():
    books = books_of("eu")[0]
    star = estimates_of(books, "")[-1]["customer"]

    rows = estimates_of(books, star)

    assert rows[0]["customer"] == star
    assert len({row["vehicle"] for row in rows}) == len(rows)


def test_the_same_seed_offers_the_same():
    for region in REGIONS:
        again = next(make_world(region, 60, TODAY, 7))

        assert estimates_of(again, "") == estimates_of(books_of(region)[0], "")

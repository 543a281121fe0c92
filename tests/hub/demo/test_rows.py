"""Every row of a branch is one that the shop's door takes, and the same seed writes the same bytes."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from hub.demo.history import history, month, write_rows
from hub.demo.life import RECENT
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS, make_world
from hub.sdk import Bounds
from hub.sdk.row_checks import check
from worlds import TODAY, all_books, books_of

NOW = datetime(2026, 6, 30, 18, tzinfo=UTC)
AGAIN = {"vehicle", "offer", "referral"}  # told once more when something has become of them


def rows_of(books, until=DAYS - RECENT, now=NOW):
    return list(history(Pen(books), until, now))


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_every_row_comes_in_by_the_shops_door(books):
    days = [row for day in month(Pen(books), DAYS - RECENT, NOW) for row in day]
    refused = [(row["type"], refusals) for row in (*rows_of(books), *days)
               if (refusals := check(row["type"], json.loads(json.dumps(row)), Bounds({books.branch.code}, (), NOW))[1])]  # fmt: skip

    assert refused == []


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_history_and_month_together_tell_everything_once(books):
    told = Counter((row["type"], row["key"]) for row in rows_of(books))
    told.update((row["type"], row["key"]) for day in month(Pen(books), DAYS - RECENT, NOW) for row in day)

    assert {key: count for (kind, key), count in told.items() if count > 1 and kind not in AGAIN} == {}
    kinds = Counter(kind for kind, _ in told)
    assert kinds["visit"] == kinds["invoice"] == (books.visits["day"] < DAYS).sum()
    assert kinds["survey"] == len(books.surveys["day"])
    assert kinds["complaint"] == len(books.complaints["day"])
    assert kinds["consent"] == len(books.consents["day"]) + len(books.agreements["day"])
    assert kinds["offer"] == len(books.contacts["day"])
    assert kinds["referral"] == (books.people.referrer >= 0).sum()
    assert kinds["customer"] == (books.people.joined < DAYS).sum()


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_nobody_owns_a_car_before_it_was_registered(books):
    cars = [row for row in rows_of(books, DAYS) if row["type"] == "vehicle"]

    assert cars
    assert [row for row in cars if row["owned_since"] < row["first_registered"]] == []


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name, books in (("one", books_of("gcc")[0]), ("two", next(make_world("gcc", 60, TODAY, 7)))):
        write_rows(tmp_path / name, history(Pen(books), DAYS, NOW))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_customers_rows_stand_together_so_that_nobody_is_judged_by_half_a_history():
    owners = [
        row.get("customer", row["key"])
        for row in rows_of(books_of("eu")[0])
        if row["type"] not in {"branch", "slot", "vehicle", "referral"}
    ]
    turns = 1 + sum(one != other for one, other in pairwise(owners))

    assert turns == len(set(owners))


def test_lines_are_told_without_tax_and_add_up_to_the_net_of_their_invoice():
    for books in all_books():
        rows = rows_of(books)
        sums = {row["key"]: sum(line["price_minor"] for line in row["lines"]) for row in rows if row["type"] == "visit"}
        billed = {row["visit"]: row["net_minor"] for row in rows if row["type"] == "invoice"}
        assert sums == billed
        assert {
            row["net_minor"] + row["tax_minor"] - row["total_minor"] for row in rows if row["type"] == "invoice"
        } == {0}


def test_an_offer_that_was_used_is_a_credit_on_the_bill_under_its_own_code():
    books = books_of("eu", 600)[0]
    rows = rows_of(books, DAYS)
    used = {row["visit"]: row for row in rows if row["type"] == "offer" and "visit" in row}
    credits = {
        row["key"]: line for row in rows if row["type"] == "visit" for line in row["lines"] if line["kind"] == "credit"
    }
    before = {row["key"]: sum(line["price_minor"] for line in row["lines"] if line["kind"] != "credit")
              for row in rows if row["type"] == "visit"}  # fmt: skip

    assert len(credits) > 20
    assert {visit: line["code"] for visit, line in credits.items()} == {
        visit: row["code"] for visit, row in used.items()
    }
    for visit, line in credits.items():
        assert -line["price_minor"] == pytest.approx(before[visit] * used[visit]["percent"] / 100, abs=1)


def test_what_was_booked_for_a_day_that_has_passed_is_no_longer_booked():
    books = books_of("eu", 600)[0]
    later = datetime(2026, 9, 30, tzinfo=UTC)

    assert "booked" in {row["state"] for row in rows_of(books) if row["type"] == "appointment"}
    assert "booked" not in {row["state"] for row in rows_of(books, now=later) if row["type"] == "appointment"}


def test_every_booking_ahead_has_its_slot():
    for books in all_books():
        rows = rows_of(books)
        slots = {(row["bay"], row["starts_at"]) for row in rows if row["type"] == "slot"}
        ahead = [
            (row["bay"], row["starts_at"]) for row in rows if row["type"] == "appointment" and row["state"] == "booked"
        ]
        assert set(ahead) <= slots
        assert len(set(ahead)) == len(ahead)


def test_people_can_be_told_apart_as_fictional():
    for books in all_books():
        for row in rows_of(books):
            if row["type"] == "customer":
                assert row["email"].endswith("@example.org")
                assert row["phone"].startswith(books.branch.phones[0])
                assert row["residence"] == books.branch.country


def test_names_fit_the_region():
    scripts = {region: Counter(books.people.tongue_of(one).script for books in books_of(region)
                               for one in range(books.people.count)) for region in ("eu", "gcc", "apac")}  # fmt: skip

    assert set(scripts["eu"]) == {"Latn"}
    assert scripts["gcc"].most_common(1)[0][0] == "Arab"
    assert scripts["apac"]["Thai"] > 10


def test_members_of_a_household_share_name_and_address():
    books = books_of("eu")[0]
    homes = Counter(books.people.household.tolist())
    home = next(one for one, count in homes.items() if count > 1)
    members = [one for one in range(books.people.count) if books.people.household[one] == home]

    assert len({books.people.address(one) for one in members}) == 1
    assert len({books.people.name(one).split()[-1] for one in members}) == 1

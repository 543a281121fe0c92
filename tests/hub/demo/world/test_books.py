"""The books of a branch hold together: no place given twice, no kilometre lost, sums that add up."""

from itertools import pairwise

import numpy as np
import pytest

from hub.demo.world import jobs
from hub.demo.world.books import BOOKED_AHEAD, DAYS, ITEMS, STATES, TIERS, make_world, split
from worlds import TODAY, all_books, books_of


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_no_bay_is_booked_twice_for_the_same_hour(books):
    visits = {
        (day, hour, bay)
        for day, hour, bay in zip(*(books.visits[name].tolist() for name in ("day", "hour", "bay")), strict=True)
    }
    book = books.appointments
    booked = list(zip(book["day"].tolist(), book["hour"].tolist(), book["bay"].tolist(), strict=True))

    assert len(visits) == len(books.visits["day"])
    assert len(set(booked)) == len(booked)


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_an_odometer_never_runs_backwards(books):
    order = np.lexsort((books.visits["day"], books.visits["car"]))
    readings = list(zip(books.visits["car"][order].tolist(), books.visits["odometer"][order].tolist(), strict=True))

    assert all(km >= before for (one, before), (other, km) in pairwise(readings) if one == other)
    assert min(km for _, km in readings) >= 0


@pytest.mark.parametrize("books", all_books(), ids=lambda books: books.branch.code)
def test_garages_work_on_their_working_days_only(books):
    worked = {books.day(day).weekday() for day in books.appointments["day"].tolist()}

    assert worked <= books.branch.workdays


def test_a_visit_costs_what_its_lines_add_up_to():
    books = books_of("gcc")[0]
    for visit, amount in enumerate(books.visits["amount"].tolist()):
        lines = books.lines["visit"] == visit
        assert books.lines["amount"][lines].sum() == amount
        assert amount > 0
        sold = (books.findings["visit"] == visit) & books.findings["sold"]
        extra = sum(len(jobs.DEFECTS[one].lines) for one in books.findings["defect"][sold].tolist())
        assert lines.sum() == len(jobs.JOBS[books.visits["reason"][visit]].lines) + extra
    assert set(books.lines["item"].tolist()) <= set(range(len(ITEMS)))


def test_points_earned_less_points_spent_are_the_balance():
    for books in all_books():
        ledger = books.ledger
        balance = {}
        for owner, points, after in zip(
            *(ledger[name].tolist() for name in ("owner", "points", "balance")), strict=True
        ):
            balance[owner] = balance.get(owner, 0) + points
            assert balance[owner] == after >= 0
        assert books.people.member[sorted(balance)].all()
        assert set(books.tiers()) <= {name for _, name in TIERS}


def test_nothing_was_told_after_today_but_the_appointments_that_stand_in_the_book():
    for books in all_books():
        for table in (books.surveys, books.complaints, books.contacts, books.consents, books.ledger):
            assert table["day"].max(initial=0) < DAYS
        ahead = books.appointments["day"] >= DAYS
        assert {STATES[one] for one in books.appointments["state"][ahead].tolist()} <= {"booked"}
        assert books.appointments["day"].max() < DAYS + BOOKED_AHEAD
        assert books.day(DAYS - 1) == TODAY


def test_a_car_belongs_to_one_customer_at_a_time():
    for books in all_books():
        owned = books.ownerships
        for car in range(books.cars.count):
            mine = owned["car"] == car
            ends = np.where(owned["until"][mine] < 0, DAYS * 2, owned["until"][mine]).tolist()
            spans = sorted(zip(owned["since"][mine].tolist(), ends, strict=True))
            assert all(until <= since for (_, until), (since, _) in pairwise(spans))


def test_some_cars_stay_with_the_garage_when_they_are_sold():
    owners = [len(books.ownerships["car"]) - len(set(books.ownerships["car"].tolist())) for books in all_books(600)]

    assert sum(owners) > 10


def test_every_customer_has_a_branch_and_none_is_lost():
    assert [sum(split(count)) for count in range(1, 40)] == list(range(1, 40))
    assert sum(books.people.count for books in books_of("apac", 61)) == 61


def test_one_customer_makes_a_world_too():
    (books,) = make_world("eu", 1, TODAY, seed=3)

    assert books.people.number(0) == "EU-1000001"
    assert len(books.visits["day"]) >= 0


def test_another_seed_makes_another_world():
    first, other = books_of("eu", 60, 7)[0], books_of("eu", 60, 8)[0]

    assert [first.people.name(one) for one in range(20)] != [other.people.name(one) for one in range(20)]

"""The causes work: what is declined comes back, and anger makes people leave."""

import numpy as np
import pytest

from hub.demo.world import jobs
from hub.demo.world.books import DAYS
from hub.demo.world.causes import CAUSES, told
from hub.demo.world.state import ANYWAY, LEAVE, NEVER, PESTERED, SCORE, SHOCK, WAIT
from worlds import all_books

MANY = 2400


def test_declined_brake_work_comes_back_as_a_breakdown_more_often_than_work_that_was_done():
    returned = {True: [0, 0], False: [0, 0]}
    for books in all_books(MANY):
        brakes = books.findings["defect"] == jobs.BRAKES
        day = books.visits["day"][books.findings["visit"]]
        broke = books.visits["reason"] == jobs.BREAKDOWN
        found = zip(
            books.findings["car"][brakes].tolist(),
            day[brakes].tolist(),
            books.findings["sold"][brakes].tolist(),
            strict=True,
        )
        for car, at, sold in found:
            later = books.visits["day"][broke & (books.visits["car"] == car)]
            returned[sold][0] += bool(((later > at) & (later <= at + 365)).any())
            returned[sold][1] += 1
    share = {sold: hits / cases for sold, (hits, cases) in returned.items()}

    assert share[False] > 2 * share[True] > 0


def test_the_brakes_of_a_breakdown_that_came_from_them_are_mended():
    for books in all_books():
        for visit in np.flatnonzero(books.visits["from_brakes"]).tolist():
            mended = (books.findings["visit"] == visit) & (books.findings["defect"] == jobs.BRAKES)
            assert books.findings["sold"][mended].all()
            assert mended.any()


@pytest.mark.parametrize(("felt", "more"), [("low", True), ("high", False)])
def test_who_felt_a_visit_to_be_bad_leaves_within_half_a_year_more_often(felt, more):
    left, cases = 0, 0
    usual_left, usual = 0, 0
    for books in all_books(MANY):
        inside = (books.visits["day"] < DAYS - 182) & (books.people.fleet[books.visits["owner"]] < 0)
        week = books.visits["day"] // 7
        goes = books.run.left[books.visits["owner"]] - week
        leaves = (goes >= 0) & (goes <= 26)
        which = inside & (books.visits["felt"] <= 6 if felt == "low" else books.visits["felt"] >= 9)
        left, cases = left + int(leaves[which].sum()), cases + int(which.sum())
        usual_left, usual = usual_left + int(leaves[inside].sum()), usual + int(inside.sum())

    assert (left / cases > 1.5 * usual_left / usual) is more


def test_people_leave_for_every_cause_there_is():
    reasons = np.concatenate([books.run.left_for[books.run.left != NEVER] for books in all_books(MANY)])
    counts = np.bincount(reasons, minlength=len(LEAVE))

    assert (counts > 0).all()
    assert counts[ANYWAY] == counts.max()
    assert min(counts[SCORE], counts[SHOCK], counts[WAIT]) > 20
    assert counts[PESTERED] > 5


def test_nobody_comes_after_having_left_and_drivers_of_fleets_do_not_leave():
    for books in all_books():
        assert (books.run.left[books.people.fleet >= 0] == NEVER).all()
        week = books.run.left[books.visits["owner"]]
        slack = 3 * 7  # a full floor moves the last visit back
        assert (books.visits["day"] <= (week + 1) * 7 + slack).all()


def test_offers_bring_the_persuadable_and_drive_the_annoyed_away():
    from hub.demo.world.people import ANNOYED, PERSUADABLE

    came: dict[tuple[bool, bool], list[float]] = {}
    for books in all_books(MANY):
        kind = books.people.kind[books.contacts["person"]]
        for persuadable in (True, False):
            for sent in (True, False):
                which = (kind == PERSUADABLE) == persuadable
                which &= books.contacts["sent"] == sent
                came.setdefault((persuadable, sent), []).extend(books.contacts["redeemed"][which].tolist())
        pestered = books.run.left_for == PESTERED
        assert (books.people.kind[pestered] == ANNOYED).all()
    rate = {case: float(np.mean(values)) for case, values in came.items()}

    assert rate[True, True] > 1.3 * rate[True, False]
    assert rate[False, True] == pytest.approx(rate[False, False], rel=0.35)


def test_every_cause_says_what_it_does_and_has_a_size():
    rows = list(told(CAUSES))

    assert all(unit and says for _, _, unit, says in rows)
    assert all(value for _, value, _, _ in rows)

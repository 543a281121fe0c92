"""The scorer of needs: what a car will ask for, judged against what is popular, and never what was just done."""

from datetime import timedelta

import pytest

from hub.past.streams import day_number
from hub.sdk import WrongInput
from lives import TODAY, a_reader, some_lives
from scoring.need_rows import COLUMNS, need_rows
from scoring.needs import HORIZON, JUST_DONE, CarNeed


def silent(step: int, steps: int) -> None:
    assert 0 < step <= steps


@pytest.fixture(scope="module")
def trained():
    return CarNeed().train(a_reader(some_lives()), TODAY, 0, silent)


def test_lists_are_measured_at_several_lengths_beside_the_lot(trained):
    told = trained.card["precision_at"]

    assert set(told) == {"10", "25", "50", "100"}
    assert all(
        0 <= one["by_lot"] <= 1 and one["interval"][0] <= one["precision"] <= one["interval"][1]
        for one in told.values()
    )
    assert told["10"]["precision"] > told["10"]["by_lot"]


def test_a_verdict_stands_on_the_gain_over_popularity(trained):
    metrics = trained.card["metrics"]

    assert trained.card["worth"] == ("better" in trained.card["verdict"])
    assert 0 < metrics["recall_3_of_popularity"] <= 1


def test_what_cars_ask_for_at_another_time_of_year_is_popular_but_not_in_this_season():
    lives, end = {**some_lives(), "advice": []}, day_number(TODAY)
    owned = [(one["customer_id"], one["vehicle_id"]) for one in lives["owned"]]
    lives["works"] = [
        {
            "customer_id": customer,
            "vehicle_id": car,
            "visit_id": customer + ago * 1000,
            "service": service,
            "day": end - ago,
        }
        for customer, car in owned
        for service, ago in (("cooling", 100), ("tyres", 300))
    ]

    rows = need_rows(a_reader(lives), TODAY, HORIZON, answers=False)

    assert rows.column("popular among its like")[:2].tolist() == [1, 1]
    assert rows.column("popular in season")[:2].tolist() == [0, 1]


def test_a_champion_that_learned_from_the_same_days_is_not_asked_about_them(trained):
    again = CarNeed().train(a_reader(some_lives()), TODAY, 0, silent, trained.model)

    assert again.card["against_champion"] is None


def test_an_old_champion_is_judged_on_the_same_rows():
    before = TODAY - timedelta(days=100)
    old = CarNeed().train(a_reader(some_lives(), before), before, 0, silent)

    against = CarNeed().train(a_reader(some_lives()), TODAY, 0, silent, old.model).card["against_champion"]

    assert set(against) == {"auc", "ap", "brier"}


def test_what_was_just_done_is_not_proposed(trained):
    facts = a_reader(some_lives())
    rows = need_rows(facts, TODAY, HORIZON, answers=False)
    fresh = {
        (int(rows.vehicles[at // len(rows.services)]), rows.services[at % len(rows.services)])
        for at, days in enumerate(rows.column("done_days"))
        if days < JUST_DONE
    }

    given = {(one.vehicle_id, one.service) for one in CarNeed().score(trained.model, facts, TODAY)}

    assert fresh
    assert not fresh & given


def test_every_need_says_what_speaks_for_it(trained):
    given = list(CarNeed().score(trained.model, a_reader(some_lives()), TODAY))

    assert given
    assert all(one.reasons and one.low <= one.value <= one.high and one.customer_id for one in given)
    assert any(why.startswith("done_due=") for one in given for why in one.reasons)


def test_a_service_that_the_model_never_saw_is_left_out(trained):
    lives = some_lives()
    lives["works"].append({**lives["works"][0], "service": "polish", "day": lives["visits"][0]["day"]})

    assert "polish" not in {one.service for one in CarNeed().score(trained.model, a_reader(lives), TODAY)}


def test_where_hardly_anything_was_done_nothing_is_learned():
    lives = some_lives()
    few = {**lives, "works": lives["works"][:3]}

    with pytest.raises(WrongInput, match="services were done"):
        CarNeed().train(a_reader(few), TODAY, 0, silent)


def test_a_row_knows_its_own_answer_only_where_the_window_is_over():
    facts = a_reader(some_lives())

    assert need_rows(facts, TODAY - timedelta(days=HORIZON), HORIZON, answers=True).done.size
    with pytest.raises(ValueError, match="cannot look past its day"):
        need_rows(facts, TODAY, HORIZON, answers=True)
    assert need_rows(facts, TODAY, HORIZON, answers=False).values.shape[1] == len(COLUMNS)

"""The scorer of churn: learns what can be told, refuses what cannot, sees nothing later, says why."""

from datetime import timedelta

import numpy as np
import pytest

from hub.sdk import WrongInput
from lives import TODAY, a_reader, some_lives
from scoring.churn import Churn, reason
from scoring.churn_trial import Snapshots
from scoring.snapshots import Snapshot


def silent(step: int, steps: int) -> None:
    assert 0 < step <= steps


@pytest.fixture(scope="module")
def trained():
    return Churn().train(a_reader(some_lives()), TODAY, 0, silent)


def test_what_can_be_told_is_told_better_than_by_recency(trained):
    card = trained.card

    assert card["worth"]
    assert card["metrics"]["auc_interval"][0] > 0.6
    assert len(card["origins"]) == 4
    assert card["against_floor"]["brier"]["gain"] > 0


def test_the_card_tells_the_coverage_of_each_outcome(trained):
    told = trained.card["sets"]

    assert set(told["covered"]) == {"0", "1"}
    assert min(told["covered"].values()) > 0.75
    assert 0 < told["single"] <= 1


def test_where_there_is_no_signal_recency_is_said_to_be_enough_or_nothing_is_claimed():
    card = Churn().train(a_reader(some_lives(signal=False)), TODAY, 0, silent).card

    assert card["metrics"]["auc"] < 0.8
    assert card["worth"] or card["verdict"].startswith("recency is enough")


def test_every_window_that_was_learned_from_was_over(trained):
    latest = (TODAY - timedelta(days=Churn().horizon)).isoformat()

    assert max([*trained.card["learned_from"], *trained.card["origins"]]) <= latest


def test_rows_of_later_days_change_nothing(trained):
    lives = some_lives()
    tempting = {**lives, "visits": [*lives["visits"], {**lives["visits"][0], "day": lives["visits"][0]["day"] + 5000}]}

    again = Churn().train(a_reader(tempting), TODAY, 0, silent)

    assert again.card == trained.card


def test_rows_in_another_order_give_the_same_answers(trained):
    lives = {kind: rows[::-1] for kind, rows in some_lives().items()}

    again = Churn().train(a_reader(lives), TODAY, 0, silent)

    assert again.card == trained.card
    assert list(Churn().score(again.model, a_reader(lives), TODAY)) == list(
        Churn().score(trained.model, a_reader(some_lives()), TODAY)
    )


def test_scores_have_a_band_their_support_and_up_to_three_reasons(trained):
    given = list(Churn().score(trained.model, a_reader(some_lives()), TODAY))

    assert 200 < len(given) <= 300
    assert [one.customer_id for one in given] == sorted(one.customer_id for one in given)
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in given)
    assert all(one.support >= 1 and 1 <= len(one.reasons) <= 3 for one in given)


def test_whoever_came_once_and_lately_is_not_judged(trained):
    lives = some_lives()
    newcomer = {
        **lives["visits"][0],
        "customer_id": 999,
        "vehicle_id": 0,
        "day": max(one["day"] for one in lives["visits"]),
    }

    given = Churn().score(trained.model, a_reader({**lives, "visits": [*lives["visits"], newcomer]}), TODAY)

    assert 999 not in {one.customer_id for one in given}


def test_a_short_history_is_refused_with_what_is_missing():
    with pytest.raises(WrongInput, match=r"The history is \d+ days long; 454 are needed"):
        Churn().train(a_reader(some_lives(), TODAY - timedelta(days=800)), TODAY - timedelta(days=800), 0, silent)


def test_three_customers_are_refused():
    with pytest.raises(WrongInput, match="customers were known"):
        Churn().train(a_reader(some_lives(3)), TODAY, 0, silent)


def test_a_garage_that_grows_is_told_the_day_on_which_it_had_too_few_customers():
    snapshots = Snapshots(None, (), 182)
    for number, count in enumerate((90, 70, 50)):
        day, silent = TODAY - timedelta(days=60 * number), np.arange(count) % 2
        snapshots.read[day] = Snapshot(day, np.arange(count), np.zeros((count, 1)), silent)

    with pytest.raises(WrongInput, match=f"50 customers were known on {TODAY - timedelta(days=120)}"):
        snapshots.together(list(snapshots.read))


def test_a_champion_that_learned_from_the_same_days_is_not_asked_about_them(trained):
    again = Churn().train(a_reader(some_lives()), TODAY, 0, silent, trained.model)

    assert again.card["against_champion"] is None


def test_an_old_champion_is_judged_on_the_same_rows(trained):
    before = TODAY - timedelta(days=100)
    old = Churn().train(a_reader(some_lives(), before), before, 0, silent)

    against = Churn().train(a_reader(some_lives()), TODAY, 0, silent, old.model).card["against_champion"]

    assert set(against) == {"auc", "ap", "brier"}


def test_a_reason_is_a_code_with_the_value_seen_and_the_direction():
    assert reason("visits.overdue", 2.3, "+0.4") == "visits.overdue=2.3:+0.4"
    assert reason("survey.last", float("nan"), "-0.1") == "survey.last=:-0.1"

"""Every fact says what its name says, and none of them sees the day after."""

import numpy as np
import pytest

from hub.past.customers import FACTS, known_customers
from hub.past.streams import Past
from pasts import a_past, of

DAY = 1000


def fact(name, **kinds):
    return FACTS[name](known_customers(a_past(DAY, **kinds))).tolist()


def a_life(offset=0):
    """One row of everything on a few days of two customers, all moved by `offset` days."""
    days = [offset + day for day in (100, 480, 860, 990)]
    both = [{"customer_id": one, "vehicle_id": one + 10, "day": day} for one in (1, 2) for day in days]
    return {
        "visits": [{**row, "odometer": 30.0 * row["day"], "amount": 50 + row["day"] % 7} for row in both],
        "advice": [{**row, "state": "recommendation_declined", "safety": "critical"} for row in both],
        "surveys": [{**row, "value": float(row["day"] % 10)} for row in both],
        "complaints": both, "lateness": both, "missed": both, "cancelled": both, "bookings": both,
        "owned": [{**row, "registered": 10} for row in both if row["day"] == days[0]],
        "disowned": [row for row in both if row["day"] == days[3] and row["customer_id"] == 2],
        "points": [{**row, "value": 5.0} for row in both],
        "consents": [{**row, "state": "granted"} for row in both],
    }  # fmt: skip


def test_whoever_had_no_visit_by_then_is_not_known():
    assert known_customers(a_past(DAY, visits=[*of(1, 10), *of(2, 999)]).cut(500)).ids.tolist() == [1]


def test_visits_have_a_rhythm():
    visits = of(1, 100, 400, 700)

    assert fact("visits.count", visits=visits) == [3]
    assert fact("visits.silent_days", visits=visits) == [300]
    assert fact("visits.watched_days", visits=visits) == [900]
    assert fact("visits.gap_days", visits=visits) == [300]
    assert fact("visits.gap_spread", visits=visits) == [0]
    assert fact("visits.in_year", visits=visits) == [1]


def test_a_first_visit_has_no_gap_yet():
    assert np.isnan(fact("visits.gap_days", visits=of(1, 900))).all()


def test_a_car_that_comes_every_half_year_is_overdue_sooner_than_one_that_comes_every_second():
    often = [*of(1, 100, 280, 460, 640, 820, vehicle_id=11), *of(2, 100, 820, vehicle_id=12)]
    owned = [*of(1, 100, vehicle_id=11), *of(2, 100, vehicle_id=12)]

    soon, late = fact("visits.service_due", visits=often, owned=owned)

    assert soon > late


def test_a_sold_car_asks_for_nothing():
    kinds = {"visits": of(1, 100, vehicle_id=11), "owned": of(1, 100, vehicle_id=11)}
    sold = of(1, 600, vehicle_id=11)

    assert fact("cars.count", **kinds, disowned=sold) == [0]
    assert fact("cars.sold_days", **kinds, disowned=sold) == [400]
    assert np.isnan(fact("visits.service_due", **kinds, disowned=sold)).all()


def test_money_is_told_in_usual_bills_of_its_own_currency():
    visits = [*of(1, 10, 20, 30, amount=100), *of(2, 10, 20, 30, amount=50_000, currency="KWD")]

    assert fact("spend.per_visit", visits=visits) == [1, 1]


def test_a_dear_last_bill_is_a_surprise():
    visits = [*of(1, 10, 20, 30, amount=100), *of(2, 10, 20, 30, amount=100), *of(2, 900, amount=200)]

    usual, dear = fact("spend.surprise", visits=visits)

    assert usual == pytest.approx(0)
    assert dear == pytest.approx(np.log(2))


def test_surveys_have_a_last_answer_a_trend_and_a_silence():
    kinds = {"visits": of(1, 10), "surveys": [*of(1, 100, value=9.0), *of(1, 900, value=4.0)]}

    assert fact("survey.last", **kinds) == [4]
    assert fact("survey.trend", **kinds) == [-5]
    assert fact("survey.silent_days", **kinds) == [100]


def test_work_that_was_declined_and_bought_later_is_no_longer_declined():
    declined = of(1, 100, vehicle_id=11, service="brakes", safety="important", state="recommendation_declined")
    bought = of(1, 500, vehicle_id=11, service="brakes", safety="important", state="recommendation_sold")
    kinds = {"visits": of(1, 10)}

    assert fact("advice.declined", **kinds, advice=declined) == [1]
    assert fact("advice.declined_safety", **kinds, advice=declined) == [1]
    assert fact("advice.declined_days", **kinds, advice=declined) == [900]
    assert fact("advice.declined", **kinds, advice=[*declined, *bought]) == [0]


def test_lateness_has_a_count_a_rate_and_an_age():
    kinds = {"visits": [*of(1, 700), *of(1, 900)], "lateness": [*of(1, 500), *of(1, 800), *of(1, 950), *of(1, 960)]}

    assert fact("late.in_year", **kinds) == [3]
    assert fact("late.per_visit", **kinds) == [1.5]
    assert fact("late.silent_days", **kinds) == [40]
    assert np.isnan(fact("late.silent_days", visits=of(1, 10)))


def test_a_car_that_was_sold_took_its_advice_along():
    declined = of(1, 100, vehicle_id=11, service="brakes", safety="important", state="recommendation_declined")
    kinds = {"visits": of(1, 10), "advice": declined, "owned": of(1, 5, vehicle_id=11)}

    assert fact("advice.declined", **kinds) == [1]
    assert fact("advice.declined", **kinds, disowned=of(1, 300, vehicle_id=11)) == [0]


def test_kilometres_a_day_are_those_of_each_car():
    visits = [*of(1, 100, vehicle_id=11, odometer=1000.0), *of(1, 200, vehicle_id=11, odometer=4000.0)]

    assert fact("cars.km_per_day", visits=visits) == [30]


def test_a_withdrawn_consent_is_none():
    given = of(1, 100, consent_id=1, state="granted")

    assert fact("consent.marketing", visits=of(1, 10), consents=given) == [1]
    assert fact(
        "consent.marketing", visits=of(1, 10), consents=[*given, *of(1, 200, consent_id=2, state="withdrawn")]
    ) == [0]


@pytest.mark.parametrize("name", FACTS)
def test_rows_of_tomorrow_change_nothing(name):
    life, day = a_life(), 900
    planted = {
        kind: [*rows, *({**row, "day": day + 1 + row["day"] % 40} for row in rows)] for kind, rows in life.items()
    }

    honest = FACTS[name](
        known_customers(a_past(2000, **{k: [r for r in v if r["day"] <= day] for k, v in life.items()}).cut(day))
    )
    tempted = FACTS[name](known_customers(a_past(2000, **planted).cut(day)))

    assert np.array_equal(honest, tempted, equal_nan=True)


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_tells_two_lives_apart_from_none(name):
    """A column that is missing for everybody would be a fact in name only."""
    values = FACTS[name](known_customers(a_past(DAY, **a_life())))

    assert values.shape == (2,)
    assert not np.isnan(values).all()


def test_a_fact_that_would_look_ahead_is_refused():
    def peeks(known):
        return known.past.cut(known.day + 30)["visits"]

    with pytest.raises(ValueError, match="cannot look past its day"):
        peeks(known_customers(a_past(DAY, visits=of(1, 10)).cut(500)))


def test_a_past_is_nothing_that_can_be_changed():
    past = a_past(DAY, visits=of(1, 10))

    with pytest.raises(AttributeError):
        past.until = 2000  # type: ignore[misc]
    assert isinstance(past, Past)

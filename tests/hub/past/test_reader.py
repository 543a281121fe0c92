"""The reader over a real region: what was folded becomes columns, on both databases, and nothing of a later day."""

from datetime import date, timedelta

import numpy as np
import pytest

from garage_days import CAR, a_survey, a_visit, declined
from hub.errors import WrongInput
from hub.models import Person
from hub.past.customers import FACTS
from hub.past.reader import read_facts
from hub.sdk import ConsentRecord, VehicleRecord
from shops import BERLIN, KEY, at, folded


def read(hub, day="2026-11-25", services=None):
    with hub.look() as session:
        return read_facts(session, date.fromisoformat(day), services or {})


def frame(hub, day, *names, until="2026-11-25"):
    found = read(hub, until).frame(names, date.fromisoformat(day))
    return [found[name].tolist() for name in names]


def test_what_was_folded_becomes_columns(hub):
    folded(hub, BERLIN, CAR, a_visit("S-1", "2025-01-10"), a_visit("S-2", "2026-01-10", km=11_950))
    folded(hub, declined("F-1", "2026-01-10"), a_survey("2026-01-12", 9))

    names = ("visits.count", "visits.silent_days", "cars.count", "survey.last", "advice.declined_safety")
    assert frame(hub, "2026-01-20", *names) == [[2], [10], [1], [9], [1]]
    assert frame(hub, "2026-01-20", "cars.km_per_day")[0][0] == pytest.approx(30)


def test_a_day_in_the_past_is_as_it_was_then(hub):
    folded(hub, BERLIN, CAR, a_visit("S-1", "2025-01-10"), a_visit("S-2", "2026-01-10"))
    folded(hub, declined("F-1", "2026-01-10"))

    assert frame(hub, "2025-12-31", "visits.count", "advice.declined") == [[1], [0]]


def test_rows_after_the_day_change_nothing(hub):
    folded(hub, BERLIN, CAR, a_visit("S-1", "2025-01-10"), a_survey("2025-01-12", 9))
    before = frame(hub, "2025-06-30", *FACTS)

    sold = VehicleRecord(customer=KEY, partner_id="V-1", owned_since=date(2024, 1, 1), owned_until=date(2025, 7, 1))
    folded(
        hub, sold, a_visit("S-2", "2025-07-01", price=99_000), declined("F-1", "2025-07-01"), a_survey("2025-07-01", 1)
    )
    folded(
        hub,
        ConsentRecord(
            customer=KEY, purpose="marketing", channel="mail", state="granted", notice="1", at=at("2025-07-01")
        ),
    )

    assert np.array_equal(np.array(frame(hub, "2025-06-30", *FACTS)), np.array(before), equal_nan=True)


def test_a_day_after_the_last_is_refused(hub):
    folded(hub, BERLIN, a_visit("S-1", "2025-01-10"))

    with pytest.raises(ValueError, match="cannot look past its day"):
        read(hub, "2025-06-30").frame(["visits.count"], date(2025, 7, 1))


def test_nothing_after_its_last_day_is_even_read(hub):
    folded(hub, BERLIN, a_visit("S-1", "2025-01-10"), a_visit("S-2", "2025-07-01"))

    assert len(read(hub, "2025-06-30").past["visits"]) == 1


def test_an_unknown_fact_is_told_with_those_there_are(hub):
    with pytest.raises(WrongInput, match=r"There is no fact visits\.cuont\."):
        read(hub).frame(["visits.cuont"], date(2026, 1, 1))


def test_whoever_must_be_left_alone_is_not_read(hub):
    folded(hub, BERLIN, a_visit("S-1", "2025-01-10"))
    with hub.begin() as work:
        work.session.query(Person).one().restricted_at = work.now

    assert frame(hub, "2026-01-01", "visits.count") == [[]]


def test_cars_have_columns_of_their_own_and_lines_the_names_of_services(hub):
    folded(hub, BERLIN, CAR, a_visit("S-1", "2025-01-10"), declined("F-1", "2025-01-10"))

    reader = read(hub, services={"oil": "small service"})
    found = reader.cars(["car.age_years", "done_days.small service", "declined_days.brakes"], date(2025, 1, 11))

    assert list(reader.services) == ["brakes", "small service"]
    assert found["done_days.small service"].tolist() == [1]
    assert found["declined_days.brakes"].tolist() == [1]
    assert found["car.age_years"][0] == pytest.approx(5.03, abs=0.01)


def test_a_day_and_its_number_are_the_same_on_every_database(hub):
    folded(hub, BERLIN, a_visit("S-1", "2025-01-10"))

    assert read(hub).past["visits"]["day"].tolist() == [(date(2025, 1, 10) - date(1970, 1, 1)) / timedelta(days=1)]

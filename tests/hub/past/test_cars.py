"""What a car was given, what was declined for it, and whose it is."""

import numpy as np

from hub.past.cars import car_column, owned_cars, services_of
from pasts import a_past, of

DAY = 1000


def column(name, **kinds):
    known, owned = owned_cars(a_past(DAY, **kinds))
    return known.ids.tolist(), car_column(known, owned, name).tolist()


def test_a_car_belongs_to_its_latest_owner():
    owned = [*of(1, 100, vehicle_id=11), *of(2, 500, vehicle_id=11)]

    known, rows = owned_cars(a_past(DAY, owned=owned, disowned=of(1, 500, vehicle_id=11)))

    assert (known.ids.tolist(), rows["customer_id"].tolist()) == ([11], [2])


def test_a_sale_that_is_still_to_come_is_not_known():
    past = a_past(DAY, owned=of(1, 100, vehicle_id=11), disowned=of(1, 600, vehicle_id=11))

    assert owned_cars(past.cut(599))[0].ids.tolist() == [11]
    assert owned_cars(past)[0].ids.tolist() == []


def test_a_car_that_came_back_is_owned_again():
    past = a_past(DAY, owned=of(1, 100, 700, vehicle_id=11), disowned=of(1, 600, vehicle_id=11))

    assert owned_cars(past)[0].ids.tolist() == [11]


def test_a_service_is_counted_once_a_visit_and_its_age_told():
    owned = of(1, 100, vehicle_id=11)
    lines = [{"customer_id": 1, "vehicle_id": 11, "day": day, "visit_id": day} for day in (300, 300, 800)]

    assert column("done_count.oil", owned=owned, works=lines) == ([11], [2])
    assert column("done_days.oil", owned=owned, works=lines) == ([11], [200])


def test_what_was_declined_last_is_open_still_and_what_was_sold_is_not():
    owned = of(1, 100, vehicle_id=11)
    no = of(1, 400, vehicle_id=11, service="brakes", state="recommendation_declined", amount=31_200)
    yes = of(1, 700, vehicle_id=11, service="brakes", state="recommendation_sold")

    assert column("declined_days.brakes", owned=owned, advice=no) == ([11], [600])
    assert column("offered.brakes", owned=owned, advice=no) == ([11], [31_200])
    assert np.isnan(column("declined_days.brakes", owned=owned, advice=[*no, *yes])[1]).all()


def test_labour_and_advice_are_services_and_parts_are_not():
    works = [*of(1, 10, service="oil"), *of(1, 10, service="filter", kind="part")]

    assert services_of(a_past(DAY, works=works, advice=of(1, 20, service="brakes"))) == ["brakes", "oil"]

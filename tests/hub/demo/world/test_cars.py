"""Cars have models that exist, fuels that fit, and numbers whose check digit is right."""

import re
from datetime import timedelta

import pytest

from hub.demo.world.books import DAYS
from hub.demo.world.cars import ELECTRIC, check_digit
from hub.demo.world.reference import models, reasons
from worlds import TODAY, all_books

START = TODAY - timedelta(days=DAYS - 1)


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "5GZCZ43D13S812715", "11111111111111111"])
def test_the_check_digit_is_the_one_of_published_numbers(vin):
    assert check_digit(f"{vin[:8]}0{vin[9:]}") == vin[8]


def test_every_vin_is_valid_and_stands_for_one_car():
    vins = [books.cars.vin(car, START) for books in all_books() for car in range(books.cars.count)]

    assert len(set(vins)) == len(vins)
    assert all(re.fullmatch("[A-HJ-NPR-Z0-9]{17}", vin) for vin in vins)
    assert all(check_digit(f"{vin[:8]}0{vin[9:]}") == vin[8] for vin in vins)


def test_nobody_burns_petrol_in_an_electric_car():
    for books in all_books():
        for car in range(books.cars.count):
            assert books.cars.model_of(car).electric == (books.cars.fuel[car] == ELECTRIC)


def test_cars_were_registered_before_they_came():
    for books in all_books():
        assert (books.cars.first <= books.cars.since.clip(0)).all()


def test_customers_have_one_to_four_cars_to_begin_with():
    for books in all_books():
        begins = books.cars.since == books.people.joined[books.cars.owner]
        counts = {}
        for owner in books.cars.owner[begins].tolist():
            counts[owner] = counts.get(owner, 0) + 1
        assert set(counts) == set(range(books.people.count))
        assert max(counts.values()) <= 5


def test_findings_are_worded_for_cars():
    from hub.demo.world.jobs import DEFECTS

    for defect in DEFECTS:
        found = reasons(defect.parts)
        assert len(found) >= 2, defect.name
        assert not [
            one for one in found if re.search("handlebar|sidecar|motorbicycle", f"{one.part} {one.words}".casefold())
        ]
    assert len(models()) > 500

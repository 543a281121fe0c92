"""VINs: form and check digit."""

import pytest

from rules.vin import check_digit, fold_vin, must_check


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715"])
def test_check_digits_of_north_america(vin: str) -> None:
    assert must_check(vin)
    assert check_digit(vin) == vin[8]


def test_a_european_vin_may_have_any_ninth_sign() -> None:
    assert check_digit("WVWZZZ3CZEE140287") == "7"
    assert not must_check("WVWZZZ3CZEE140287")


@pytest.mark.parametrize(
    "text",
    ["", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "IM8GDM9AXKP042788", "1M8GDM9AXKP04278Ä"],
)
def test_anything_else_is_no_vin(text: str) -> None:
    assert fold_vin(text) is None


def test_people_write_vins_with_spaces_and_dashes() -> None:
    assert fold_vin("1m8-gdm9ax kp042788") == "1M8GDM9AXKP042788"

"""Values are checked by type and never coerced."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rules.values import fit, from_minor, shown, to_minor


@pytest.mark.parametrize(
    ("value", "type_", "becomes"),
    [
        (3, "number", (3, None)),
        (2.5, "number", (2.5, None)),
        ("diesel", "text", ("diesel", None)),
        (True, "flag", (True, None)),
        (date(2026, 1, 31), "day", (date(2026, 1, 31), None)),
        (date(2026, 1, 31), "instant", (date(2026, 1, 31), None)),
        (0, "money", (0, None)),
        ("249.90 EUR", "money", (24990, "EUR")),
        ("24.990 KWD", "money", (24990, "KWD")),
        ("500 JPY", "money", (500, "JPY")),
    ],
)
def test_a_value_that_fits_is_taken(value: Any, type_: str, becomes: Any) -> None:
    assert fit(value, type_) == becomes


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (True, "number"), ("3", "number"), (float("nan"), "number"), (float("inf"), "number"), (2**53, "number"),
        (3, "text"), ("x" * 401, "text"), (1, "flag"), ("yes", "flag"), ("2026-01-31", "day"),
        (datetime(2026, 1, 31, tzinfo=UTC), "day"), (date(1, 1, 1), "day"), (date(9999, 12, 31), "instant"),
        (100, "money"), ("100", "money"), ("100 euro", "money"), ("1.999 EUR", "money"), ("0.5 JPY", "money"),
        ("-1 EUR", "money"), (False, "money"), ("١٠ EUR", "money"), (None, "number"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_a_hint(value: Any, type_: str) -> None:
    with pytest.raises(ValueError, match="is no") as refused:
        fit(value, type_)

    assert refused.value.args[1].startswith("Write")


def test_minor_units_follow_the_currency_and_come_back() -> None:
    assert to_minor("1.5", "KWD") == 1500
    assert to_minor("1.555", "EUR") is None
    assert to_minor("", "EUR") is None
    assert [from_minor(24990, currency) for currency in ("EUR", "KWD", "JPY")] == [
        "249.90 EUR",
        "24.990 KWD",
        "24990 JPY",
    ]


def test_a_long_value_is_shown_in_part() -> None:
    assert len(shown("x" * 1000)) == 60

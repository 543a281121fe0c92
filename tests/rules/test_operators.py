"""Each operator by example: one value that passes and one that does not."""

from datetime import date
from typing import Any

import pytest

from rules.calendar import Period, Span
from rules.operators import OF_AGES, OPERATORS, fitting

TODAY = date(2026, 11, 25)
DAY = date(2026, 5, 1)
BY_EXAMPLE: dict[str, tuple[Any, Any, Any]] = {  # argument, passes, does not
    "is": ("gold", "gold", "Gold"),
    "is_not": ("gold", "silver", "gold"),
    "one_of": (("gold", "silver"), "gold", "old"),
    "none_of": (("gold", "silver"), "old", "gold"),
    "above": (3, 3.01, 3),
    "below": (3, 2.99, 3),
    "at_least": (3, 3, 2),
    "at_most": (3, 3, 4),
    "between": ((3, 5), 5, 6),
    "before": (DAY, date(2026, 4, 30), DAY),
    "after": (DAY, date(2026, 5, 2), DAY),
    "on_or_before": (DAY, DAY, date(2026, 5, 2)),
    "on_or_after": (DAY, DAY, date(2026, 4, 30)),
    "older_than": (Span(30, "d"), date(2026, 10, 26), date(2026, 10, 27)),
    "within": (Span(30, "d"), date(2026, 10, 27), date(2026, 10, 26)),
    "starts_with": ("go", "gold", "Gold"),
    "ends_with": ("ld", "gold", "golden"),
    "contains": ("%", "5 % off", "5 off"),
    "during": (Period("last", "month"), date(2026, 10, 31), date(2026, 11, 1)),
    "has": ("a", {"a", "b"}, {"b"}),
    "has_any": (("a", "c"), {"a", "b"}, {"b"}),
    "has_all": (("a", "b"), {"a", "b"}, {"b"}),
    "has_none": (("a", "c"), {"b"}, {"a", "b"}),
}
AGES_BY_EXAMPLE: dict[str, tuple[date, date]] = {  # of four years: born on a day that passes, and on one that does not
    "at_least": (date(2022, 11, 25), date(2022, 11, 26)),
    "at_most": (date(2022, 11, 25), date(2022, 11, 24)),
    "above": (date(2022, 11, 24), date(2022, 11, 25)),
    "below": (date(2022, 11, 26), date(2022, 11, 25)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_passes_what_it_says(name: str) -> None:
    argument, passes, fails = BY_EXAMPLE[name]

    limit = OPERATORS[name].on(argument, TODAY)
    assert OPERATORS[name].test(passes, limit)
    assert not OPERATORS[name].test(fails, limit)


@pytest.mark.parametrize("name", OF_AGES)
def test_an_age_is_counted_from_its_day(name: str) -> None:
    passes, fails = AGES_BY_EXAMPLE[name]

    limit = OF_AGES[name].on(Span(4, "y"), TODAY)
    assert OF_AGES[name].test(passes, limit)
    assert not OF_AGES[name].test(fails, limit)


def test_a_day_to_come_is_not_within_a_span_that_ends_today() -> None:
    assert not OPERATORS["within"].test(date(2026, 11, 26), OPERATORS["within"].on(Span(30, "d"), TODAY))


def test_each_type_has_its_operators() -> None:
    assert fitting("flag") == ["is", "is_not"]
    assert "contains" not in fitting("number")
    assert "older_than" in fitting("instant")
    assert fitting("age") == ["at_least", "at_most", "above", "below"]
    assert fitting("vehicle") == []

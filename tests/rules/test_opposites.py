"""What would have to be otherwise is said as it would have to be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from language import CATALOGUE
from rules.calendar import Span
from rules.check import Checker
from rules.explain import explain
from rules.given import Given
from rules.operators import AGES, OF_AGES, OPERATORS, ROWS
from rules.opposites import COUNTERPARTS, NEGATED
from rules.parse import read_text

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY, DAY = date(2026, 11, 25), date(2026, 5, 1)
ARGUMENTS: dict[str, tuple[Any, list[Any]]] = {  # near where answers change
    "above": (3, [2, 3, 4]), "below": (3, [2, 3, 4]), "at_least": (3, [2, 3, 4]), "at_most": (3, [2, 3, 4]),
    "is": ("gold", ["gold", "Gold"]), "is_not": ("gold", ["gold", "Gold"]),
    "one_of": (("gold", "silver"), ["gold", "old"]), "none_of": (("gold", "silver"), ["gold", "old"]),
    "has_any": (("a", "c"), [{"a"}, {"b"}]), "has_none": (("a", "c"), [{"a"}, {"b"}]),
    **{name: (DAY, [date(2026, 4, 30), DAY, date(2026, 5, 2)]) for name in ("before", "after", "on_or_before", "on_or_after")},
}  # fmt: skip


def changes(when: str, given: dict[str, Any]) -> tuple[str, ...]:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    condition = Checker(source, CATALOGUE).condition(source.top["when"], source.top, "when")
    assert condition is not None
    return explain(condition, Given(given), NOW, "UTC").changes


@pytest.mark.parametrize("name", sorted(COUNTERPARTS))
def test_a_counterpart_holds_where_the_operator_does_not(name: str) -> None:
    one, other = OPERATORS[name], OPERATORS[COUNTERPARTS[name]]
    limit, values = ARGUMENTS[name]

    for value in values:
        assert one.test(value, limit) != other.test(value, limit)


@pytest.mark.parametrize("name", sorted(OF_AGES))
def test_so_it_is_with_ages(name: str) -> None:
    one, other = OF_AGES[name], OF_AGES[COUNTERPARTS[name]]
    limit = one.on(Span(4, "y"), TODAY)

    for born in (date(2022, 11, 24), date(2022, 11, 25), date(2022, 11, 26)):
        assert one.test(born, limit) != other.test(born, limit)


def test_every_operator_has_its_opposite_in_words() -> None:
    assert {row.name for row in (*ROWS, *AGES)} == COUNTERPARTS.keys() | NEGATED.keys()


@pytest.mark.parametrize(
    ("when", "given", "change"),
    [
        ("{visits.count: {at_least: 3}}", {"visits.count": 5}, "visits.count is 5; needed: is below 3"),
        ("{loyalty.tier: {is: missing}}", {}, "loyalty.tier is missing; needed: is there"),
        ("{loyalty.tier: {is: gold}}", {"loyalty.tier": "gold"}, "loyalty.tier is gold; needed: is not gold"),
        ("{event: {kind: complaint, at_most: 0}}", {}, "0 complaint event(s); needed: more than 0"),
    ],
)
def test_to_leave_is_said_as_plainly_as_to_enter(when: str, given: dict[str, Any], change: str) -> None:
    assert changes(when, given) == (change,)

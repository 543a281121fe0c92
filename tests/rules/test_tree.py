"""A condition gives its leaves."""

from rules.calendar import Span
from rules.catalogue import Fact
from rules.errors import NOWHERE
from rules.operators import OPERATORS
from rules.tree import All, FactTest, Not, Test, leaves

SPEND = Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency")
RICH = FactTest(SPEND, (Test(OPERATORS["above"], 100, "EUR"),), NOWHERE)
LATE = FactTest(Fact("last_on", "day"), (Test(OPERATORS["older_than"], Span(30, "d")),), NOWHERE)


def test_leaves_come_in_the_order_of_the_file() -> None:
    assert list(leaves(All((LATE, Not(RICH, NOWHERE)), NOWHERE))) == [LATE, RICH]

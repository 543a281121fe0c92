"""A condition tells what it depends on."""

from datetime import date

from rules.calendar import Span
from rules.catalogue import EventKind, Fact
from rules.errors import NOWHERE
from rules.operators import OPERATORS
from rules.tree import All, EventTest, FactTest, Not, Test, leaves, reads

SPEND = Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency")
RICH = FactTest(SPEND, (Test(OPERATORS["above"], 100, "EUR"),), NOWHERE)
LATE = FactTest(Fact("last_on", "day"), (Test(OPERATORS["older_than"], Span(30, "d")),), NOWHERE)


def visited(within: Span | None) -> EventTest:
    return EventTest(EventKind("visit"), 1, None, within, date(2026, 1, 1), None, (), NOWHERE)


def test_it_reads_the_facts_and_events_below_every_node() -> None:
    found = reads(All((RICH, Not(visited(None), NOWHERE)), NOWHERE))

    assert found.facts == {"spend", "currency"}
    assert found.events == {"visit"}


def test_only_windows_and_spans_move_with_time() -> None:
    assert not reads(All((RICH, visited(None)), NOWHERE)).timed
    assert reads(Not(LATE, NOWHERE)).timed
    assert reads(visited(Span(30, "d"))).timed


def test_leaves_come_in_the_order_of_the_file() -> None:
    assert list(leaves(All((LATE, Not(RICH, NOWHERE)), NOWHERE))) == [LATE, RICH]

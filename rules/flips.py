"""When a verdict next changes by time alone, if nothing else happens to the customer."""

from collections.abc import Iterator
from datetime import date, datetime

from rules.calendar import Span, local_day, start_of
from rules.predicate import View, holds
from rules.tree import Condition, EventTest, FactTest, leaves


def next_flip(condition: Condition, view: View, now: datetime, zone: str) -> datetime | None:
    """The first moment after `now` at which the verdict is another, in UTC: the start of a local day. None: never.

    Exact: between two neighbouring turns of its leaves no verdict changes, so each turn is tried."""
    before = holds(condition, view, now, zone)
    for turn in sorted({turn for turn in turns(condition, view, zone) if turn > now}):
        if holds(condition, view, turn, zone) != before:
            return turn
    return None


def turns(condition: Condition, view: View, zone: str) -> Iterator[datetime]:
    """Every moment at which a test of the condition may change by time alone, and some at which none does."""
    for leaf in leaves(condition):
        for day in _fact_days(leaf, view, zone) if isinstance(leaf, FactTest) else _event_days(leaf, view):
            yield start_of(day, zone)


def _fact_days(leaf: FactTest, view: View, zone: str) -> Iterator[date]:
    spans = [test.argument for test in leaf.tests if test.operator.argument == "span"]
    value = view.fact(leaf.fact.name) if spans else None
    if value is not None:
        day = local_day(value, zone) if isinstance(value, datetime) else value
        for span in spans:
            yield from _window(span, day)


def _event_days(leaf: EventTest, view: View) -> Iterator[date]:
    if leaf.within:
        for event in view.events(leaf.kind.name):
            yield from _window(leaf.within, event.local_day)


def _window(span: Span, day: date) -> Iterator[date]:
    """A day comes into `(today - span, today]` when it is today, and leaves when the span has passed."""
    yield day
    yield span.passes(day)

"""The predicate by example: missing values, currencies, days, and a trace of every test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.parse import read_text
from rules.predicate import EventSeen, Trace, holds, trace
from rules.tree import Condition

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number"),
        Fact("seen_at", "instant"),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
        Fact("currency", "text"),
    ],
    [EventKind("visit", "", {"amount": "money", "items": "number", "urgent": "flag"})],
)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


@dataclass
class Customer:
    facts: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[EventSeen, ...] = ()

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def events(self, kind: str) -> tuple[EventSeen, ...]:
        return self.seen


def condition(when: str) -> Condition:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    found = Checker(source, CATALOGUE).condition(source.top["when"], source.top, "when")
    assert found is not None
    return found


def true_of(when: str, customer: Customer, zone: str = "Europe/Berlin") -> bool:
    return holds(condition(when), customer, NOW, zone)


def visit(day: date, **more: Any) -> EventSeen:
    return EventSeen("visit", day, **more)


def test_a_test_on_a_missing_value_is_false_and_not_turns_it_round() -> None:
    nobody = Customer()

    assert not true_of("{visits.count: {is_not: 3}}", nobody)
    assert true_of("{not: {visits.count: {is_not: 3}}}", nobody)
    assert true_of("{visits.count: {is: missing}}", nobody)


def test_amounts_of_another_currency_are_not_compared() -> None:
    euros = Customer({"spend": 25_000, "currency": "EUR"})

    assert true_of("{spend: {at_least: 249.90 EUR}}", euros)
    assert not true_of("{spend: {at_least: 1 KWD}}", euros)
    assert not true_of("{spend: {is_not: 1 KWD}}", euros)
    assert true_of("{spend: {above: 0}}", euros)


def test_an_instant_is_asked_by_its_day_in_the_zone_of_the_rule() -> None:
    late = Customer({"seen_at": datetime(2026, 3, 28, 23, 30, tzinfo=UTC)})

    assert true_of("{seen_at: {is: 2026-03-29}}", late)
    assert true_of("{seen_at: {is: 2026-03-28}}", late, zone="America/New_York")


def test_a_window_of_n_days_ends_today_and_leaves_out_the_first() -> None:
    assert true_of("{event: {kind: visit, within: 30d}}", Customer(seen=(visit(date(2026, 3, 1)),)))
    assert not true_of("{event: {kind: visit, within: 30d}}", Customer(seen=(visit(date(2026, 2, 28)),)))
    assert not true_of("{event: {kind: visit, within: 30d}}", Customer(seen=(visit(date(2026, 3, 31)),)))


def test_an_attribute_of_a_wrong_type_counts_as_missing() -> None:
    odd = Customer(seen=(visit(NOW.date(), attributes={"items": "3", "urgent": 1}),))

    assert not true_of("{event: {kind: visit, where: {items: {above: 1}}}}", odd)
    assert not true_of("{event: {kind: visit, where: {urgent: {is: true}}}}", odd)
    assert true_of("{event: {kind: visit, where: {items: {is: missing}, urgent: {is: missing}}}}", odd)


def test_the_trace_judges_every_part_and_names_the_events_it_counted() -> None:
    customer = Customer({"visits.count": 2}, (visit(date(2026, 3, 29), id=7), visit(date(2020, 1, 1), id=8)))

    found = trace(
        condition("{any: [{visits.count: {is: 2}}, {event: {kind: visit, within: 30d}}]}"), customer, NOW, "UTC"
    )

    assert found.holds
    assert [(part.holds, part.seen, part.event_ids) for part in found.parts] == [(True, 2, ()), (True, 1, (7,))]
    assert isinstance(found.parts[0], Trace)

"""What a condition reads."""

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.dependencies import Reads, dependencies
from rules.parse import read_text

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number"),
        Fact("visits.last_on", "day"),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
    ],
    [EventKind("visit", "", {"amount": "money"})],
)


def reads(when: str) -> Reads:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    assert condition is not None, checker.problems
    return dependencies(condition)


def test_facts_and_events_below_any_node_are_named() -> None:
    found = reads("{any: [{not: {visits.count: {above: 3}}}, {all: [{event: {kind: visit}}]}]}")

    assert found == Reads(frozenset({"visits.count"}), frozenset({"visit"}), False)


def test_an_amount_brings_its_currency() -> None:
    assert reads("{spend: {above: 1 EUR}}").facts == {"spend", "currency"}


def test_windows_and_spans_make_a_condition_one_of_time() -> None:
    assert reads("{visits.last_on: {older_than: 30d}}").timed
    assert reads("{event: {kind: visit, within: 30d}}").timed
    assert not reads("{event: {kind: visit, from: 2026-01-01}}").timed

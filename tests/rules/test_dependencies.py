"""What a condition reads."""

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.dependencies import Readers, Reads, dependencies
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

    columns = frozenset({"visits.count"})
    assert found == Reads(frozenset({"visits.count"}), frozenset({"visit"}), False, columns=columns)


def test_an_amount_brings_its_currency() -> None:
    assert reads("{spend: {above: 1 EUR}}").facts == {"spend", "currency"}


def test_windows_and_spans_make_a_condition_one_of_time() -> None:
    assert reads("{visits.last_on: {older_than: 30d}}").timed
    assert reads("{event: {kind: visit, within: 30d}}").timed
    assert not reads("{event: {kind: visit, from: 2026-01-01}}").timed


def test_a_change_concerns_the_rules_that_read_it_and_no_other() -> None:
    readers = Readers({"often": reads("{visits.count: {above: 3}}"), "came": reads("{event: {kind: visit}}"),
                       "rich": reads("{spend: {above: 1 EUR}}")})  # fmt: skip

    assert readers.of({"fact.visits.count"}) == {"often"}
    assert readers.of({"event.visit", "event.complaint"}) == {"came"}
    assert readers.of({"fact.spend_currency"}) == {"rich"}
    assert readers.of({"name"}, silent={"name"}) == frozenset()


def test_a_change_of_an_unknown_kind_may_concern_every_rule() -> None:
    readers = Readers({"often": reads("{visits.count: {above: 3}}"), "came": reads("{event: {kind: visit}}")})

    assert readers.of({"customer"}) == {"often", "came"}


def test_what_happened_to_a_car_concerns_the_rules_that_look_at_cars() -> None:
    readers = Readers({"by_car": Reads(vehicles=True), "often": reads("{visits.count: {above: 3}}")})

    assert readers.of({"event.visit"}) == readers.of({"vehicles"}) == {"by_car"}


def test_what_two_rules_read_is_what_either_reads() -> None:
    both = reads("{visits.count: {above: 3}}").joined(reads("{visits.last_on: {older_than: 30d}}"))

    assert both.facts == {"visits.count", "visits.last_on"}
    assert both.timed

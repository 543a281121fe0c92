"""Conditions are typed against the catalogue; every mistake is told at its place."""

from datetime import date

import pytest

from rules.calendar import Span
from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.parse import read_text
from rules.reader import MOST_TESTS
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, Not

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number"),
        Fact("visits.last_on", "day"),
        Fact("tier", "text"),
        Fact("name", "text", personal=True),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
    ],
    [EventKind("visit", "", {"amount": "money", "items": "number"})],
)


def checked(when: str) -> tuple[Condition | None, list[str]]:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    return condition, [str(problem) for problem in checker.problems]


def test_a_tree_of_all_kinds_of_nodes() -> None:
    condition, problems = checked(
        "{all: [{any: [{tier: {is: gold}}]}, {not: {visits.count: {above: 1}}}, {event: {kind: visit}}]}"
    )

    assert problems == []
    assert isinstance(condition, All)
    assert [type(item) for item in condition.items] == [AnyOf, Not, EventTest]


def test_an_event_without_a_count_asks_for_one() -> None:
    condition, _ = checked("{event: {kind: visit, within: 6w, from: 2026-01-01, up_to: 2026-12-31}}")

    assert isinstance(condition, EventTest)
    assert (condition.low, condition.high) == (1, None)
    assert (condition.within, condition.since, condition.up_to) == (Span(6, "w"), date(2026, 1, 1), date(2026, 12, 31))


def test_amounts_are_minor_units_of_one_currency() -> None:
    condition, _ = checked("{spend: {between: [0, 249.90 EUR]}}")

    assert isinstance(condition, FactTest)
    assert (condition.tests[0].argument, condition.tests[0].currency) == ((0, 24990), "EUR")


WRONG = {
    "{}": "A condition is one key with its value.",
    "[{tier: {is: gold}}]": "A condition is one key with its value.",
    "{tire: {is: gold}}": "There is no fact “tire”. Did you mean “tier”?",
    "{tier: gold}": "“tier” needs a test. Write tier: {is: ...}",
    "{name: {is: Otto}}": "“name” names a person; rules do not look into it.",
    "{all: []}": "“all” needs a list of at least one condition.",
    "{all: {tier: {is: gold}}}": "“all” needs a list of at least one condition.",
    "{not: [x]}": "A condition is one key with its value.",
    "{tier: {like: gold}}": "There is no test “like”.",
    "{tier: {above: 3}}": "“above” does not fit a text.",
    "{tier: {contains: ''}}": "Every text contains nothing.",
    "{tier: {one_of: gold}}": "“one_of” needs a list of",
    "{visits.count: {is: '3'}}": "“3” is no number. Write it like 3.",
    "{visits.count: {between: [3]}}": "“between” needs a list of two values.",
    "{visits.count: {between: [5, 3]}}": "5 is after 3: nothing lies between.",
    "{visits.last_on: {within: 0d}}": "“0d” is a window of no length: nothing lies in it. Write 1d or more.",
    "{spend: {above: 5}}": "“5” is no amount of money. Write 249.90 EUR; only 0 needs no currency.",
    "{spend: {between: [1 EUR, 2 USD]}}": "Both amounts must be in one currency.",
    "{event: visit}": "“event” needs a kind.",
    "{event: {kind: vist}}": "There is no event “vist”. Did you mean “visit”?",
    "{event: {kind: visit, at_lest: 3}}": "“at_lest” is no key here. Did you mean “at_least”?",
    "{event: {kind: visit, at_least: 0}}": "At least 0 is always true.",
    "{event: {kind: visit, at_least: 3, at_most: 2}}": "At least 3 and at most 2: never.",
    "{event: {kind: visit, exactly: 1, at_most: 2}}": "“exactly” stands alone.",
    "{event: {kind: visit, at_least: 1.5}}": "“1.5” is no count.",
    "{event: {kind: visit, from: 2026-02-01, up_to: 2026-01-01}}": "2026-02-01 is after 2026-01-01: no event lies between.",
    "{event: {kind: visit, where: {price: {is: 1}}}}": "This event has no field “price”.",
    "{event: {kind: visit, where: {}}}": "“where” needs tests on fields of the event.",
    "{event: {kind: visit, within: 30}}": "“30” is no span of time.",
}


@pytest.mark.parametrize("when", WRONG)
def test_a_mistake_is_told_with_its_mend(when: str) -> None:
    _, problems = checked(when)

    assert len(problems) == 1
    assert WRONG[when] in problems[0]


@pytest.mark.parametrize(
    ("test", "meant"),
    [
        ("visits.last_on: {newer_than: 30d}", "within"),  # and not its opposite, which is spelt most alike
        ("visits.last_on: {last: 30d}", "within"),
        ("visits.count: {gt: 3}", "above"),
        ("visits.count: {'>=': 3}", "at_least"),
        ("visits.count: {less_than: 3}", "below"),
        ("tier: {in: [gold]}", "one_of"),
        ("tier: {equals: gold}", "is"),
        ("tier: {like: gol}", "contains"),
        ("tier: {exists: true}", "is: missing"),
    ],
)
def test_words_of_other_systems_are_answered_with_the_test_that_is_meant(test: str, meant: str) -> None:
    _, problems = checked(f"{{{test}}}")

    assert [problem.rpartition(". ")[2] for problem in problems] == [f"Did you mean “{meant}”?"]


def test_a_document_of_too_many_tests_is_refused() -> None:
    _, problems = checked("{any: [" + "{tier: {is: gold}}," * (MOST_TESTS + 1) + "]}")

    told = [problem.split(": ", 1)[1] for problem in problems]

    assert told.count("More than 200 tests. Split the rule, or use one_of: [...].") == 1

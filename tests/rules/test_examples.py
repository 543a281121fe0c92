"""A rule is believed when its examples hold."""

from datetime import date

import pytest

from rules import RuleError
from rules.book import read_segment
from rules.catalogue import Catalogue, EventKind, Fact
from rules.documents import SegmentRule
from rules.parse import read_text
from rules.predicate import EventSeen

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number"),
        Fact("seen_at", "instant"),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
        Fact("currency", "text"),
    ],
    [EventKind("visit", "", {"amount": "money", "items": "number"})],
)


def segment(when: str, *examples: str) -> SegmentRule:
    rows = "".join(f"  - {example}\n" for example in examples)
    text = f"segment: some\ntitle: Some\nwhen: {when}\nexamples:\n{rows}"
    return read_segment(read_text(text.encode(), "some.yaml"), CATALOGUE)


def problems(when: str, *examples: str) -> str:
    with pytest.raises(RuleError) as wrong:
        segment(when, *examples)
    return str(wrong.value)


OUT = "{name: nobody, given: {}, expect: out}"
MANY = "{visits.count: {at_least: 3}}"


def test_an_example_that_does_not_hold_is_told_with_both_verdicts() -> None:
    told = problems(MANY, "{name: two visits, given: {visits.count: 2}, expect: in}", OUT)

    assert told == "some.yaml:5:5: The example “two visits” is out, and should be in. Mend the rule or the example."


def test_both_outcomes_need_an_example() -> None:
    assert "There is no example with expect: in. Add one." in problems(MANY, OUT)


def test_a_rule_of_time_needs_examples_with_a_day() -> None:
    told = problems("{seen_at: {within: 30d}}", "{name: seen, given: {seen_at: 2026-01-01}, expect: in}", OUT)

    assert "The example “seen” has no day. Add now: 2026-01-31" in told


def test_amounts_and_events_of_examples_are_typed() -> None:
    when = "{any: [{spend: {above: 1 EUR}}, {event: {kind: visit, where: {amount: {above: 1 EUR}}}}]}"

    rule = segment(
        when,
        "{name: spent, given: {spend: 5 EUR}, expect: in}",
        "{name: paid, given: {events: [{kind: visit, on: 2026-01-31, amount: 5 EUR, items: 2}]}, expect: in}",
        "{name: in dinars, given: {spend: 5 KWD}, expect: out}",
    )

    assert rule.examples[0].given == {"spend": 500, "currency": "EUR"}
    assert rule.examples[1].given["events"] == [
        EventSeen("visit", date(2026, 1, 31), id=1, amount_minor=500, currency="EUR", attributes={"items": 2})
    ]


WRONG = {
    "{name: x, given: {visits.count: three}, expect: in}": "some.yaml:5:23: “three” is no number.",
    "{name: x, given: {visit.count: 3}, expect: in}": "some.yaml:5:23: There is no fact “visit.count”.",
    "{name: x, given: {spend: 3}, expect: in}": "some.yaml:5:23: “3” is no amount of money.",
    "{name: x, given: [a], expect: in}": "some.yaml:5:15: “given” is a mapping of facts.",
    "{name: x, given: {events: 3}, expect: in}": "some.yaml:5:23: “events” is a list.",
    "{name: x, given: {events: [{kind: visit}]}, expect: in}": "some.yaml:5:32: An event needs a kind that exists",
    "{name: x, given: {events: [{kind: visit, on: 2026-01-01, price: 1}]}, expect: in}": "some.yaml:5:62: “price” is no key",
    "{name: x, expect: [in]}": "cannot be expected.",
    "{name: x, now: today, expect: in}": "some.yaml:5:15: “today” is no day.",
    "{given: {visits.count: 3}, expect: in}": "“name” is missing",
    "in": "some.yaml:5:5: An example is a mapping.",
}


@pytest.mark.parametrize("example", WRONG)
def test_a_mistake_in_an_example_has_a_place(example: str) -> None:
    assert WRONG[example] in problems(MANY, example, OUT)

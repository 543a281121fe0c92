"""Aggregates and sequences are typed against the fields of their events."""

import pytest

from language import CATALOGUE
from rules.calendar import Period, Span
from rules.check import Checker
from rules.parse import read_text
from rules.tree import Condition, EventTest, Sequence


def checked(when: str) -> tuple[Condition | None, list[str]]:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    return condition, [str(problem) for problem in checker.problems]


def test_a_measure_alone_asks_for_no_count() -> None:
    condition, _ = checked("{event: {kind: visit, during: last_quarter, sum: {amount: {at_least: 500 EUR}}}}")

    assert isinstance(condition, EventTest)
    assert (condition.low, condition.high, condition.within) == (0, None, Period("last", "quarter"))
    assert [(one.how, one.field, one.currency) for one in condition.measures] == [("sum", "amount", "EUR")]


def test_every_event_has_a_day_and_a_car() -> None:
    condition, problems = checked(
        "{event: {kind: complaint, distinct: {vehicle: {at_least: 2}}, last: {day: {older_than: 30d}}}}"
    )

    assert problems == []
    assert isinstance(condition, EventTest)
    assert [(one.how, one.type) for one in condition.measures] == [("distinct", "vehicle"), ("last", "day")]


def test_a_sequence_of_steps() -> None:
    condition, problems = checked(
        "{sequence: {by: vehicle, within: 60d, steps: [recommendation_declined, {not: booking_made},"
        " {event: visit, within: 14d, where: {amount: {above: 0}}}, {not: complaint, within: 1m}]}}"
    )

    assert problems == []
    assert isinstance(condition, Sequence)
    assert (condition.by, condition.by_type, condition.within) == ("vehicle", "vehicle", Span(60, "d"))
    assert [(step.kind.name, step.absent, str(step.within)) for step in condition.steps] == [
        ("recommendation_declined", False, "None"),
        ("booking_made", True, "None"),
        ("visit", False, "14d"),
        ("complaint", True, "1m"),
    ]


WRONG = {
    "{event: {kind: visit, sum: {branch: {above: 1}}}}": "There is no sum of a text. It fits: amount, items, odometer.",
    "{event: {kind: visit, sum: {amont: {above: 1 EUR}}}}": "This event has no field “amont”. Did you mean “amount”?",
    "{event: {kind: visit, sum: {amount: {above: 0}}}}": "Money is added up in one currency",
    "{event: {kind: visit, max: {amount: {above: 1 EUR, below: 9 USD}}}}": "Money is added up in one currency",
    "{event: {kind: visit, sum: {items: {is: missing}}}}": "A sum is never missing: of no event it is 0.",
    "{event: {kind: visit, distinct: {amount: {above: 1}}}}": "There is no distinct of a money.",
    "{event: {kind: visit, last: {items: {above: many}}}}": "“many” is no number.",
    "{event: {kind: visit, within: 30d, during: last_month}}": "“within” and “during” are two windows.",
    "{event: {kind: visit, during: lst_month}}": "“lst_month” is no period. Did you mean “last_month”?",
    "{event: {kind: visit, within: 0m}}": "“0m” is a window of no length",
    "{event: {kind: visit, where: {vehicle: {is: 3}}}}": "“is” does not fit a vehicle. These do: is: missing.",
    "{sequence: [visit, complaint]}": "“sequence” needs steps.",
    "{sequence: {steps: [visit]}}": "A sequence has 2 to 6 steps.",
    "{sequence: {steps: [visit, complant]}}": "There is no event “complant”. Did you mean “complaint”?",
    "{sequence: {steps: [visit, {then: complaint}]}}": "A step is an event, or one that must not be.",
    "{sequence: {steps: [visit, {not: vist, within: 1d}]}}": "There is no event “vist”. Did you mean “visit”?",
    "{sequence: {steps: [{not: visit, within: 3d}, complaint]}}": "The first step is an event",
    "{sequence: {steps: [visit, {not: complaint}]}}": "This absence never ends, so it never holds. Add within: 14d.",
    "{sequence: {steps: [visit, complaint], by: amount}}": "“amount” is no field that all steps have.",
    "{sequence: {steps: [visit, {event: complaint, within: 14}]}}": "“14” is no span of time.",
}


@pytest.mark.parametrize("when", WRONG)
def test_a_mistake_is_told_with_its_mend(when: str) -> None:
    _, problems = checked(when)

    assert len(problems) == 1
    assert WRONG[when] in problems[0]

"""Cars, scores, consent, buckets and other segments are checked by name and by type."""

import pytest

from language import CATALOGUE
from rules.check import Checker
from rules.documents import SegmentRule
from rules.parse import read_text
from rules.reader import MOST_TESTS
from rules.tree import BucketTest, Condition, ConsentTest, FactTest, Pinned, ScoreTest, SegmentTest, VehicleTest


def checked(when: str, known: dict[str, SegmentRule | None] | None = None) -> tuple[Condition | None, list[str]]:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE, known)
    condition = checker.condition(source.top["when"], source.top, "when")
    return condition, [str(problem) for problem in checker.problems]


def other(tests: int = 1) -> SegmentRule:
    from rules.book import read_segment

    text = (
        "segment: gold\ntitle: Gold\nzone: Asia/Dubai\nwhen: {loyalty.tier: {is: gold}}\nexamples:\n"
        "  - {name: a, given: {loyalty.tier: gold}, expect: in}\n  - {name: b, expect: out}\n"
    )
    rule = read_segment(read_text(text.encode(), "gold.yaml"), CATALOGUE)
    return SegmentRule(**{**rule.__dict__, "tests": tests})


def test_the_facts_of_a_car_are_asked_below_vehicle() -> None:
    condition, problems = checked("{vehicle: {every: [{fuel: {is: diesel}}, {not: {event: {kind: visit}}}]}}")

    assert problems == []
    assert isinstance(condition, VehicleTest)
    assert condition.quantifier == "every"


def test_after_a_car_the_facts_are_those_of_the_customer_again() -> None:
    condition, problems = checked("{all: [{vehicle: {some: [{fuel: {is: diesel}}]}}, {visits.count: {above: 3}}]}")

    assert problems == []
    assert isinstance(condition, object)


def test_a_score_may_be_left_further_back_than_it_was_entered() -> None:
    condition, problems = checked(
        "{score.churn: {at_least: 0.6, leave_below: 0.5, min_confidence: 0.5, min_support: 3, max_age: 7d}}"
    )

    assert problems == []
    assert isinstance(condition, ScoreTest)
    assert condition.leave is not None
    assert (condition.leave.operator.name, condition.leave.argument) == ("below", 0.5)
    assert (condition.min_confidence, condition.min_support, str(condition.max_age)) == (0.5, 3, "7d")


def test_consent_and_buckets() -> None:
    consent, _ = checked("{consent: {purpose: marketing, channel: mail, is: missing}}")
    bucket, _ = checked("{bucket: {of: spring, from: 0.1, below: 0.4}}")

    assert isinstance(consent, ConsentTest)
    assert isinstance(bucket, BucketTest)
    assert (consent.state, bucket.low, bucket.high) == ("missing", 0.1, 0.4)


def test_a_segment_brings_its_condition_and_its_zone() -> None:
    condition, _ = checked("{segment: {not_in: gold}}", {"gold": other()})

    assert isinstance(condition, SegmentTest)
    assert isinstance(condition.condition, Pinned)  # who was put in by hand is in for its readers, too
    assert isinstance(condition.condition.condition, FactTest)
    assert (condition.inside, condition.zone) == (False, "Asia/Dubai")


def test_the_tests_of_other_segments_count() -> None:
    _, problems = checked("{any: [{segment: {in: gold}}, {visits.count: {above: 3}}]}", {"gold": other(MOST_TESTS + 1)})

    assert len(problems) == 1
    assert "With those of “gold” there are more than 200 tests." in problems[0]


WRONG = {
    "{vehicle: [{fuel: {is: diesel}}]}": "“vehicle” needs one of some, every, none",
    "{vehicle: {most: [{fuel: {is: diesel}}]}}": "“vehicle” needs one of some, every, none",
    "{vehicle: {some: []}}": "“some” needs a list of at least one condition.",
    "{vehicle: {some: [{feul: {is: diesel}}]}}": "There is no fact “feul” of a car. Did you mean “fuel”?",
    "{vehicle: {some: [{consent: {purpose: marketing, channel: mail, is: granted}}]}}": "asks about the customer, not about a car.",
    "{vehicle: {some: [{age: {at_least: 4}}]}}": "“4” is no span of time.",
    "{vehicle: {some: [{age: {is: 4y}}]}}": "“is” does not fit a age. These do: at_least, at_most, above, below.",
    "{fuel: {is: diesel}}": "There is no fact “fuel”.",
    "{score.chrun: {above: 0.5}}": "There is no score “chrun”. Did you mean “score.churn”?",
    "{score.churn: {max_age: 7d}}": "“score.churn” needs a test.",
    "{score.churn: {above: 0.5, min_confidence: 5}}": "“5” is no share. Write a number from 0 to 1",
    "{score.churn: {above: 0.5, leave_below: 0.7}}": "It would leave at 0.7 and enter at 0.5 at once.",
    "{score.churn: {below: 0.5, leave_below: 0.3}}": "“leave_below” goes with one test, above or at_least.",
    "{score.churn: {is: missing, max_age: 7d}}": "Of a score that is missing nothing else is known.",
    "{score.churn: {above: 0.5, min_support: 0}}": "“0” is no count.",
    "{consent: granted}": "“consent” needs a purpose, a channel and what it is.",
    "{consent: {purpose: marketng, channel: mail, is: granted}}": "There is no purpose “marketng”. Did you mean “marketing”?",
    "{consent: {purpose: marketing, channel: mail, is: yes}}": "There is no state of consent “yes”.",
    "{bucket: {of: spring, below: 1}}": "A bucket of all is always true.",
    "{bucket: {of: spring, from: 0.5, below: 0.5}}": "Nobody lies from 0.5 and below 0.5.",
    "{bucket: {of: Spring 26, below: 0.5}}": "“Spring 26” is no name of an experiment.",
    "{bucket: {of: spring}}": "“bucket” needs a share.",
    "{segment: gold}": "“segment” needs in or not_in.",
    "{segment: {in: gold}}": "There is no segment “gold”.",
}


@pytest.mark.parametrize("when", WRONG)
def test_a_mistake_is_told_with_its_mend(when: str) -> None:
    _, problems = checked(when)

    assert len(problems) == 1
    assert WRONG[when] in problems[0]

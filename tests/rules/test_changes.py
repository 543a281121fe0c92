"""What would have to be otherwise, in the fewest tests; and every kind of node in words."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from language import CATALOGUE
from rules.check import Checker
from rules.explain import Explained, explain
from rules.given import Given
from rules.parse import read_text
from rules.predicate import EventSeen, ScoreSeen, VehicleSeen

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GOLF = VehicleSeen(1, date(2020, 1, 1), None, {"fuel": "diesel", "age": date(2019, 5, 1)}, "golf")
POLO = VehicleSeen(2, date(2020, 1, 1), None, {"fuel": "petrol"}, "polo")
SOLD = VehicleSeen(3, date(2020, 1, 1), date(2026, 11, 25), {"fuel": "diesel"}, "sold today")


def told(when: str, given: dict[str, Any] | None = None) -> Explained:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, CATALOGUE)
    condition = checker.condition(source.top["when"], source.top, "when")
    assert condition is not None, checker.problems
    return explain(condition, Given(given or {}), NOW, "UTC")


def test_out_of_all_every_test_that_fails_would_have_to_pass() -> None:
    found = told(
        "{all: [{visits.count: {at_least: 3}}, {complaints.count: {is: 0}}, {loyalty.tier: {is: gold}}]}",
        {"visits.count": 1, "complaints.count": 0},
    )

    assert found.changes == ("visits.count is 1; needed: is at least 3", "loyalty.tier is missing; needed: is gold")


def test_out_of_any_the_branch_with_the_fewest_changes_is_told() -> None:
    found = told(
        "{any: [{all: [{visits.count: {at_least: 3}}, {loyalty.tier: {is: gold}}]}, {complaints.count: {above: 2}}]}"
    )

    assert found.changes == ("complaints.count is missing; needed: is above 2",)


def test_to_leave_one_test_of_all_is_enough_and_all_branches_of_any_are_needed() -> None:
    both = "[{visits.count: {at_least: 3}}, {complaints.count: {is: 0}}]"
    given = {"visits.count": 3, "complaints.count": 0}

    assert len(told(f"{{all: {both}}}", given).changes) == 1
    assert len(told(f"{{any: {both}}}", given).changes) == 2
    assert told("{not: {visits.count: {above: 5}}}", given).changes == ("visits.count is 3; needed: is above 5",)


def test_of_cars_the_one_that_lacks_least_is_told_and_one_that_was_sold_is_none() -> None:
    when = "{vehicle: {some: [{fuel: {is: diesel}}, {age: {at_least: 10y}}]}}"

    found = told(when, {"vehicles": [POLO, GOLF, SOLD]})

    assert found.sentences == (
        "no : 0 of 2 car(s); asked: some of the cars owned today",
        "  no : all of these on polo",
        "    no : fuel is petrol on polo; asked: is diesel",
        "    no : age is missing on polo; asked: is at least 10y",
        "  no : all of these on golf",
        "    yes: fuel is diesel on golf; asked: is diesel",
        "    no : age is 2019-05-01 on golf; asked: is at least 10y; changes by itself at 2029-05-01 00:00 UTC",
    )
    assert found.changes == ("age is 2019-05-01 on golf; needed: is at least 10y",)
    assert found.flips_at == datetime(2029, 5, 1, tzinfo=UTC)
    assert told(when).changes == ("no car is owned today; needed: one that passes",)


SENTENCES: dict[str, tuple[dict[str, Any], str]] = {
    "{event: {kind: visit, sum: {items: {above: 5}}, max: {amount: {above: 1 EUR}}}}": (
        {
            "events": [
                EventSeen("visit", date(2026, 1, 1), attributes={"items": 2.5}, amount_minor=5000, currency="EUR")
            ]
        },
        (
            "no : 1 visit event(s), sum of items is 2.5, max of amount is 50.00 EUR;"
            " asked: sum of items is above 5 and max of amount is above 1.00 EUR"
        ),
    ),
    "{sequence: {by: vehicle, within: 60d, steps: [recommendation_declined, {not: booking_made, within: 14d}]}}": (
        {},
        "no : no run of recommendation_declined, then no booking_made within 14d by vehicle within 60d; asked: one",
    ),
    "{score.churn: {at_least: 0.6, leave_below: 0.5, min_confidence: 0.5, max_age: 9d}}": (
        {"scores": [("churn", ScoreSeen(0.7, 0.6, 0.8, 12, date(2026, 11, 24)))]},
        (
            "yes: score.churn is 0.7 (confidence 0.8, support 12, of 2026-11-24); asked: is at least 0.6, until it is below 0.5,"
            " confidence at least 0.5, not older than 9d; changes by itself at 2026-12-03 00:00 UTC"
        ),
    ),
    "{consent: {purpose: marketing, channel: sms, is: granted}}": (
        {"consents": {("marketing", "sms"): "withdrawn"}},
        "no : consent to marketing by sms is withdrawn; asked: is granted",
    ),
    "{bucket: {of: spring, below: 0.1}}": (
        {"buckets": {"spring": 0.25}},
        "no : place in spring is 0.2500; asked: from 0 and below 0.1",
    ),
    "{tags: {has_any: [b, a]}}": ({"tags": frozenset({"b", "c"})}, "yes: tags is b, c; asked: has one of b, a"),
}


@pytest.mark.parametrize("when", SENTENCES)
def test_every_kind_of_node_says_what_was_seen_and_asked(when: str) -> None:
    given, sentence = SENTENCES[when]

    assert told(when, given).sentences == (sentence,)


def test_as_json_each_node_has_its_place_its_events_and_its_day_of_change() -> None:
    seen = [EventSeen("visit", date(2026, 11, 1), id=7), EventSeen("visit", date(2026, 1, 1), id=8)]

    found = told("{not: {event: {kind: visit, within: 30d}}}", {"events": seen}).told.as_json()

    assert found["parts"] == [
        {
            "holds": True,
            "seen": "1 visit event(s) within 30d",
            "asked": "at least 1",
            "event_ids": [7],
            "place": "rule.yaml:1:14",
            "flips_at": "2026-12-01T00:00:00+00:00",
            "parts": [],
        }
    ]
    assert (found["holds"], found["flips_at"]) == (False, "2026-12-01T00:00:00+00:00")

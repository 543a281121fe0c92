"""A trace in sentences."""

from datetime import UTC, date, datetime
from typing import Any

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.examples import Given
from rules.explain import Explained, explain
from rules.parse import read_text
from rules.predicate import EventSeen

CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number"),
        Fact("visits.last_on", "day"),
        Fact("tier", "text"),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
    ],
    [EventKind("visit", "", {"amount": "money", "items": "number"})],
)


def told_of(when: str, file: str = "rule.yaml", **given: Any) -> Explained:
    source = read_text(f"when: {when}".encode(), file)
    condition = Checker(source, CATALOGUE).condition(source.top["when"], source.top, "when")
    assert condition is not None
    facts = {name.replace("__", "."): value for name, value in given.items()}
    return explain(condition, Given(facts), datetime(2026, 11, 25, tzinfo=UTC), "UTC")


def sentences(when: str, **given: Any) -> list[str]:
    return list(told_of(when, **given).sentences)


def test_a_place_names_the_file_and_not_where_the_server_keeps_it() -> None:
    told = told_of("{tier: {is: gold}}", "/srv/hub/config/segments/gold.yaml", tier="gold")

    assert told.told.place == "gold.yaml:1:8"


def test_every_node_says_what_was_seen_and_asked() -> None:
    told = sentences(
        "{all: [{visits.count: {at_least: 3}}, {not: {visits.last_on: {older_than: 180d}}}, {tier: {is: missing}}]}",
        visits__count=2,
        visits__last_on=date(2026, 4, 1),
    )

    assert told == [
        "no : all of these",
        "  no : visits.count is 2; asked: is at least 3",
        "  no : not this",
        "    yes: visits.last_on is 2026-04-01; asked: is older than 180d",
        "  yes: tier is missing; asked: is missing",
    ]


def test_amounts_are_told_in_their_currency() -> None:
    assert sentences("{spend: {between: [0, 249.90 EUR]}}", spend=24_990, currency="KWD") == [
        "no : spend is 24.990 KWD; asked: is between 0.00 EUR, 249.90 EUR"
    ]


def test_events_are_told_with_their_window_and_fields() -> None:
    seen = [EventSeen("visit", date(2026, 11, 1), attributes={"items": 3})]

    told = sentences("{event: {kind: visit, at_most: 2, within: 30d, where: {items: {one_of: [2, 3]}}}}", events=seen)

    assert told == ["yes: 1 visit event(s) within 30d where items is one of 2, 3; asked: 0 to 2"]


def test_any_of_several_is_told_as_such() -> None:
    told = sentences("{any: [{visits.count: {at_least: 3}}, {tier: {is: gold}}]}", visits__count=2, tier="gold")

    assert told[0] == "yes: any of these"
    assert [line.split(":")[0].strip() for line in told[1:]] == ["no", "yes"]

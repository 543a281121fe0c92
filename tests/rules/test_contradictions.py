"""What no value can pass is told when the rule is read."""

from datetime import date
from typing import Any

import pytest
from ruamel.yaml.comments import CommentedMap

from rules.catalogue import Catalogue, EventKind, Fact
from rules.check import Checker
from rules.parse import Source

CATALOGUE = Catalogue(
    [
        Fact("visits", "number"),
        Fact("tier", "text"),
        Fact("last_on", "day"),
        Fact("staff", "flag"),
        Fact("tags", "set"),
        Fact("spend", "money", "currency", "", False, "spend_minor", "spend_currency"),
    ],
    [EventKind("visit")],
    vehicle=[Fact("age", "age")],
)


def told(when: dict[str, Any]) -> list[str]:
    checker = Checker(Source("rule.yaml", CommentedMap()), CATALOGUE)
    checker.condition(when, {}, "when")
    return [problem.what for problem in checker.problems]


def problems(*whens: dict[str, Any]) -> list[str]:
    return told({"all": list(whens)})


@pytest.mark.parametrize(
    "tests",
    [
        [{"above": 3}, {"below": 3}],
        [{"at_least": 3}, {"below": 3}],
        [{"at_least": 4}, {"at_most": 3}],
        [{"is": "missing"}, {"at_least": 1}],
    ],
)
def test_two_tests_that_exclude_each_other(tests: list[dict[str, object]]) -> None:
    assert problems(*({"visits": test} for test in tests)) == ["No value of “visits” passes all of these tests."]


def test_two_tests_that_just_touch_are_fine() -> None:
    assert problems({"visits": {"at_least": 3}}, {"visits": {"at_most": 3}}) == []
    assert problems({"visits": {"is": "missing"}}, {"tier": {"is": "gold"}}) == []


NEVER: list[tuple[str, list[dict[str, Any]]]] = [
    ("tier", [{"is": "gold"}, {"is": "silver"}]),
    ("tier", [{"one_of": ["gold", "silver"]}, {"none_of": ["silver", "gold"]}]),
    ("tier", [{"is": "gold"}, {"starts_with": "s"}]),
    ("last_on", [{"older_than": "30d"}, {"within": "30d"}]),
    ("last_on", [{"older_than": "2m"}, {"during": "this_month"}]),
    ("staff", [{"is": True}, {"is": False}]),
    ("tags", [{"has": "a"}, {"has_none": ["a", "b"]}]),
    ("spend", [{"above": "1 EUR"}, {"below": "5 USD"}]),
]


@pytest.mark.parametrize(("name", "tests"), NEVER)
def test_whatever_the_type_what_no_value_passes_is_told(name: str, tests: list[dict[str, Any]]) -> None:
    what = f"No value of “{name}” passes all of these tests."

    assert problems(*({name: test} for test in tests)) == [what]
    assert problems({"all": [{name: tests[0]}]}, {name: tests[1]}) == [what]


POSSIBLE: list[tuple[str, list[dict[str, Any]]]] = [
    ("tier", [{"starts_with": "g"}, {"ends_with": "d"}]),
    ("tier", [{"is_not": "gold"}, {"is_not": "silver"}]),
    ("last_on", [{"older_than": "30d"}, {"within": "31d"}]),
    ("last_on", [{"older_than": "30d"}, {"within": "1m"}]),
    ("last_on", [{"before": "2020-01-01"}, {"within": "30d"}]),
    ("visits", [{"above": 3}, {"below": 4}]),
    ("tags", [{"has_any": ["a", "b"]}, {"has_none": ["a"]}]),
    ("spend", [{"above": 0}, {"below": "5 USD"}]),
]


@pytest.mark.parametrize(("name", "tests"), POSSIBLE)
def test_what_some_value_passes_is_left_alone(name: str, tests: list[dict[str, Any]]) -> None:
    given = [{key: date(2020, 1, 1) if key == "before" else value for key, value in test.items()} for test in tests]

    assert problems(*({name: test} for test in given)) == []


def test_the_age_of_a_car_has_bounds_too() -> None:
    def young_and_old(low: str, high: str) -> dict[str, Any]:
        return {"vehicle": {"some": [{"age": {"at_least": low}}, {"age": {"below": high}}]}}

    assert told(young_and_old("4y", "4y")) == ["No value of “age” passes all of these tests."]
    assert told(young_and_old("4y", "8y")) == []


def test_counts_of_the_same_events_that_exclude_each_other() -> None:
    many, few = {"kind": "visit", "at_least": 3, "within": "90d"}, {"kind": "visit", "at_most": 2, "within": "90d"}

    assert problems({"event": many}, {"event": few}) == ["No number of visit events passes all of these counts."]
    assert problems({"event": many}, {"not": {"event": many}}) == [
        "No number of visit events passes all of these counts."
    ]
    assert problems({"event": many}, {"event": few | {"within": "30d"}}) == []


def test_a_condition_and_its_opposite() -> None:
    gold = {"tier": {"is": "gold"}}

    assert problems(gold, {"not": gold}) == ["It can never hold together with its opposite above."]
    assert told({"any": [gold, {"not": gold}]}) == [
        "With its opposite above it always holds, so nothing beside it is asked."
    ]


@pytest.mark.parametrize(
    "branches",
    [
        [{"visits": {"at_least": 3}}, {"visits": {"below": 3}}, {"visits": {"is": "missing"}}],
        [{"staff": {"is": True}}, {"staff": {"is": False}}, {"staff": {"is": "missing"}}],
        [{"tier": {"is": "gold"}}, {"tier": {"is_not": "gold"}}, {"any": [{"tier": {"is": "missing"}}]}],
    ],
)
def test_what_everybody_passes_is_told(branches: list[dict[str, Any]]) -> None:
    assert [problem for problem in told({"any": branches}) if problem.startswith("Every value of")]


def test_without_the_missing_ones_it_is_not_everybody() -> None:
    assert told({"any": [{"visits": {"at_least": 3}}, {"visits": {"below": 3}}]}) == []


def test_a_branch_that_is_never_needed_and_one_that_stands_twice() -> None:
    gold, often = {"tier": {"is": "gold"}}, {"visits": {"at_least": 3}}

    assert told({"any": [gold, {"all": [gold, often]}]}) == [
        "This branch is never needed: a condition in it stands beside it alone."
    ]
    assert told({"any": [gold, often, gold]}) == ["This condition stands twice."]

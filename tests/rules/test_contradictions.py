"""What no value can pass is told when the rule is read."""

import pytest
from ruamel.yaml.comments import CommentedMap

from rules.catalogue import Catalogue, Fact
from rules.check import Checker
from rules.parse import Source

CATALOGUE = Catalogue([Fact("visits", "number"), Fact("tier", "text")])


def problems(*whens: dict[str, dict[str, object]]) -> list[str]:
    checker = Checker(Source("rule.yaml", CommentedMap()), CATALOGUE)
    checker.condition({"all": list(whens)}, {}, "when")
    return [problem.what for problem in checker.problems]


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

"""The trace of a rule, line by line."""

from datetime import UTC, datetime

from hub.flow.explain import Answer
from portal.verdicts import Because, verdicts
from rules.catalogue import Catalogue, Fact
from rules.check import Checker
from rules.examples import Given
from rules.explain import explain
from rules.parse import read_text


def answer(when: str) -> Answer:
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    condition = Checker(source, Catalogue([Fact("a", "number")])).condition(source.top["when"], source.top, "when")
    assert condition is not None
    told = explain(condition, Given({"a": 1}), datetime(2026, 11, 25, tzinfo=UTC), "UTC")
    return Answer("s", "Title", None, told)


def test_lines_stand_at_their_depth_with_their_answer_and_what_would_have_to_change() -> None:
    found = verdicts([answer("{all: [{a: {is: 1}}, {a: {above: 5}}]}")])[0]

    assert (found.title, found.holds) == ("Title", False)
    assert found.because == (
        Because(0, False, "no", "all of these"),
        Because(1, True, "yes", "a is 1; asked: is 1"),
        Because(1, False, "no", "a is 1; asked: is above 5"),
    )
    assert found.outlook == ("to enter: a is 1; needed: is above 5",)


def test_the_page_has_so_many_steps_and_no_more() -> None:
    deep = verdicts([answer("{not: " * 7 + "{a: {is: 1}}" + "}" * 7)])[0]

    assert [line.depth for line in deep.because] == [0, 1, 2, 3, 4, 5, 5, 5]

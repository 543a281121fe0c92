"""Segments are read after those that they name."""

from pathlib import Path

import pytest

from language import CATALOGUE
from rules import RuleError, load_book
from rules.order import named, ordered

EXAMPLES = """
examples:
  - {name: gold, given: {loyalty.tier: gold, visits.count: 9}, expect: in}
  - {name: nobody, given: {}, expect: out}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    return tmp_path


def put(folder: Path, name: str, when: str, examples: str = EXAMPLES) -> None:
    (folder / "segments" / f"{name}.yaml").write_text(f"segment: {name}\ntitle: Some\nwhen: {when}{examples}")


def test_the_names_of_other_segments_are_found_anywhere_in_a_condition() -> None:
    assert named({"all": [{"not": {"segment": {"in": "a"}}}, {"segment": {"not_in": "b"}}, {"fact": {"is": 1}}]}) == {
        "a",
        "b",
    }


def test_each_comes_after_those_it_reads_and_none_of_a_circle_comes_at_all() -> None:
    def reading(name: str) -> dict[str, object]:
        return {"when": {"segment": {"in": name}}}

    order, circles = ordered({"a": reading("b"), "b": reading("c"), "c": {}, "x": reading("y"), "y": reading("x")})

    assert order == ["c", "b", "a"]
    assert circles == {"x": ["x", "y"]}


def test_a_segment_holds_the_conditions_of_another_and_is_another_rule_when_that_one_changes(folder: Path) -> None:
    put(folder, "aces", "{segment: {in: gold}}")
    put(folder, "gold", "{loyalty.tier: {is: gold}}")
    first = load_book(folder, CATALOGUE).segments["aces"]

    put(folder, "gold", "{all: [{loyalty.tier: {is: gold}}, {visits.count: {above: 3}}]}")
    second = load_book(folder, CATALOGUE).segments["aces"]

    assert (first.reads.segments, first.reads.facts) == ({"gold"}, {"loyalty.tier"})
    assert second.reads.facts == {"loyalty.tier", "visits.count"}
    assert first.document == second.document
    assert first.hash != second.hash


def test_a_circle_is_told_once_with_the_way_round(folder: Path) -> None:
    put(folder, "first", "{segment: {in: second}}")
    put(folder, "second", "{not: {segment: {in: third}}}")
    put(folder, "third", "{any: [{loyalty.tier: {is: gold}}, {segment: {in: first}}]}")

    with pytest.raises(RuleError) as wrong:
        load_book(folder, CATALOGUE)

    assert [problem.what for problem in wrong.value.problems] == ["It reads itself: first -> second -> third -> first."]
    assert wrong.value.problems[0].mark.line == 3


def test_what_reads_a_segment_that_is_wrong_is_not_told_of_it_again(folder: Path) -> None:
    put(folder, "aces", "{segment: {in: gold}}")
    put(folder, "gold", "{loyalty.tire: {is: gold}}")

    with pytest.raises(RuleError) as wrong:
        load_book(folder, CATALOGUE)

    assert [Path(problem.mark.file).stem for problem in wrong.value.problems] == ["gold"]


def test_an_unknown_segment_is_told_with_the_nearest(folder: Path) -> None:
    put(folder, "aces", "{segment: {in: glod}}")
    put(folder, "gold", "{loyalty.tier: {is: gold}}")

    with pytest.raises(RuleError, match=r"There is no segment “glod”. Did you mean “gold”\?"):
        load_book(folder, CATALOGUE)

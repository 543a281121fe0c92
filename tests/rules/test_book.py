"""A configuration folder becomes a book, or one answer that names everything wrong in every file."""

from pathlib import Path

import pytest

from rules import Catalogue, EventKind, Fact, RuleError, load_book

CONFIG = Path(__file__).parents[2] / "config"
CATALOGUE = Catalogue(
    [Fact("visits.count", "number"), Fact("visits.last_on", "day"), Fact("loyalty.tier", "text")],
    [EventKind("visit", "", {"amount": "money", "items": "number"}), EventKind("complaint")],
)
SEGMENT = """
segment: {name}
title: Regulars
zone: Europe/Berlin
when: {{event: {{kind: visit, at_least: 2, within: 30d}}}}
examples:
  - name: two of them
    now: 2026-11-25
    given: {{events: [{{kind: visit, on: 2026-10-27}}, {{kind: visit, on: 2026-11-25}}]}}
    expect: in
  - name: one is a day too old
    now: 2026-11-25
    given: {{events: [{{kind: visit, on: 2026-10-26}}, {{kind: visit, on: 2026-11-25}}]}}
    expect: out
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    (tmp_path / "policies").mkdir()
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / "segments" / f"{name}.yaml").write_text(text, encoding="utf-8")


def wrong(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load_book(folder, CATALOGUE)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_the_shipped_configuration_is_right():
    book = load_book(CONFIG, CATALOGUE)

    assert {"regulars", "lapsed_regulars"} <= set(book.segments)
    assert "no_means_no" in {policy.name for policy in book.policies}
    assert book.segments["lapsed_regulars"].reads.facts == {"visits.count", "visits.last_on"}
    assert book.segments["lapsed_regulars"].reads.events == {"complaint"}
    assert book.segments["lapsed_regulars"].reads.timed
    assert not book.segments["gold_members"].reads.timed


def test_an_empty_folder_is_an_empty_book(folder: Path):
    book = load_book(folder, CATALOGUE)
    assert (dict(book.segments), book.policies) == ({}, ())


def test_the_mistakes_of_all_files_come_in_one_answer(folder: Path):
    put(folder, "one", SEGMENT.format(name="one").replace("kind: visit, at_least", "kind: vist, at_least"))
    put(folder, "two", SEGMENT.format(name="two").replace("Europe/Berlin", "Europe/Bärlin"))
    put(folder, "three", "segment: three\n\ttitle: x\n")
    (folder / "policies" / "four.yaml").write_text("policy: four\nverdict: perhaps\n")

    found = wrong(folder)

    assert {problem.split(":")[0] for problem in found} == {
        "segments/one.yaml", "segments/two.yaml", "segments/three.yaml", "policies/four.yaml"
    }  # fmt: skip
    assert any(
        problem.startswith("segments/one.yaml:5:16: ") and "Did you mean “visit”?" in problem for problem in found
    )
    assert any(problem.startswith("segments/two.yaml:4:1: ") for problem in found)


def test_a_file_bears_the_name_of_its_segment(folder: Path):
    put(folder, "regulars", SEGMENT.format(name="others"))
    assert wrong(folder) == ["segments/regulars.yaml:2:1: “others” stands in regulars.yaml. Name the file others.yaml."]


def test_an_example_that_fails_stops_the_book(folder: Path):
    put(folder, "some", SEGMENT.format(name="some").replace("2026-10-26", "2026-10-27"))
    [problem] = wrong(folder)
    assert "“one is a day too old” is in, and should be out." in problem


def test_an_example_of_a_rule_that_speaks_of_time_needs_its_day(folder: Path):
    put(folder, "some", SEGMENT.format(name="some").replace("    now: 2026-11-25\n", ""))
    assert len(wrong(folder)) == 2
    assert all("has no day. Add now:" in problem for problem in wrong(folder))


def test_comments_and_the_order_of_keys_do_not_change_the_hash_but_a_number_does(folder: Path):
    def its_hash(text: str) -> str:
        put(folder, "some", text)
        return load_book(folder, CATALOGUE).segments["some"].hash

    text = SEGMENT.format(name="some")
    turned = "# a comment\n" + text.replace("title: Regulars\n", "") + "title: Regulars   # moved\n"
    inside = text.replace("kind: visit, at_least: 2", "at_least: 2, kind: visit")

    assert its_hash(turned) == its_hash(inside) == its_hash(text)
    assert its_hash(text.replace("title: Regulars", "title: Regular")) != its_hash(text)

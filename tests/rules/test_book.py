"""A folder of rules is loaded whole, or not at all with everything that is wrong."""

from pathlib import Path

import pytest

from rules import RuleError, load_book
from rules.catalogue import Catalogue, EventKind, Fact

CATALOGUE = Catalogue([Fact("visits.count", "number")], [EventKind("visit")])
SEGMENT = """segment: regulars
title: Regulars
zone: Asia/Dubai
when: {visits.count: {at_least: 3}}
examples:
  - {name: three, given: {visits.count: 3}, expect: in}
  - {name: none, given: {}, expect: out}
"""
POLICY = """policy: consent
title: Consent
applies: {consent: {is: granted}}
verdict: allow
because: consent
examples:
  - {name: granted, given: {consent: granted}, expect: allow}
  - {name: never asked, given: {}, expect: silent}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"segments/regulars.yaml": SEGMENT, "policies/consent.yaml": POLICY}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def told(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as wrong:
        load_book(folder, CATALOGUE)
    return [line.removeprefix(f"{folder}/") for line in str(wrong.value).splitlines()]


def test_a_right_folder_is_a_rulebook(folder: Path) -> None:
    book = load_book(folder, CATALOGUE)

    rule = book.segments["regulars"]
    assert (rule.title, rule.zone, rule.reads.facts, rule.reads.timed) == (
        "Regulars",
        "Asia/Dubai",
        frozenset({"visits.count"}),
        False,
    )
    assert [(policy.name, policy.verdict, policy.because) for policy in book.policies] == [
        ("consent", "allow", "consent")
    ]


def test_an_empty_folder_is_an_empty_book(tmp_path: Path) -> None:
    book = load_book(tmp_path, CATALOGUE)

    assert (book.segments, book.policies) == ({}, ())


def test_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "segments/regulars.yaml").write_text(SEGMENT.replace("visits.count", "visit.count"))
    (folder / "policies/consent.yaml").write_text(POLICY.replace("verdict: allow", "verdict: maybe"))

    problems = told(folder)

    assert "policies/consent.yaml:4:1: “maybe” is no verdict. Write allow, deny or mask." in problems
    assert "segments/regulars.yaml:4:8: There is no fact “visit.count”. Did you mean “visits.count”?" in problems


def test_a_file_has_the_name_of_its_rule(folder: Path) -> None:
    (folder / "segments/regulars.yaml").rename(folder / "segments/others.yaml")

    assert told(folder) == ["segments/others.yaml:1:1: “regulars” stands in others.yaml. Name the file regulars.yaml."]


def test_a_file_with_another_ending_is_not_passed_over_in_silence(folder: Path) -> None:
    (folder / "segments/regulars.yaml").rename(folder / "segments/regulars.yml")

    assert told(folder) == ["segments/regulars.yml:1:1: This file is not read. Name it regulars.yaml."]


def test_a_mask_names_its_fields_and_only_a_mask_does(folder: Path) -> None:
    (folder / "policies/consent.yaml").write_text(POLICY + "mask: [phone]\n")

    assert told(folder)[0].startswith("policies/consent.yaml:9:1: “mask” lists the fields")

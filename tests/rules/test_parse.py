"""YAML becomes mappings that know where every key stands."""

import pytest

from rules import RuleError
from rules.errors import Mark
from rules.parse import DEEPEST, read_text


def told(text: str) -> str:
    with pytest.raises(RuleError) as wrong:
        read_text(text.encode(), "rule.yaml")
    return str(wrong.value)


def test_every_key_and_item_has_a_mark() -> None:
    source = read_text(b"a: 1\nb:\n  - x: 2\n  - y: 3\n", "rule.yaml")

    assert source.mark(source.top, "b") == Mark("rule.yaml", 2, 1)
    assert source.mark(source.top["b"], 1) == Mark("rule.yaml", 4, 5)
    assert source.mark(source.top["b"][0], "x") == Mark("rule.yaml", 3, 5)


def test_a_key_that_is_missing_stands_where_its_block_does() -> None:
    source = read_text(b"a:\n  b: 1\n", "rule.yaml")

    assert source.mark(source.top["a"], "c") == Mark("rule.yaml", 2, 3)


def test_words_like_yes_and_no_stay_text() -> None:
    assert read_text(b"a: [yes, no, NO, on]\n", "rule.yaml").top["a"] == ["yes", "no", "NO", "on"]


def test_an_ampersand_within_a_text_is_no_anchor() -> None:
    assert read_text(b"title: Fish &Chips *today\n", "rule.yaml").top["title"] == "Fish &Chips *today"


def test_the_deepest_document_that_is_read() -> None:
    levels = DEEPEST - 1

    read_text(b"a: " + b"[" * (levels - 1) + b"]" * (levels - 1), "rule.yaml")

    assert told("a: " + "[" * (levels + 1) + "]" * (levels + 1)).startswith("rule.yaml:1:53: More than 50 levels deep.")


REFUSED = {
    "a: 2026-02-30": "rule.yaml:1:4: This is no YAML: “2026-02-30” is no value.",
    "a: !!python/object:os.system x": "rule.yaml:1:4: The tag",
    "a: &b c": "rule.yaml:1:4: Anchors and aliases are not read.",
    "a: 1\nb: *a": "rule.yaml:2:4: Anchors and aliases are not read.",
    "<<: {a: 1}": "rule.yaml:1:1: A key must be a plain word.",
    "a: 1\na: 2": "rule.yaml:2:1: This key stands twice.",
    "a: 1\n---\nb: 2": "rule.yaml:1:1: The file has several documents.",
    "a:\n\t- b": "rule.yaml:2:1: This is no YAML",
    "- a": "rule.yaml:1:1: The document must be a mapping.",
    "": "rule.yaml:1:1: The file is empty.",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_has_a_place(text: str) -> None:
    assert told(text).startswith(REFUSED[text])


def test_tabs_are_named() -> None:
    assert told("a:\n\t- b").endswith("Indent with spaces, never with tabs.")

"""Texts for people: in their language, with every value, or not at all."""

import pytest

from hub.errors import ConfigError
from hub.templates import Templates


@pytest.fixture
def templates(tmp_path):
    (tmp_path / "hello.yaml").write_text(
        'texts: {en: "Hello {{ tier }}", ar: "مرحبا {{ tier }}", de: "{{ tier.__class__.__mro__ }}"}'
    )
    return Templates(tmp_path)


def test_a_text_comes_in_the_persons_language_or_in_english(templates):
    assert templates.render("hello", "ar", {"tier": "gold"}) == "مرحبا gold"
    assert templates.render("hello", "th", {"tier": "gold"}) == "Hello gold"


def test_a_missing_value_is_an_error_not_a_gap(templates):
    with pytest.raises(ConfigError, match="'tier' is undefined"):
        templates.render("hello", "en", {})


def test_a_template_cannot_reach_into_python(templates):
    with pytest.raises(ConfigError, match="cannot be filled"):
        templates.render("hello", "de", {"tier": "gold"})


def test_a_template_that_is_not_there_is_named(templates):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        templates.render("nowhere", "en", {})

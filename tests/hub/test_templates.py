"""Texts for people: in their language, with every value, or not at all."""

import pytest

from hub.errors import ConfigError
from hub.templates import Templates, Written


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


MAIL = """
mails:
  en: {subject: "Hi {{ name | default('there') }}", text: "It is {{ tier }}.", label: "Go", link: "https://x/{{ tier }}"}
"""


def test_a_mail_has_a_subject_a_text_and_one_button(tmp_path):
    (tmp_path / "hello.yaml").write_text(MAIL)

    written = Templates(tmp_path).write("hello", "th", {"tier": "gold"})

    assert written == Written("Hi there", "It is gold.", "Go", "https://x/gold")


@pytest.mark.parametrize(
    "text", ["mails: {en: {subject: x}}", "mails: {en: {subject: x, text: y, html: z}}", "mails: {en: x}", "- a"]
)
def test_a_mail_of_other_parts_is_told_with_what_it_needs(tmp_path, text):
    (tmp_path / "hello.yaml").write_text(text)

    with pytest.raises(ConfigError, match=r"hello\.yaml"):
        Templates(tmp_path).write("hello", "en", {})

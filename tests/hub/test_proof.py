"""A text that cannot be filled for somebody is found before it goes out."""

import pytest

from hub.errors import WrongInput
from hub.proof import names_of, prove_journey, proved
from hub.templates import Templates
from rules.journeys.read import read_journey
from rules.parse import read_text
from walking import PLAIN


@pytest.fixture
def wrong_with(tmp_path):
    def ask(text, *people):
        (tmp_path / "due.yaml").write_text(text)
        templates = Templates(tmp_path)
        return list(proved(templates, templates.named("due"), people))

    return ask


def test_a_text_that_copes_with_everybody_stands(wrong_with):
    assert wrong_with("texts: {en: \"{{ name | default('Hello') }}, {{ tier }}\"}\nsamples: {tier: gold}") == []


def test_somebody_without_a_name_is_thought_of(wrong_with):
    [problem] = wrong_with('texts: {en: "Dear {{ name }}"}')

    assert "the text in en cannot be filled: 'name' is undefined" in problem
    assert "default" in problem


def test_a_value_that_no_step_gives_is_found_in_the_one_language_that_names_it(wrong_with):
    [problem] = wrong_with('texts: {en: "Gold", de: "{{ teir }}"}\nsamples: {tier: gold}')

    assert "in de" in problem
    assert "teir" in problem


def test_a_language_with_a_text_and_no_mail_is_named(wrong_with):
    text = 'texts: {en: "a", de: "b"}\nmails: {en: {subject: s, text: t}}'

    assert [one.split(": ", 1)[1] for one in wrong_with(text)] == ["de has a text and no mail, or a mail and no text."]


def test_no_value_of_a_person_is_in_what_is_told(wrong_with):
    [problem] = wrong_with('texts: {en: "{{ name | default(1) / 2 }}"}', {"name": "Ada Secret"})

    assert "Secret" not in problem


def test_real_customers_are_among_the_judges(hub, told_by_club):
    told_by_club(member_id="m-1", name="Ada", version=1)
    told_by_club(member_id="m-2", version=1)

    assert sorted(names_of(hub, 200), key=len) == [{}, {"name": "Ada"}]


def test_our_own_templates_stand(hub):
    templates = Templates(hub.settings.config / "templates")

    assert [wrong for template in templates.all() for wrong in proved(templates, template, names_of(hub, 0))] == []


def test_a_journey_whose_text_fails_in_one_language_is_not_put_in_force(hub):
    rule = read_journey(read_text(PLAIN.encode(), "checked.yaml"), hub.book.catalogue, {}, believed=True)
    prove_journey(hub, rule)
    text = hub.settings.config / "templates" / "hello.yaml"
    text.write_text('template: hello\ntexts: {en: "Hello", de: "Hallo {{ teir }}"}\n')

    with pytest.raises(WrongInput, match="in de") as wrong:
        prove_journey(hub, rule)

    assert "hello.yaml" in wrong.value.what
    assert "nothing of “checked” was put in force" in wrong.value.hint

"""Proof of texts before they go out: each template, in each language, for real people and for the worst of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import ConfigError, WrongInput
from hub.flow.effects import load_subjects, open_values
from hub.models import Customer
from hub.templates import Template, Templates
from rules.journeys.documents import JourneyRule

PROFILES = 200  # real customers that a text is tried on
WORST: tuple[Mapping[str, Any], ...] = (
    {},  # somebody without a name
    {"name": "Æ" * 200},
    {"name": "{{ 7*7 }} <b>Ada</b>"},
    {"name": "محمد بن عبد الله"},
)


def names_of(hub: Hub, profiles: int) -> list[Mapping[str, Any]]:
    """What templates may know of the latest customers; opened for this moment only."""
    with hub.begin() as work:
        ids = list(work.session.scalars(select(Customer.id).order_by(Customer.id.desc()).limit(profiles)))
        subjects = load_subjects(work, ids).values()
        live = [one for one in subjects if one.data_key_id is not None]
        opened = open_values(work, [(one, {"name"}) for one in live])
        return [{"name": opened[one.person_id]["name"]} if opened[one.person_id].get("name") else {} for one in live]


def prove_journey(hub: Hub, rule: JourneyRule, profiles: int = PROFILES) -> None:
    """Before it is put in force: every text that it sends, for real customers and for the worst. Raises WrongInput."""
    templates = Templates(hub.settings.config / "templates")
    names = sorted({message.template for message in rule.messages})
    people = names_of(hub, profiles) if names else []
    problems = [wrong for name in names for wrong in proved(templates, templates.named(name), people)]
    if problems:
        raise WrongInput("\n".join(problems), f"Mend the texts; nothing of “{rule.name}” was put in force.")


def proved(templates: Templates, template: Template, people: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with it, each mistake once; no value of a person is in it."""
    for language in template.languages:
        for fill, texts in ((templates.render, template.texts), (templates.write, template.mails)):
            if language in texts and (wrong := _first(fill, template, language, people)):
                yield wrong
    for language in sorted(set(template.texts) ^ set(template.mails)) if template.texts and template.mails else ():
        yield f"{template.path}: {language} has a text and no mail, or a mail and no text."


def _first(fill: Any, template: Template, language: str, people: Sequence[Mapping[str, Any]]) -> str:
    for person in (*WORST, *people):
        try:
            fill(template.name, language, {**template.samples, **person})
        except ConfigError as error:
            return f"{error.what} {error.hint}"
    return ""

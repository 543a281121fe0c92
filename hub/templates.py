"""Texts for people: config/templates/<name>.yaml, in each language a short text and a mail, filled by a sandboxed Jinja."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2 import Template as Filling
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.blocks import no_yaml, place
from hub.errors import ConfigError

DEFAULT_LANGUAGE = "en"
KEYS = {"template", "texts", "mails", "samples"}
PARTS = ("subject", "text", "label", "link")
JINJA = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True)
class Written:
    """A mail, filled. label, link: of its one button, or empty."""

    subject: str
    text: str
    label: str = ""
    link: str = ""


@dataclass(frozen=True)
class Template:
    """texts: language -> short text. mails: language -> its parts. samples: a value for each name that a step gives; a
    person's own (`name`) are not among them, as people may have none."""

    name: str
    path: Path
    texts: Mapping[str, str]
    mails: Mapping[str, Mapping[str, str]]
    samples: Mapping[str, Any]

    @property
    def languages(self) -> list[str]:
        return sorted({*self.texts, *self.mails})


class Templates:
    """folder: read when first used. A missing value is an error, not a gap in a customer's message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Template]:
        """Raises ConfigError."""
        return [self.named(path.stem) for path in sorted(self.folder.glob("*.yaml"))]

    def named(self, name: str) -> Template:
        """Raises ConfigError."""
        path = self.folder / f"{name}.yaml"
        if not path.exists():
            raise ConfigError(f"{path}: there is no such template.", "Write it, or name another.")
        return _template(path, path.stat().st_mtime_ns)

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> str:
        """The short text in this language, or in English. Raises ConfigError."""
        template = self.named(name)
        text = template.texts.get(language) or template.texts.get(DEFAULT_LANGUAGE)
        if text is None:
            raise _untold(template, "text", language, "texts")
        return self._filled(template, language, text, values)

    def write(self, name: str, language: str, values: Mapping[str, Any]) -> Written:
        """The mail in this language, or in English. Raises ConfigError."""
        template = self.named(name)
        parts = template.mails.get(language) or template.mails.get(DEFAULT_LANGUAGE)
        if parts is None:
            raise _untold(template, "mail", language, "mails")
        return Written(**{part: self._filled(template, language, text, values) for part, text in parts.items()})

    def _filled(self, template: Template, language: str, text: str, values: Mapping[str, Any]) -> str:
        try:
            return _compiled(text).render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise ConfigError(
                f"{template.path}: the text in {language} cannot be filled: {error}",
                "Give the value, or say what stands in its place: {{ name | default('there') }}.",
            ) from error


def _untold(template: Template, what: str, language: str, where: str) -> ConfigError:
    return ConfigError(
        f"{template.path}: there is no {what} in {language} or {DEFAULT_LANGUAGE}.", f"Add it under {where}:."
    )


@lru_cache(maxsize=2_000)
def _compiled(text: str) -> Filling:
    """Compiling a text takes far longer than filling it, and the same text is filled for everybody."""
    return JINJA.from_string(text)


@cache
def _template(path: Path, _mtime: int) -> Template:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise no_yaml(path, error) from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a template is a mapping.", "Begin with template:, then texts: or mails:.")
    if strange := sorted(map(str, document.keys() - KEYS)):
        raise ConfigError(
            f"{place(path, strange[0])}: “{strange[0]}” is no part of a template.", f"Known: {', '.join(sorted(KEYS))}."
        )
    texts, mails, samples = (document.get(part) or {} for part in ("texts", "mails", "samples"))
    for language, parts in mails.items():
        if not isinstance(parts, dict) or not {"subject", "text"} <= parts.keys() <= set(PARTS):
            raise ConfigError(
                f"{place(path, 'mails', language)}: the mail in {language} has other parts than {', '.join(PARTS)}.",
                "A mail needs subject and text; label and link make a button.",
            )
    return Template(path.stem, path, dict(texts), dict(mails), dict(samples))

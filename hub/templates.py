"""Texts for people: config/templates/<name>.yaml, one text per language, filled by a sandboxed Jinja."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.errors import ConfigError

DEFAULT_LANGUAGE = "en"


class Templates:
    """folder: read when first used. A missing value is an error, not a gap in a customer's message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jinja = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> str:
        """The text in this language, or in English. Raises ConfigError."""
        path = self.folder / f"{name}.yaml"
        texts = _texts(path, path.stat().st_mtime_ns) if path.exists() else {}
        text = texts.get(language) or texts.get(DEFAULT_LANGUAGE)
        if text is None:
            raise ConfigError(f"{path}: there is no text in {language} or {DEFAULT_LANGUAGE}.", "Add it under texts:.")
        try:
            return self.jinja.from_string(text).render(values)
        except TemplateError as error:
            raise ConfigError(f"{path}: the text in {language} cannot be filled: {error}") from error


@cache
def _texts(path: Path, _mtime: int) -> Mapping[str, str]:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ConfigError(f"{path}: {error}") from error
    return dict(document.get("texts") or {})

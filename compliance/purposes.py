"""What personal data are used for: config/privacy/purposes.yaml, one lawful basis each, and the texts people are shown."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from compliance import law
from hub.blocks import place
from hub.errors import ConfigError, NotFound

BASES = ("consent", "contract", "legal_obligation", "legitimate_interest", "vital_interest", "public_task")
DEFAULT_LANGUAGE = "en"
FIELDS = {"basis", "source", "reviewed_on", "channels", "double_opt_in", "signal", "material", "title", "text"}


@dataclass(frozen=True)
class Purpose:
    """titles, texts: language -> words; one without a text is not shown for a choice. channels: where the person may choose.

    signal: a browser's Global Privacy Control is a no. source: where the law says so, read on reviewed_on."""

    name: str
    basis: str
    source: str
    reviewed_on: date
    channels: tuple[str, ...] = ()
    double_opt_in: frozenset[str] = frozenset()
    signal: bool = False
    material: int = 1
    titles: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_chosen(self) -> bool:
        return bool(self.channels)

    def title(self, language: str) -> str:
        return self.titles.get(language) or self.titles.get(DEFAULT_LANGUAGE) or self.name


@dataclass(frozen=True)
class Purposes:
    controller: Mapping[str, str]
    layout: str
    ask_again_days: int
    purposes: Mapping[str, Purpose]

    def named(self, name: str) -> Purpose:
        """Raises NotFound."""
        try:
            return self.purposes[name]
        except KeyError:
            raise NotFound(f"There is no purpose “{name}”.", f"Purposes: {', '.join(self.purposes)}.") from None

    def chosen(self) -> list[Purpose]:
        """Those a person decides on, in the order of the file."""
        return [one for one in self.purposes.values() if one.is_chosen]

    def shown(self, purpose: Purpose, language: str) -> "Shown":
        """The words somebody sees, and the hash that stands for them."""
        told = language if language in purpose.texts else DEFAULT_LANGUAGE
        text = purpose.texts[told]
        said = json.dumps([purpose.name, told, self.layout, text], ensure_ascii=False)
        return Shown(hashlib.sha256(said.encode()).hexdigest(), purpose, told, self.layout, text)


@dataclass(frozen=True)
class Shown:
    """A notice: one purpose's text in one language and layout."""

    hash: str
    purpose: Purpose
    language: str
    layout: str
    text: str


def read_purposes(config: Path) -> Purposes:
    """Raises ConfigError for the first mistake."""
    return law.sound(*_read(config))


def problems_of(config: Path) -> list[str]:
    return _read(config)[1]


def _read(config: Path) -> tuple[Purposes | None, list[str]]:
    says = "It says what personal data are used for, and on which lawful basis."
    try:
        path, top = law.read(config, "purposes.yaml", says)
    except ConfigError as error:
        return None, [str(error)]
    if (
        not isinstance(top, dict)
        or not isinstance(top.get("purposes"), dict)
        or not isinstance(top.get("controller"), dict)
    ):
        return None, [f"{path}:1: it needs controller and purposes."]
    problems, purposes = [], {}
    for name, block in top["purposes"].items():
        where = f"{path}:{top['purposes'].lc.key(name)[0] + 1}"
        wrong = _wrong(name, block)
        if wrong:
            problems.append(f"{where}: {wrong}")
        else:
            purposes[name] = _purpose(name, block)
    if problems:
        return None, problems
    days = top.get("ask_again_days", 180)
    if not isinstance(days, int) or days < 0:
        return None, [f"{place(path, 'ask_again_days')}: ask_again_days is a whole number."]
    return Purposes(dict(top["controller"]), str(top.get("layout", "")), days, purposes), []


def _wrong(name: str, block: Any) -> str:
    """The first mistake of a purpose, empty if there is none."""
    if not isinstance(block, dict) or not {"basis", "source", "reviewed_on"} <= set(block):
        return f"“{name}” needs basis, source and reviewed_on."
    if unknown := sorted(set(block) - FIELDS):
        return f"there is no “{unknown[0]}” in a purpose. Known: {', '.join(sorted(FIELDS))}."
    if block["basis"] not in BASES:
        return f"“{block['basis']}” is no lawful basis. One of: {', '.join(BASES)}."
    if wrong := law.unread(block):
        return wrong
    if block.get("channels") and not (_words(block.get("title")) and _words(block.get("text"))):
        return f"“{name}” has channels, so people choose: it needs title and text, at least in {DEFAULT_LANGUAGE}."
    if stray := sorted(set(block.get("double_opt_in", ())) - set(block.get("channels", ()))):
        return f"double_opt_in names “{stray[0]}”, which is no channel of it."
    return ""


def _words(block: Any) -> bool:
    return (
        isinstance(block, dict) and DEFAULT_LANGUAGE in block and all(isinstance(text, str) for text in block.values())
    )


def _purpose(name: str, block: Mapping[str, Any]) -> Purpose:
    channels: Sequence[str] = block.get("channels", ())
    return Purpose(
        name, str(block["basis"]), str(block["source"]), block["reviewed_on"], tuple(map(str, channels)),
        frozenset(map(str, block.get("double_opt_in", ()))), bool(block.get("signal", False)), int(block.get("material", 1)),
        dict(block.get("title", {})), dict(block.get("text", {})),
    )  # fmt: skip

"""What an answer to a text means: no more of them, some again, or words for a person; config/replies.yaml."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rules.catalogue import nearest
from rules.countries import country_meant, is_jurisdiction
from rules.errors import RuleError
from rules.intents import LANGUAGES, folded
from rules.parse import Source, read
from rules.policy import QUESTION
from rules.reader import Reader
from rules.sending import EVERYWHERE
from rules.values import shown

FILE = "replies.yaml"
WORDS = ("stop", "start")
KEYS = {*WORDS, "gives_back"}
PLACE_KEYS = {"purposes", "source", "reviewed_on"}
UNSPOKEN = re.compile(r"[^\w\s\u0e00-\u0e7f]|_")  # \w leaves out the vowels of Thai that stand above and below

Meaning = Literal["stop", "start", "said"]


@dataclass(frozen=True)
class Replies:
    """words: answer -> what it means. gives_back: jurisdiction -> purposes that START gives back."""

    words: Mapping[str, Meaning] = field(default_factory=dict)
    gives_back: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def meaning(self, text: str) -> Meaning:
        return self.words.get(bare(text), "said")

    def given_back(self, jurisdiction: str) -> frozenset[str]:
        return self.gives_back.get(jurisdiction, self.gives_back.get(EVERYWHERE, frozenset()))


def bare(text: str) -> str:
    """As it is compared: the words alone, without capitals, marks, signs of direction and punctuation."""
    plain = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return " ".join(UNSPOKEN.sub(" ", folded(plain)).split())


def load_replies(config: Path, purposes: Collection[str] = ()) -> Replies:
    """Without a file every answer is for a person. purposes: those that something is sent for; none: any is taken. Raises
    RuleError with all that is wrong."""
    path = config / FILE
    return read_replies(read(path), purposes) if path.is_file() else Replies()


def read_replies(source: Source, purposes: Collection[str] = ()) -> Replies:
    return _RepliesReader(source, purposes).replies()


class _RepliesReader(Reader):
    def __init__(self, source: Source, purposes: Collection[str]) -> None:
        super().__init__(source, QUESTION)
        self.purposes = purposes
        self.known: dict[str, Meaning] = {}

    def replies(self) -> Replies:
        top = self.source.top
        self.keys(top, KEYS)
        for meaning in WORDS:
            self._words(top, meaning)
        given = self._mapping(top, "gives_back", "Write gives_back: {default: {purposes: [...], ...}}.")
        back = {str(place): found for place in given if (found := self._place(given, place)) is not None}
        if self.problems:
            raise RuleError(self.problems)
        return Replies(self.known, back)

    def _words(self, top: Mapping[str, Any], meaning: Any) -> None:
        """In every language we speak: whoever says no in their own is not asked to say it in ours."""
        told = self._mapping(top, meaning, f"Write {meaning}: {{en: [...]}}.")
        self.keys(told, set(LANGUAGES))
        for language in LANGUAGES:
            words = told.get(language)
            if not isinstance(words, list) or not words:
                self.wrong(told or top, language if told else meaning, f"“{meaning}” has no words in “{language}”.",
                           f"Write {language}: [...].")  # fmt: skip
                continue
            for index, one in enumerate(words):
                word = bare(one) if isinstance(one, str) else ""
                if not word:
                    self.wrong(words, index, f"“{shown(one)}” is no answer.", "Write words, in quotes.")
                elif self.known.setdefault(word, meaning) != meaning:
                    self.wrong(words, index, f"“{shown(one)}” already means “{self.known[word]}”.",
                               "An answer means one thing.")  # fmt: skip

    def _place(self, block: Mapping[str, Any], place: Any) -> frozenset[str] | None:
        if place != EVERYWHERE and not is_jurisdiction(place):
            self.wrong(
                block, place, f"“{shown(place)}” is no jurisdiction.", f"{country_meant(place)} Or write default."
            )
        given = self._mapping(block, place, "Write {purposes: [...], source: ..., reviewed_on: 2026-11-27}.")
        self.keys(given, PLACE_KEYS)
        if not isinstance(given.get("reviewed_on"), date) or not isinstance(given.get("source"), str):
            self.wrong(block, place, "What START gives back names where that was read, and when.",
                       "Add source: the law or custom, and reviewed_on: 2026-11-27.")  # fmt: skip
        return frozenset(self._purposes(given, block, place))

    def _purposes(self, given: Mapping[str, Any], block: Mapping[str, Any], place: Any) -> Iterator[str]:
        found = given.get("purposes")
        if not isinstance(found, list):
            self.wrong(block, place, "“purposes” must be a list.", "Write purposes: [service_notice], or [] for none.")
            return
        for index, one in enumerate(found):
            if not isinstance(one, str) or (self.purposes and one not in self.purposes):
                self.wrong(found, index, f"Nothing is sent for “{shown(one)}”.", nearest(str(one), self.purposes))
            else:
                yield one

    def _mapping(self, block: Mapping[str, Any], key: Any, hint: str) -> Mapping[str, Any]:
        found = block.get(key)
        if isinstance(found, Mapping):
            return found
        self.wrong(block, key, f"“{shown(key)}” is missing, or no mapping.", hint)
        return {}

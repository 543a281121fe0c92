"""What the assistant understands: words that mean a question, and words with which a person takes over; pure, no learning.

A phrase fits when each of its words begins a word of the message (Thai writes no spaces: anywhere in it). The same words give
the same answer every time, and whoever edits the file sees why."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from rules.errors import RuleError
from rules.parse import Source, read
from rules.policy import QUESTION
from rules.reader import Reader
from rules.values import shown

INTENTS = ("points", "appointment", "ready", "safe", "hours", "invoice")
PERSON = {"asked": "asked", "never": "not_understood"}  # block of words -> the cause of the handoff
LANGUAGES = ("en", "de", "ar", "th")
AT_ONCE = 2  # questions of one message that are answered together
KEYS = {"assistant", "longest", *PERSON, "intents"}
LEAST_LONG, MOST_LONG = 20, 1000
ARABIC = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": None, **{chr(one): None for one in range(0x64B, 0x653)}}
)
GLUED = "[وف]?(?:بال|كال|ال|لل|[بلك])?"  # what Arabic writes at the front of a word

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Meant:
    """intents: what is asked, in the order in which we tell it. cause: of the handoff, where there is nothing to answer."""

    intents: tuple[str, ...] = ()
    cause: str = ""


@dataclass(frozen=True)
class Assistant:
    """longest: letters of a message beyond which it is a story and no question. phrases: by block or intent."""

    longest: int = 0
    phrases: Mapping[str, Sequence[Phrase]] = field(default_factory=dict)

    @cached_property
    def patterns(self) -> Mapping[str, Sequence[Sequence[re.Pattern[str]]]]:
        return {name: [[_pattern(word) for word in one] for one in found] for name, found in self.phrases.items()}

    def understand(self, text: str) -> Meant:
        """Whoever asks for a person gets one, and whoever tells something we must not brush off."""
        said = folded(text)
        for block, cause in PERSON.items():
            if self._fits(block, said):
                return Meant(cause=cause)
        found = tuple(name for name in INTENTS if self._fits(name, said))
        if not 0 < len(found) <= AT_ONCE or len(text.strip()) > self.longest:
            return Meant(cause="not_understood")
        return Meant(found)

    def _fits(self, name: str, said: str) -> bool:
        return any(all(word.search(said) for word in phrase) for phrase in self.patterns.get(name, ()))


def folded(text: str) -> str:
    """As it is compared: without capitals, the marks of Arabic, and the ways its letters are written alike."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(ARABIC)
    return re.sub(r"\s+", " ", plain)


def _pattern(word: str) -> re.Pattern[str]:
    said = re.escape(word)
    if any("\u0e00" <= sign <= "\u0e7f" for sign in word):
        return re.compile(said)
    return re.compile(rf"\b{GLUED if any(chr(0x600) <= sign <= chr(0x6FF) for sign in word) else ''}{said}")


# --- reading it


def load_assistant(path: Path) -> Assistant:
    """Without a file nobody is understood, and a person answers everything. Raises RuleError with every mistake."""
    return _AssistantReader(read(path)).assistant() if path.exists() else Assistant()


class _AssistantReader(Reader):
    def __init__(self, source: Source) -> None:
        super().__init__(source, QUESTION)
        self.known: dict[Phrase, str] = {}

    def assistant(self) -> Assistant:
        top = self.source.top
        self.keys(top, KEYS)
        longest = top.get("longest", 160)
        if not isinstance(longest, int) or isinstance(longest, bool) or not LEAST_LONG <= longest <= MOST_LONG:
            self.wrong(
                top,
                "longest",
                f"“longest” is a whole number from {LEAST_LONG} to {MOST_LONG:,}.",
                "Write longest: 160.",
            )
        intents = top.get("intents")
        if not isinstance(intents, Mapping):
            self.wrong(top, "intents", "“intents” says which words mean what.", f"Of: {', '.join(INTENTS)}.")
            intents = {}
        else:
            self.keys(intents, set(INTENTS))
        found = {name: tuple(self._block(top, name)) for name in PERSON}
        found |= {name: tuple(self._block(intents, name)) for name in INTENTS if name in intents}
        if self.problems:
            raise RuleError(self.problems)
        return Assistant(int(longest), found)

    def _block(self, block: Mapping[str, Any], name: str) -> Iterator[Phrase]:
        """Phrases of every language we speak: one that is left out would be left to people, and nobody would know why."""
        told = block.get(name)
        if not isinstance(told, Mapping):
            self.wrong(block, name, f"“{name}” lists words by language.", f"Write {name}: {{en: [...]}}.")
            return
        self.keys(told, set(LANGUAGES))
        for language in LANGUAGES:
            words = told.get(language)
            if not isinstance(words, list) or not words:
                self.wrong(told, language, f"“{name}” has no words in “{language}”.", f"Write {language}: [...].")
                continue
            for index, one in enumerate(words):
                if phrase := self._phrase(words, index, one, name):
                    yield phrase

    def _phrase(self, words: Any, index: int, one: Any, name: str) -> Phrase:
        phrase = tuple(folded(one).split()) if isinstance(one, str) else ()
        if not phrase or any(len(word) < 2 for word in phrase):
            self.wrong(words, index, f"“{shown(one)}” is no phrase.", "Write words of two letters and more, in quotes.")
            return ()
        if (other := self.known.setdefault(phrase, name)) != name:
            self.wrong(words, index, f"“{shown(one)}” already means “{other}”.", "A phrase means one thing.")
        return phrase


def problems_of(path: Path) -> list[str]:
    try:
        load_assistant(path)
    except RuleError as error:
        return [str(one) for one in error.problems]
    return []

"""Desks that conversations wait for: whom each serves, what it promises in open time, and who gets what waits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rules.catalogue import nearest
from rules.errors import NOWHERE, Mark, Problem, RuleError
from rules.intents import LANGUAGES
from rules.parse import Source, read
from rules.policy import QUESTION
from rules.reader import Reader
from rules.values import NAME, shown

KEYS = {"desk", "title", "region", "serves", "calendar", "promises", "assign", "capacity", "grace", "pauses", "replies"}
SERVES = ("branch", "language")
MEASURES = ("first", "next", "resolution")
PAUSES = ("customer", "parts", "approval")
PREFERENCES = ("own_advisor", "language", "branch", "load")
YEAR_MINUTES = 525_600
LONGEST = 4000  # letters of a post, and so of a prepared reply


@dataclass(frozen=True)
class DeskRule:
    """serves: branch and language it is for; a key that is not there: all. promises: minutes of the calendar's open time by
    measure. assign: what counts first when an advisor is chosen. capacity: conversations at once for one advisor.

    grace: seconds without a sign of life after which an advisor is gone. pauses: minutes of any time, by whom it waits for.
    replies: prepared words for advisors to begin with, by name and language."""

    name: str
    title: str = ""
    region: str = ""
    serves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    calendar: str = "always"
    promises: Mapping[str, int] = field(default_factory=lambda: {"first": 15, "next": 30, "resolution": 960})
    assign: tuple[str, ...] = ("own_advisor", "language", "branch", "load")
    capacity: int = 4
    grace: int = 60
    pauses: Mapping[str, int] = field(default_factory=lambda: {"customer": 4320, "parts": 14_400, "approval": 2880})
    replies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mark: Mark = NOWHERE

    def replies_in(self, language: str) -> Mapping[str, str]:
        """By name, those that are written in this language: nobody sends words that they cannot read."""
        return {name: told[language] for name, told in self.replies.items() if language in told}

    def fits(self, region: str, branch: str | None, language: str) -> bool:
        given = {"branch": branch, "language": language}
        return self.region in ("", region) and all(given[key] in wanted for key, wanted in self.serves.items())


FRONT = DeskRule("front", "Front desk")  # where no desk is written down


def desk_for(desks: Iterable[DeskRule], region: str, branch: str | None, language: str) -> DeskRule:
    """The one that says most about whom it serves; of two that say as much, the first by name."""
    fitting = [desk for desk in desks if desk.fits(region, branch, language)]
    return min(fitting, key=lambda desk: (-len(desk.serves), not desk.region, desk.name), default=FRONT)


# --- who gets what waits


@dataclass(frozen=True)
class Candidate:
    """An advisor who is there. own: had this customer's last conversation. load: conversations they have now."""

    id: int
    branch: str | None
    languages: tuple[str, ...]
    load: int
    own: bool


@dataclass(frozen=True)
class Choice:
    """chosen: None when nobody can take it. by: the preference that decided, `alone` or `nobody`. told: per candidate."""

    chosen: int | None
    by: str
    told: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {"chosen": self.chosen, "by": self.by, "candidates": [dict(one) for one in self.told]}


def choose(desk: DeskRule, branch: str | None, language: str, candidates: Sequence[Candidate]) -> Choice:
    """Never above capacity, never for another branch than one's own; among the rest the preferences in the desk's order."""
    facts = {one.id: _facts(one, branch, language) for one in candidates}
    out = {one.id: _out(desk, branch, one) for one in candidates}
    told = tuple({"id": one.id, **facts[one.id], "out": out[one.id]} for one in candidates)
    ranks = {key: tuple(found[name] if name == "load" else not found[name] for name in desk.assign)
             for key, found in facts.items() if not out[key]}  # fmt: skip
    ranked = sorted(ranks, key=lambda key: (ranks[key], key))
    if not ranked:
        return Choice(None, "nobody", told)
    return Choice(ranked[0], _decided(desk, [ranks[key] for key in ranked]), told)


def _facts(one: Candidate, branch: str | None, language: str) -> dict[str, int]:
    """By preference: does it hold, or how much."""
    return {
        "own_advisor": one.own,
        "language": language in one.languages,
        "branch": one.branch is not None and one.branch == branch,
        "load": one.load,
    }


def _out(desk: DeskRule, branch: str | None, one: Candidate) -> str:
    if one.branch is not None and one.branch != branch:
        return "another branch"
    return "busy" if one.load >= desk.capacity else ""


def _decided(desk: DeskRule, ranks: Sequence[tuple[int, ...]]) -> str:
    """The first preference in which the best differs from the second."""
    if len(ranks) == 1:
        return "alone"
    return next((name for name, best, second in zip(desk.assign, *ranks[:2], strict=True) if best != second), "first")


# --- reading them


def load_desks(folder: Path, calendars: Iterable[str], regions: Iterable[str]) -> tuple[DeskRule, ...]:
    """All of a folder, by name. Raises RuleError with every mistake of every file."""
    found: list[DeskRule] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            desk = read_desk(read(path), tuple(calendars), tuple(regions))
            found.append(desk)
            if desk.name != path.stem:
                problems.append(
                    Problem(desk.mark, f"“{desk.name}” stands in {path.name}.", f"Name it {desk.name}.yaml.")
                )
        except RuleError as error:
            problems += error.problems
    if problems:
        raise RuleError(problems)
    _check_everybody_is_served(found, regions)
    return tuple(sorted(found, key=lambda desk: desk.name))


def _check_everybody_is_served(desks: Sequence[DeskRule], regions: Iterable[str]) -> None:
    for region in regions:
        if desks and not any(desk.region in ("", region) and not desk.serves for desk in desks):
            what = f"No desk serves everybody in {region}."
            raise RuleError([Problem(desks[0].mark, what, "Write one without serves:, for whoever fits no other.")])


def read_desk(source: Source, calendars: Sequence[str], regions: Sequence[str]) -> DeskRule:
    """Raises RuleError."""
    return _DeskReader(source, calendars, regions).desk()


class _DeskReader(Reader):
    def __init__(self, source: Source, calendars: Sequence[str], regions: Sequence[str]) -> None:
        super().__init__(source, QUESTION)
        self.calendars, self.regions = tuple(calendars), tuple(regions)

    def desk(self) -> DeskRule:
        top = self.source.top
        self.keys(top, KEYS)
        region = self.one_of(top, "region", self.regions, "region") if "region" in top else ""
        desk = DeskRule(
            name=self.name(top, "desk"),
            title=self.text(top, "title"),
            region=region or "",
            serves=self._serves(top),
            calendar=self.one_of(top, "calendar", self.calendars, "calendar") or "always",
            promises=self._minutes(top, "promises", MEASURES, needed=True),
            assign=self._preferences(top),
            capacity=self._whole(top, "capacity", FRONT.capacity, 100),
            grace=self._whole(top, "grace", FRONT.grace, 3600),
            pauses=self._minutes(top, "pauses", PAUSES, needed=False),
            replies=self._replies(top),
            mark=self.source.mark(top, "desk"),
        )
        if self.problems:
            raise RuleError(self.problems)
        return desk

    def _serves(self, top: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        block = top.get("serves") or {}
        if not isinstance(block, Mapping):
            self.wrong(top, "serves", "“serves” says branch and language.", "Write serves: {language: [de, en]}.")
            return {}
        found = {}
        for key, words in block.items():
            if key not in SERVES:
                self.wrong(block, key, f"“{shown(key)}” is no key here.", nearest(key, SERVES))
            elif not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
                self.wrong(block, key, f"“{key}” lists words.", f"Write {key}: [...], and quote NO, ON and the like.")
            else:
                found[str(key)] = frozenset(map(str, words))
        return found

    def _minutes(self, top: Mapping[str, Any], key: str, known: tuple[str, ...], *, needed: bool) -> dict[str, int]:
        block = top.get(key)
        if block is None and not needed:
            return dict(getattr(FRONT, key))
        if not isinstance(block, Mapping):
            self.wrong(top, key, f"“{key}” gives minutes.", f"Write {key}: {{{known[0]}: 30}}.")
            return {}
        for name in known if needed else ():
            if name not in block:
                self.wrong(top, key, f"“{name}” is missing.", f"Write {name}: and minutes.")
        for name in block:
            if name not in known:
                self.wrong(block, name, f"“{shown(name)}” is no key here.", nearest(name, known))
        return {name: self._whole(block, name, 0, YEAR_MINUTES) for name in known if name in block}

    def _replies(self, top: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        block = top.get("replies") or {}
        if not isinstance(block, Mapping):
            self.wrong(
                top, "replies", "“replies” gives each reply a name.", "Write replies: {on_it: {en: We are on it.}}."
            )
            return {}
        found = {}
        for name in block:
            told = block[name]
            if not NAME.fullmatch(str(name)):
                self.wrong(block, name, f"“{shown(name)}” is no name.", "Small letters, digits and _, such as on_it.")
            elif not isinstance(told, Mapping) or not told:
                self.wrong(
                    block, name, f"“{name}” says its words by language.", f"Write {name}: {{en: We are on it.}}."
                )
            else:
                found[str(name)] = {str(one): self._words(told, one) for one in told}
        return found

    def _words(self, told: Mapping[str, Any], language: Any) -> str:
        words = told[language]
        if language not in LANGUAGES:
            self.wrong(
                told, language, f"Nobody is written to in “{shown(language)}”.", nearest(str(language), LANGUAGES)
            )
        elif not isinstance(words, str) or not words.strip():
            self.wrong(
                told, language, "A reply is words.", "Write them, in quotes where they begin or end with a sign."
            )
        elif len(words) > LONGEST:
            self.wrong(
                told, language, f"This reply has {len(words):,} letters; {LONGEST:,} is the most.", "Make two of it."
            )
        return str(words).strip()

    def _preferences(self, top: Mapping[str, Any]) -> tuple[str, ...]:
        block = top.get("assign", list(FRONT.assign))
        if not isinstance(block, list) or not block or len(set(map(str, block))) < len(block):
            self.wrong(top, "assign", "“assign” lists what counts, each once.", f"Of: {', '.join(PREFERENCES)}.")
            return FRONT.assign
        for index, word in enumerate(block):
            if word not in PREFERENCES:
                self.wrong(block, index, f"There is no preference “{shown(word)}”.", nearest(word, PREFERENCES))
        return tuple(map(str, block))

    def _whole(self, block: Mapping[str, Any], key: str, default: int, most: int) -> int:
        value = block.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.wrong(block, key, f"“{key}” is a whole number from 1 to {most:,}.", f"Write {key}: 30.")
            return default
        return value

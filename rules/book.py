"""A configuration folder into a Rulebook, or everything that is wrong in all of its files."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rules.catalogue import Catalogue, nearest
from rules.check import Checker
from rules.countries import country_meant, is_country
from rules.dependencies import dependencies
from rules.documents import PolicyRule, Rulebook, SegmentRule, content_hash, plain
from rules.errors import Mark, Problem, RuleError
from rules.examples import read_examples, try_policy, try_segment
from rules.hours import Calendar, read_calendars
from rules.journeys.documents import JourneyRule
from rules.journeys.read import read_journey
from rules.order import ordered
from rules.parse import Source, read
from rules.policy import MESSAGE, QUESTION, QUESTIONS, VERDICTS
from rules.tree import Pinned
from rules.values import shown

SEGMENT_KEYS = {"segment", "title", "owner", "zone", "when", "examples"}
POLICY_KEYS = {"policy", "title", "question", "applies", "verdict", "mask", "law", "because", "examples"}


def load_book(
    folder: Path,
    catalogue: Catalogue,
    *,
    calendars: Mapping[str, Calendar] | None = None,
    services: Collection[str] | None = None,
    believed: bool = False,
) -> Rulebook:
    """config/segments/*.yaml, config/policies/*.yaml and config/journeys/*.yaml. calendars: of this folder, where they have been
    read already; services: those that there are, None where nobody knows. believed: without trying their examples and tests.
    Raises RuleError."""
    problems: list[Problem] = []
    segments = _load_segments(_sources(folder / "segments", problems), catalogue, problems, believed=believed)
    policies = []
    for source in _sources(folder / "policies", problems).values():
        try:
            policies.append(read_policy(source, believed=believed))
        except RuleError as error:
            problems += error.problems
    journeys = _load_journeys(folder, catalogue, segments, problems, calendars, services, believed=believed)
    problems += (problem for journey in journeys.values() for problem in _misnamed(journey.name, journey.mark))
    problems += (problem for rule in segments.values() for problem in _misnamed(rule.name, rule.mark))
    problems += (problem for policy in policies for problem in _misnamed(policy.name, policy.mark))
    if problems:
        raise RuleError(problems)
    return Rulebook(segments, tuple(policies), journeys)


def _sources(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    """The files of a folder that are YAML, by the name each should bear."""
    found = {}
    for path in sorted(folder.glob("*.y*ml")):
        if path.suffix != ".yaml":
            problems.append(Problem(Mark(str(path), 1, 1), "This file is not read.", f"Name it {path.stem}.yaml."))
            continue
        try:
            found[path.stem] = read(path)
        except RuleError as error:
            problems += error.problems
    return found


def _load_segments(
    sources: Mapping[str, Source], catalogue: Catalogue, problems: list[Problem], *, believed: bool
) -> dict[str, SegmentRule]:
    """Each after those that it reads, so that it holds their conditions."""
    known: dict[str, SegmentRule | None] = dict.fromkeys(sources)
    order, circles = ordered({name: source.top for name, source in sources.items()})
    for name, through in circles.items():
        way = " -> ".join([*through, through[0]])
        problems.append(
            Problem(sources[name].mark(sources[name].top, "when"), f"It reads itself: {way}.", "Break the circle.")
        )
    for name in order:
        try:
            known[name] = read_segment(sources[name], catalogue, known, believed=believed)
        except RuleError as error:
            problems += error.problems
    return {rule.name: rule for rule in known.values() if rule}


def _load_journeys(
    folder: Path,
    catalogue: Catalogue,
    segments: Mapping[str, SegmentRule],
    problems: list[Problem],
    calendars: Mapping[str, Calendar] | None,
    services: Collection[str] | None,
    *,
    believed: bool,
) -> dict[str, JourneyRule]:
    """They may name the segments, the templates and the calendars of the same folder."""
    sources = _sources(folder / "journeys", problems)
    if not sources:
        return {}
    templates = {path.stem for path in (folder / "templates").glob("*.yaml")}
    if calendars is None:
        calendars, wrong = read_calendars(folder / "calendars")
        problems += wrong
    found: dict[str, JourneyRule] = {}
    for source in sources.values():
        try:
            rule = read_journey(source, catalogue, segments, templates=templates, calendars=calendars,
                                services=services, believed=believed)  # fmt: skip
            found[rule.name] = rule
        except RuleError as error:
            problems += error.problems
    return found


def _misnamed(name: str, mark: Mark) -> list[Problem]:
    path = Path(mark.file)
    if name == path.stem:
        return []
    return [Problem(mark, f"“{name}” stands in {path.name}.", f"Name the file {name}.yaml.")]


def read_segment(
    source: Source,
    catalogue: Catalogue,
    known: Mapping[str, SegmentRule | None] | None = None,
    *,
    believed: bool = False,
) -> SegmentRule:
    """known: the segments it may read, None for one that is wrong itself. Raises RuleError with every problem of the
    document."""
    top, checker = source.top, Checker(source, catalogue, known)
    checker.keys(top, SEGMENT_KEYS)
    name = checker.name(top, "segment")
    zone = checker.zone(top)
    when = checker.condition(top.get("when"), top, "when")
    examples = read_examples(checker, top, {"in", "out"}, {"in", "out"})
    title, owner = checker.text(top, "title"), checker.text(top, "owner", needed=False)
    if checker.problems or when is None:
        raise RuleError(checker.problems)
    whole = Pinned(name, when, source.mark(top, "when"))
    found = dependencies(whole)
    read_by_it = [rule for other in sorted(found.segments) if (rule := (known or {}).get(other))]
    rule = SegmentRule(
        name=name,
        title=title,
        owner=owner,
        zone=zone,
        when=whole,
        reads=found,
        tests=checker.tests,
        examples=examples,
        document=plain(top),
        hash=content_hash(top, *(other.hash for other in read_by_it)),
        mark=source.mark(top, "segment"),
        text=source.text,
    )
    if not believed:
        checker.problems += [problem for example in examples for problem in try_segment(rule, example)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule


def read_policy(source: Source, *, believed: bool = False) -> PolicyRule:
    """Raises RuleError with every problem of the document."""
    top = source.top
    question = top.get("question", MESSAGE)
    is_known = isinstance(question, str) and question in QUESTIONS
    checker = Checker(source, QUESTIONS[question] if is_known else QUESTION)
    checker.keys(top, POLICY_KEYS)
    if not is_known:
        checker.wrong(top, "question", f"“{shown(question)}” is no question.", nearest(question, QUESTIONS))
    name = checker.name(top, "policy")
    verdict, verdicts = top.get("verdict"), VERDICTS[question if is_known else MESSAGE]
    if verdict not in verdicts:
        checker.wrong(top, "verdict", f"“{shown(verdict)}” is no verdict.", f"Write {_either(verdicts)}.")
    mask, law = _mask(checker, top), _law(checker, top, str(question))
    applies = checker.condition(top.get("applies"), top, "applies")
    examples = read_examples(
        checker, top, {str(verdict), "silent"} if verdict in verdicts else set(), {*verdicts, "silent"}
    )
    title, because = checker.text(top, "title"), checker.text(top, "because")
    if checker.problems or applies is None:
        raise RuleError(checker.problems)
    rule = PolicyRule(
        name,
        title,
        applies,
        str(verdict),
        mask,
        because,
        examples,
        content_hash(top),
        source.mark(top, "policy"),
        str(question),
        law,
    )
    if not believed:
        checker.problems += [problem for example in examples for problem in try_policy(rule, example)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _mask(checker: Checker, top: Mapping[str, Any]) -> tuple[str, ...]:
    mask = top.get("mask") or []
    fits = isinstance(mask, list) and all(isinstance(one, str) for one in mask)
    if not fits or (top.get("verdict") == "mask") != bool(mask):
        checker.wrong(
            top,
            "mask",
            "“mask” lists the fields that a verdict of mask holds back, and stands with no other.",
            "Write mask: [phone], or no mask.",
        )
    return tuple(map(str, mask)) if fits else ()


def _law(checker: Checker, top: Mapping[str, Any], question: str) -> str:
    law = top.get("law", "")
    if "law" in top and (question, top.get("verdict")) != ("residence", "allow"):
        checker.wrong(top, "law", "“law” stands with a residence that is allowed only.", "Take it out.")
    elif law and not is_country(law):
        checker.wrong(top, "law", f"“{shown(law)}” is no jurisdiction.", country_meant(law))
    return str(law)

"""A configuration folder into a Rulebook, or everything that is wrong in all of its files."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from rules.catalogue import Catalogue, nearest
from rules.check import Checker, to_minor
from rules.documents import Example, PolicyRule, Rulebook, SegmentRule, content_hash, plain
from rules.errors import Problem, RuleError
from rules.parse import Source, read
from rules.policy import QUESTION
from rules.predicate import EventSeen, holds
from rules.tree import reads

NAME_HINT = "Use lower-case letters, digits and _."
SEGMENT_KEYS = {"segment", "title", "owner", "zone", "when", "examples"}
POLICY_KEYS = {"policy", "title", "applies", "verdict", "mask", "because", "examples"}
EXAMPLE_KEYS = {"name", "given", "now", "expect"}
Document = TypeVar("Document", SegmentRule, PolicyRule)


def load_book(folder: Path, catalogue: Catalogue) -> Rulebook:
    """config/segments/*.yaml and config/policies/*.yaml. Raises RuleError."""
    problems: list[Problem] = []
    segments = _load(folder / "segments", lambda source: read_segment(source, catalogue), problems)
    policies = _load(folder / "policies", read_policy, problems)
    if problems:
        raise RuleError(problems)
    return Rulebook({rule.name: rule for rule in segments}, tuple(policies))


def _load(folder: Path, make: Callable[[Source], Document], problems: list[Problem]) -> list[Document]:
    found = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            rule = make(read(path))
        except RuleError as error:
            problems += error.problems
            continue
        if rule.name != path.stem:
            problems.append(
                Problem(rule.mark, f"“{rule.name}” stands in {path.name}.", f"Name the file {rule.name}.yaml.")
            )
        found.append(rule)
    return found


def read_segment(source: Source, catalogue: Catalogue) -> SegmentRule:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, catalogue)
    checker.keys(top, SEGMENT_KEYS)
    name = _name(checker, top, "segment")
    zone = _zone(checker, top)
    when = checker.condition(top.get("when"), top, "when")
    examples = _examples(checker, top, {"in", "out"}, {"in", "out"})
    title, owner = checker.text(top, "title"), checker.text(top, "owner", needed=False)
    if checker.problems or when is None:
        raise RuleError(checker.problems)
    rule = SegmentRule(
        name,
        title,
        owner,
        zone,
        when,
        reads(when),
        examples,
        plain(top),
        content_hash(top),
        source.mark(top, "segment"),
    )
    checker.problems += [problem for example in examples for problem in _try_segment(rule, example, catalogue)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule


def read_policy(source: Source) -> PolicyRule:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, QUESTION)
    checker.keys(top, POLICY_KEYS)
    name = _name(checker, top, "policy")
    verdict = top.get("verdict")
    if verdict not in ("allow", "deny", "mask"):
        checker.wrong(top, "verdict", f"“{verdict}” is no verdict.", "Write allow, deny or mask.")
    mask = top.get("mask") or []
    if (verdict == "mask") != bool(mask) or not isinstance(mask, list) or not all(isinstance(one, str) for one in mask):
        checker.wrong(
            top,
            "mask",
            "“mask” lists the fields that a verdict of mask holds back.",
            "Write mask: [phone], or no mask.",
        )
    applies = checker.condition(top.get("applies"), top, "applies")
    examples = _examples(checker, top, {str(verdict), "silent"}, {"allow", "deny", "mask", "silent"})
    title, because = checker.text(top, "title"), checker.text(top, "because")
    if checker.problems or applies is None:
        raise RuleError(checker.problems)
    rule = PolicyRule(
        name,
        title,
        applies,
        str(verdict),
        tuple(mask),
        because,
        examples,
        content_hash(top),
        source.mark(top, "policy"),
    )
    checker.problems += [problem for example in examples for problem in _try_policy(rule, example)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule


def _name(checker: Checker, top: Mapping[str, Any], key: str) -> str:
    name = checker.text(top, key, most=80)
    if name and not (
        name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    ):
        checker.wrong(top, key, f"“{name}” is no name.", NAME_HINT)
    return name


def _zone(checker: Checker, top: Mapping[str, Any]) -> str:
    zone = top.get("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError, TypeError):
        checker.wrong(top, "zone", f"“{zone}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
        return "UTC"
    return str(zone)


def _examples(checker: Checker, top: Mapping[str, Any], needed: set[str], known: set[str]) -> tuple[Example, ...]:
    rows = top.get("examples")
    if not isinstance(rows, list):
        checker.wrong(
            top,
            "examples",
            "A rule without examples is not believed.",
            f"Give at least one each: {', '.join(sorted(needed))}.",
        )
        return ()
    found = []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            checker.wrong(rows, index, "An example is a mapping.", "Write {name: ..., given: {...}, expect: ...}")
            continue
        checker.keys(row, EXAMPLE_KEYS)
        now = row.get("now")
        if now is not None and (not isinstance(now, date) or isinstance(now, datetime)):
            checker.wrong(row, "now", f"“{now}” is no day.", "Write it like 2026-01-31.")
            continue
        if row.get("expect") not in known:
            checker.wrong(
                row, "expect", f"“{row.get('expect')}” cannot be expected.", nearest(row.get("expect"), known)
            )
            continue
        given = row.get("given") or {}
        if not isinstance(given, Mapping):
            checker.wrong(row, "given", "“given” is a mapping of facts.", "Write given: {visits.count: 3}")
            continue
        found.append(Example(str(row.get("name", "")), given, now, row["expect"], checker.source.mark(rows, index)))
    lacking = needed - {example.expect for example in found}
    if lacking and len(found) == len(rows):
        checker.wrong(top, "examples", f"There is no example with expect: {', '.join(sorted(lacking))}.", "Add one.")
    return tuple(found)


class Given:
    """An example's facts and events as a customer."""

    def __init__(self, facts: Mapping[str, Any], events: list[EventSeen]) -> None:
        self.facts = facts
        self.all_events = events

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def events(self, kind: str) -> list[EventSeen]:
        return [event for event in self.all_events if event.kind == kind]


def _try_segment(rule: SegmentRule, example: Example, catalogue: Catalogue) -> list[Problem]:
    if rule.reads.timed and example.now is None:
        return [
            Problem(
                example.mark,
                f"The example “{example.name}” has no day.",
                "Add now: 2026-01-31, as the rule speaks of time.",
            )
        ]
    try:
        view = _given(example, catalogue)
    except ValueError as error:
        return [Problem(example.mark, f"The example “{example.name}”: {error}")]
    now = datetime.combine(example.now or date(2026, 1, 1), time(12), ZoneInfo(rule.zone))
    verdict = "in" if holds(rule.when, view, now, rule.zone) else "out"
    if verdict == example.expect:
        return []
    return [
        Problem(
            example.mark,
            f"The example “{example.name}” is {verdict}, and should be {example.expect}.",
            "Mend the rule or the example.",
        )
    ]


def _given(example: Example, catalogue: Catalogue) -> Given:
    facts: dict[str, Any] = {}
    events: list[EventSeen] = []
    for name, value in example.given.items():
        if name == "events":
            events = [_event(one, catalogue) for one in value or []]
        elif name not in catalogue.facts:
            raise ValueError(f"There is no fact “{name}”. {nearest(name, catalogue.facts)}")
        elif catalogue.facts[name].type == "money":
            amount, _, currency = str(value).partition(" ")
            facts[name] = to_minor(amount, currency or "EUR")
            facts[catalogue.facts[name].unit] = currency or None
        else:
            facts[name] = value
    return Given(facts, events)


def _event(one: Any, catalogue: Catalogue) -> EventSeen:
    if not isinstance(one, Mapping) or one.get("kind") not in catalogue.events or not isinstance(one.get("on"), date):
        raise ValueError("An event needs a kind that exists and a day: {kind: visit, on: 2026-01-31}.")
    amount, _, currency = str(one.get("amount", "")).partition(" ")
    rest = {key: value for key, value in one.items() if key not in ("kind", "on", "amount")}
    minor = to_minor(amount, currency or "EUR") if amount else None
    return EventSeen(one["kind"], one["on"], amount_minor=minor, currency=currency or None, attributes=rest)


def _try_policy(rule: PolicyRule, example: Example) -> list[Problem]:
    unknown = [name for name in example.given if name not in QUESTION.facts]
    if unknown:
        return [
            Problem(
                example.mark, f"There is no fact “{unknown[0]}” of a question.", nearest(unknown[0], QUESTION.facts)
            )
        ]
    now = datetime.combine(example.now or date(2026, 1, 1), time(12), ZoneInfo("UTC"))
    verdict = rule.verdict if holds(rule.applies, Given(example.given, []), now, "UTC") else "silent"
    if verdict == example.expect:
        return []
    return [
        Problem(
            example.mark,
            f"The example “{example.name}” is {verdict}, and should be {example.expect}.",
            "Mend the rule or the example.",
        )
    ]

"""A configuration folder into a Rulebook, or everything that is wrong in all of its files."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rules.catalogue import Catalogue
from rules.check import Checker
from rules.dependencies import dependencies
from rules.documents import PolicyRule, Rulebook, SegmentRule, content_hash, plain
from rules.errors import Mark, Problem, RuleError
from rules.examples import read_examples, try_policy, try_segment
from rules.parse import Source, read
from rules.policy import QUESTION
from rules.values import shown

VERDICTS = ("allow", "deny", "mask")
SEGMENT_KEYS = {"segment", "title", "owner", "zone", "when", "examples"}
POLICY_KEYS = {"policy", "title", "applies", "verdict", "mask", "because", "examples"}
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
    for path in sorted(folder.glob("*.y*ml")):
        if path.suffix != ".yaml":
            problems.append(Problem(Mark(str(path), 1, 1), "This file is not read.", f"Name it {path.stem}.yaml."))
            continue
        try:
            rule = make(read(path))
        except RuleError as error:
            problems += error.problems
            continue
        if rule.name != path.stem:
            what, hint = f"“{rule.name}” stands in {path.name}.", f"Name the file {rule.name}.yaml."
            problems.append(Problem(rule.mark, what, hint))
        found.append(rule)
    return found


def read_segment(source: Source, catalogue: Catalogue) -> SegmentRule:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, catalogue)
    checker.keys(top, SEGMENT_KEYS)
    name = checker.name(top, "segment")
    zone = checker.zone(top)
    when = checker.condition(top.get("when"), top, "when")
    examples = read_examples(checker, top, {"in", "out"}, {"in", "out"})
    title, owner = checker.text(top, "title"), checker.text(top, "owner", needed=False)
    if checker.problems or when is None:
        raise RuleError(checker.problems)
    rule = SegmentRule(
        name,
        title,
        owner,
        zone,
        when,
        dependencies(when),
        examples,
        plain(top),
        content_hash(top),
        source.mark(top, "segment"),
    )
    checker.problems += [problem for example in examples for problem in try_segment(rule, example)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule


def read_policy(source: Source) -> PolicyRule:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, QUESTION)
    checker.keys(top, POLICY_KEYS)
    name = checker.name(top, "policy")
    verdict = top.get("verdict")
    if verdict not in VERDICTS:
        checker.wrong(top, "verdict", f"“{shown(verdict)}” is no verdict.", "Write allow, deny or mask.")
    mask = top.get("mask") or []
    if (verdict == "mask") != bool(mask) or not isinstance(mask, list) or not all(isinstance(one, str) for one in mask):
        checker.wrong(
            top,
            "mask",
            "“mask” lists the fields that a verdict of mask holds back, and stands with no other.",
            "Write mask: [phone], or no mask.",
        )
    applies = checker.condition(top.get("applies"), top, "applies")
    examples = read_examples(
        checker, top, {str(verdict), "silent"} if verdict in VERDICTS else set(), {"allow", "deny", "mask", "silent"}
    )
    title, because = checker.text(top, "title"), checker.text(top, "because")
    if checker.problems or applies is None:
        raise RuleError(checker.problems)
    rule = PolicyRule(
        name,
        title,
        applies,
        str(verdict),
        tuple(map(str, mask)),
        because,
        examples,
        content_hash(top),
        source.mark(top, "policy"),
    )
    checker.problems += [problem for example in examples for problem in try_policy(rule, example)]
    if checker.problems:
        raise RuleError(checker.problems)
    return rule

"""The examples of a rule: read, typed like the rule's own values, and tried on the rule."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rules.catalogue import nearest
from rules.check import Checker
from rules.documents import Example, PolicyRule, SegmentRule
from rules.errors import Problem
from rules.given import Given, read_given
from rules.predicate import holds
from rules.values import is_day, shown

EXAMPLE_KEYS = {"name", "given", "now", "expect"}
SOME_DAY = date(2026, 1, 1)  # of an example whose rule does not speak of time
NOON = time(12)


def read_examples(checker: Checker, top: Mapping[str, Any], needed: set[str], known: set[str]) -> tuple[Example, ...]:
    """needed: an example of each of these outcomes; known: the outcomes there are."""
    rows = top.get("examples")
    if not isinstance(rows, list) or not rows:
        hint = f"Give at least one each: {', '.join(sorted(needed))}."
        checker.wrong(top, "examples", "A rule without examples is not believed.", hint)
        return ()
    found = [_example(checker, rows, index, known) for index in range(len(rows))]
    good = tuple(example for example in found if example)
    lacking = needed - {example.expect for example in good}
    if lacking and len(good) == len(rows):
        checker.wrong(top, "examples", f"There is no example with expect: {', '.join(sorted(lacking))}.", "Add one.")
    return good


def _example(checker: Checker, rows: list[Any], index: int, known: set[str]) -> Example | None:
    row, before = rows[index], len(checker.problems)
    if not isinstance(row, Mapping):
        checker.wrong(rows, index, "An example is a mapping.", "Write {name: ..., given: {...}, expect: ...}")
        return None
    checker.keys(row, EXAMPLE_KEYS)
    name, now, expect = checker.text(row, "name"), row.get("now"), row.get("expect")
    if now is not None and not is_day(now):
        checker.wrong(row, "now", f"“{shown(now)}” is no day.", "Write it like 2026-01-31.")
    if not isinstance(expect, str) or expect not in known:
        checker.wrong(row, "expect", f"“{shown(expect)}” cannot be expected.", nearest(expect, known))
    given = read_given(checker, row)
    if len(checker.problems) > before:
        return None
    return Example(name, given, now, str(expect), checker.source.mark(rows, index))


def try_segment(rule: SegmentRule, example: Example) -> list[Problem]:
    if rule.reads.timed and example.now is None:
        what, hint = f"The example “{example.name}” has no day.", "Add now: 2026-01-31, as the rule speaks of time."
        return [Problem(example.mark, what, hint)]
    unasked = set(example.given.get("buckets", {})) - rule.reads.buckets
    if unasked:
        what = f"The rule draws nothing for {', '.join(sorted(unasked))}."
        return [
            Problem(
                example.mark, what, nearest(min(unasked), rule.reads.buckets) if rule.reads.buckets else "Remove it."
            )
        ]
    return _compare(example, segment_verdict(rule, example))


def try_policy(rule: PolicyRule, example: Example) -> list[Problem]:
    return _compare(example, policy_verdict(rule, example))


def segment_verdict(rule: SegmentRule, example: Example) -> str:
    now = datetime.combine(example.now or SOME_DAY, NOON, ZoneInfo(rule.zone))
    return "in" if holds(rule.when, Given(example.given), now, rule.zone) else "out"


def policy_verdict(rule: PolicyRule, example: Example) -> str:
    now = datetime.combine(example.now or SOME_DAY, NOON, ZoneInfo("UTC"))
    return rule.verdict if holds(rule.applies, Given(example.given), now, "UTC") else "silent"


def _compare(example: Example, verdict: str) -> list[Problem]:
    if verdict == example.expect:
        return []
    what = f"The example “{example.name}” is {verdict}, and should be {example.expect}."
    return [Problem(example.mark, what, "Mend the rule or the example.")]

"""Other segments, scores, consents and buckets in a rule."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from rules.catalogue import SCORE, nearest
from rules.documents import SegmentRule
from rules.operators import MISSING, OPERATORS
from rules.reader import MOST_TESTS, Reader
from rules.tree import BucketTest, ConsentTest, ScoreTest, SegmentTest, Test
from rules.values import NAME, shown

CONSENT_KEYS = {"purpose", "channel", "is"}
STATES = ("granted", "withdrawn", "missing")
SCORE_TESTS = ("is", "above", "at_least", "below", "at_most", "between")
LEAVES = {"leave_below": ("below", ("above", "at_least")), "leave_above": ("above", ("below", "at_most"))}
SCORE_KEYS = {*SCORE_TESTS, *LEAVES, "min_confidence", "min_support", "max_age"}
BUCKET_KEYS = {"of", "from", "below"}
SEGMENT_SIDES = ("in", "not_in")


def segment(reader: Reader, block: Any, known: Mapping[str, SegmentRule | None]) -> SegmentTest | None:
    value = block["segment"]
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in SEGMENT_SIDES:
        reader.wrong(block, "segment", "“segment” needs in or not_in.", "Write segment: {in: gold_members}")
        return None
    side = next(iter(value))
    name = value[side]
    if not isinstance(name, str) or name not in known:
        reader.wrong(value, side, f"There is no segment “{shown(name)}”.", nearest(name, known))
        return None
    rule = known[name]
    if rule is None:
        return None  # its own file says what is wrong
    reader.tests += rule.tests
    if reader.tests > MOST_TESTS:
        what = f"With those of “{name}” there are more than {MOST_TESTS} tests."
        reader.wrong(value, side, what, "Split the rule.")
    return SegmentTest(str(name), side == "in", rule.when, rule.zone, reader.source.mark(block, "segment"))


def consent(reader: Reader, block: Any) -> ConsentTest | None:
    value = block["consent"]
    if not isinstance(value, Mapping):
        hint = "Write consent: {purpose: marketing, channel: mail, is: granted}"
        reader.wrong(block, "consent", "“consent” needs a purpose, a channel and what it is.", hint)
        return None
    reader.keys(value, CONSENT_KEYS)
    reader.tests += 1
    purpose = reader.one_of(value, "purpose", reader.catalogue.purposes, "purpose")
    channel = reader.one_of(value, "channel", reader.catalogue.channels, "channel")
    state = reader.one_of(value, "is", STATES, "state of consent")
    if purpose is None or channel is None or state is None:
        return None
    said = cast(Literal["granted", "withdrawn", "missing"], state)
    return ConsentTest(purpose, channel, said, reader.source.mark(block, "consent"))


def score(reader: Reader, block: Any, key: str) -> ScoreTest | None:
    value, name, before = block[key], key.removeprefix(SCORE), len(reader.problems)
    if name not in reader.catalogue.scores:
        reader.wrong(block, key, f"There is no score “{shown(name)}”.", nearest(key, reader.catalogue.score_keys))
        return None
    if not isinstance(value, Mapping) or not any(test in value for test in SCORE_TESTS):
        reader.wrong(block, key, f"“{key}” needs a test.", f"Write {key}: {{at_least: 0.6, max_age: 7d}}")
        return None
    reader.keys(value, SCORE_KEYS)
    tests = [reader.test(value, test, value[test], "number") for test in SCORE_TESTS if test in value]
    read = tuple(test for test in tests if test)
    confidence, support = reader.share(value, "min_confidence"), _support(reader, value)
    max_age = reader.span(value, "max_age") if "max_age" in value else None
    if any(test.operator is MISSING for test in read) and len(value) > 1:
        reader.wrong(value, "is", "Of a score that is missing nothing else is known.", "Let {is: missing} stand alone.")
    leave = _leave(reader, value, read)
    if len(reader.problems) > before:
        return None
    return ScoreTest(name, read, leave, confidence, support, max_age, reader.source.mark(block, key))


def _support(reader: Reader, value: Any) -> int | None:
    support = value.get("min_support")
    if "min_support" not in value:
        return None
    if not isinstance(support, int) or isinstance(support, bool) or not 1 <= support <= 1_000_000:
        reader.wrong(value, "min_support", f"“{shown(support)}” is no count.", "Write a whole number from 1.")
        return None
    return int(support)


def _leave(reader: Reader, value: Any, tests: tuple[Test, ...]) -> Test | None:
    """Enter at one value and leave at another, further back: between the two a verdict stays as it was."""
    given = [key for key in LEAVES if key in value]
    if not given:
        return None
    key = given[0]
    operator, partners = LEAVES[key]
    limit = reader.value(value, key, value[key], "number")
    if limit is None:
        return None
    entry = tests[0] if len(tests) == 1 and tests[0].operator.name in partners else None
    if entry is None or len(given) > 1:
        reader.wrong(value, key, f"“{key}” goes with one test, {' or '.join(partners)}.", "Remove the others.")
        return None
    if (limit[0] > entry.argument) if key == "leave_below" else (limit[0] < entry.argument):
        what = f"It would leave at {limit[0]} and enter at {entry.argument} at once."
        reader.wrong(value, key, what, "Leave a gap between the two.")
    return Test(OPERATORS[operator], limit[0])


def bucket(reader: Reader, block: Any) -> BucketTest | None:
    value, before = block["bucket"], len(reader.problems)
    if not isinstance(value, Mapping):
        hint = "Write bucket: {of: spring_offer, below: 0.1}"
        reader.wrong(block, "bucket", "“bucket” needs an experiment and a share.", hint)
        return None
    reader.keys(value, BUCKET_KEYS)
    reader.tests += 1
    of = value.get("of")
    if not isinstance(of, str) or not NAME.fullmatch(of) or len(of) > 80:
        reader.wrong(
            value, "of", f"“{shown(of)}” is no name of an experiment.", "Use lower-case letters, digits and _."
        )
    low, high = reader.share(value, "from") or 0.0, reader.share(value, "below")
    if high is None and "below" not in value:
        reader.wrong(value, "below", "“bucket” needs a share.", "Write below: 0.1 for a tenth.")
    if high is not None and low >= high:
        reader.wrong(value, "below", f"Nobody lies from {low:g} and below {high:g}.", "Turn them round.")
    if high is not None and (low, high) == (0.0, 1.0):
        reader.wrong(value, "below", "A bucket of all is always true.", "Write a share below 1, or remove it.")
    if len(reader.problems) > before or high is None:
        return None
    return BucketTest(str(of), low, high, reader.source.mark(block, "bucket"))

"""What would have to be seen for a test that holds to hold no more, in words."""

from collections.abc import Iterable

from rules.operators import MISSING, OF_AGES, OPERATORS
from rules.predicate import Trace
from rules.tree import BucketTest, ConsentTest, EventTest, FactTest, ScoreTest, Sequence, Test
from rules.wording import argument, asked

COUNTERPARTS = {
    "is": "is_not", "is_not": "is", "one_of": "none_of", "none_of": "one_of", "has_any": "has_none", "has_none": "has_any",
    "above": "at_most", "at_most": "above", "below": "at_least", "at_least": "below",
    "before": "on_or_after", "on_or_after": "before", "after": "on_or_before", "on_or_before": "after",
}  # fmt: skip
NEGATED = {
    "between": "is not between", "older_than": "is not older than", "within": "is not within", "during": "is not in",
    "starts_with": "does not start with", "ends_with": "does not end with", "contains": "does not contain",
    "has": "does not have", "has_all": "lacks one of",
}  # fmt: skip


def opposite(found: Trace) -> str:
    """Of a leaf that holds: one of these would be enough."""
    match found.node:
        case FactTest() as node:
            return of_tests(node.tests)
        case EventTest() as node:
            return _of_events(node)
        case Sequence():
            return "none"
        case ScoreTest() as node:
            return _of_score(node)
        case ConsentTest() as node:
            return f"is not {node.state}"
        case BucketTest():
            return "another draw, which never comes"
        case _:
            return "otherwise"


def of_tests(tests: Iterable[Test]) -> str:
    return " or ".join(_of_test(test) for test in tests)


def _of_test(test: Test) -> str:
    name = test.operator.name
    if test.operator is MISSING:
        return "is there"
    if name not in COUNTERPARTS:
        return f"{NEGATED[name]} {argument(test)}"
    table = OF_AGES if test.operator in OF_AGES.values() else OPERATORS
    return f"{table[COUNTERPARTS[name]].words} {argument(test)}"


def _of_events(node: EventTest) -> str:
    parts = [f"fewer than {node.low}"] if node.low > 0 else []
    parts += [f"more than {node.high}"] if node.high is not None else []
    parts += [f"{measure.how} of {measure.field} {of_tests(measure.tests)}" for measure in node.measures]
    return " or ".join(parts)


def _of_score(node: ScoreTest) -> str:
    """With hysteresis it leaves at its own limit."""
    parts = [asked((node.leave,)) if node.leave else of_tests(node.tests)]
    parts += [f"confidence below {node.min_confidence:g}"] if node.min_confidence is not None else []
    parts += [f"support below {node.min_support}"] if node.min_support is not None else []
    parts += [f"older than {node.max_age}"] if node.max_age is not None else []
    return " or ".join(parts)

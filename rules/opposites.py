"""What would have to be seen for a test that holds to hold no more, in words."""

from collections.abc import Iterable

from rules.operators import MISSING, OF_AGES, OPERATORS
from rules.predicate import Trace
from rules.tree import BucketTest, ConsentTest, EventTest, FactTest, ScoreTest, Sequence, Test
from rules.voice import ENGLISH, OR, Voice
from rules.wording import MEASURE_ASKED, TESTS, argument, asked_of

COUNTERPARTS = {
    "is": "is_not", "is_not": "is", "one_of": "none_of", "none_of": "one_of", "has_any": "has_none", "has_none": "has_any",
    "above": "at_most", "at_most": "above", "below": "at_least", "at_least": "below",
    "before": "on_or_after", "on_or_after": "before", "after": "on_or_before", "on_or_before": "after",
}  # fmt: skip
NEGATED = {
    "between": "is not between %(value)s", "older_than": "is not older than %(value)s", "within": "is not within %(value)s",
    "during": "is not in %(value)s", "starts_with": "does not start with %(value)s", "ends_with": "does not end with %(value)s",
    "contains": "does not contain %(value)s", "has": "does not have %(value)s", "has_all": "lacks one of %(value)s",
}  # fmt: skip
NO_RUN, NO_DRAW, OTHERWISE, THERE, IS_NOT = (
    "none",
    "another draw, which never comes",
    "otherwise",
    "is there",
    "is not %(value)s",
)
FEWER, MORE = "fewer than %(low)s", "more than %(high)s"
LESS_SURE, LESS_SUPPORT, OLDER = "confidence below %(least)s", "support below %(least)s", "older than %(span)s"
SENTENCES = frozenset(NEGATED.values()) | {
    NO_RUN,
    NO_DRAW,
    OTHERWISE,
    THERE,
    IS_NOT,
    FEWER,
    MORE,
    LESS_SURE,
    LESS_SUPPORT,
    OLDER,
}


def opposite(found: Trace, voice: Voice = ENGLISH) -> str:
    """Of a leaf that holds: one of these would be enough."""
    match found.node:
        case FactTest() as node:
            return of_tests(node.tests, voice)
        case EventTest() as node:
            return _of_events(node, voice)
        case Sequence():
            return voice.say(NO_RUN)
        case ScoreTest() as node:
            return _of_score(node, voice)
        case ConsentTest() as node:
            return voice.say(IS_NOT, value=voice.say(node.state))
        case BucketTest():
            return voice.say(NO_DRAW)
        case _:
            return voice.say(OTHERWISE)


def of_tests(tests: Iterable[Test], voice: Voice) -> str:
    return voice.join(OR, (_of_test(test, voice) for test in tests))


def _of_test(test: Test, voice: Voice) -> str:
    name = test.operator.name
    if test.operator is MISSING:
        return voice.say(THERE)
    if name not in COUNTERPARTS:
        return voice.say(NEGATED[name], value=argument(test, voice))
    table = OF_AGES if test.operator in OF_AGES.values() else OPERATORS
    return voice.say(TESTS[table[COUNTERPARTS[name]].words], value=argument(test, voice))


def _of_events(node: EventTest, voice: Voice) -> str:
    parts = [voice.say(FEWER, low=voice.number(node.low))] if node.low > 0 else []
    parts += [voice.say(MORE, high=voice.number(node.high))] if node.high is not None else []
    parts += [
        voice.say(MEASURE_ASKED, how=voice.say(one.how), field=voice.name(one.field), asked=of_tests(one.tests, voice))
        for one in node.measures
    ]
    return voice.join(OR, parts)


def _of_score(node: ScoreTest, voice: Voice) -> str:
    """With hysteresis it leaves at its own limit."""
    parts = [asked_of(node.leave, voice) if node.leave else of_tests(node.tests, voice)]
    parts += [voice.say(LESS_SURE, least=voice.number(node.min_confidence))] if node.min_confidence is not None else []
    parts += [voice.say(LESS_SUPPORT, least=voice.number(node.min_support))] if node.min_support is not None else []
    parts += [voice.say(OLDER, span=voice.span(node.max_age))] if node.max_age is not None else []
    return voice.join(OR, parts)

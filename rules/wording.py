"""A node of a trace in words: what was seen, and what was asked."""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from rules.calendar import Window
from rules.operators import AGES, MISSING, ROWS
from rules.predicate import Trace
from rules.tree import (
    All,
    AnyOf,
    BucketTest,
    ConsentTest,
    EventTest,
    FactTest,
    FieldTest,
    Measure,
    Not,
    Pinned,
    ScoreTest,
    SegmentTest,
    Sequence,
    Step,
    Test,
    VehicleTest,
)
from rules.views import PinSeen, ScoreSeen, VehicleSeen
from rules.voice import AND, ENGLISH, LIST, THEN, WORDS, Voice

ALL, ANY, NONE = "all of these", "any of these", "not this"
ON, ON_NUMBER = "%(seen)s on %(car)s", "car %(number)s"
FACT, FACT_MISSING = "%(fact)s is %(value)s", "%(fact)s is missing"
RUN, NO_RUN, ONE = "a run of %(steps)s", "no run of %(steps)s", "one"
CARS = "%(passing)s of %(all)s car(s)"
QUANTIFIED = {
    "some": "some of the cars owned today",
    "every": "every car owned today",
    "none": "none of the cars owned today",
}
SEGMENT_IN, SEGMENT_OUT, IN, OUT = "segment %(name)s: in", "segment %(name)s: not in", "in", "not in"
CONSENT, CONSENT_MISSING = (
    "consent to %(purpose)s by %(channel)s is %(state)s",
    "consent to %(purpose)s by %(channel)s is missing",
)
STATES = {"granted": "granted", "withdrawn": "withdrawn", "missing": "missing"}
IS = "is %(value)s"
PLACE, BETWEEN = "place in %(experiment)s is %(place)s", "from %(low)s and below %(high)s"
PUT, KEPT, UP_TO = "put into %(segment)s by hand", "kept out of %(segment)s by hand", "%(seen)s up to %(day)s"
MISSING_ASKED = "is missing"
EVENTS = "%(count)s %(kind)s event(s)"
MEASURE, MEASURE_MISSING, MEASURE_ASKED = (
    "%(how)s of %(field)s is %(value)s",
    "%(how)s of %(field)s is missing",
    "%(how)s of %(field)s %(asked)s",
)
HOWS = {"sum": "sum", "min": "min", "max": "max", "distinct": "distinct", "last": "last"}
WITHIN, SINCE, UNTIL, WHERE = (
    "%(what)s within %(window)s",
    "%(what)s from %(day)s",
    "%(what)s up to %(day)s",
    "%(what)s where %(field)s %(asked)s",
)
AT_LEAST, EXACTLY, RANGE = "at least %(low)s", "exactly %(low)s", "%(low)s to %(high)s"
BY, ABSENT = "%(steps)s by %(field)s", "no %(event)s"
SCORE, SCORE_MISSING = (
    "score.%(name)s is %(value)s (confidence %(confidence)s, support %(support)s, of %(day)s)",
    "score.%(name)s is missing",
)
LEAVES, CONFIDENCE, SUPPORT, AGE = (
    "until it %(asked)s",
    "confidence at least %(least)s",
    "support at least %(least)s",
    "not older than %(span)s",
)
TESTS = {operator.words: f"{operator.words} %(value)s" for operator in (*ROWS, *AGES)}
SENTENCES = (
    WORDS
    | set(QUANTIFIED.values())
    | set(STATES)
    | set(HOWS)
    | set(TESTS.values())
    | {ALL, ANY, NONE, ON, ON_NUMBER, FACT, FACT_MISSING, RUN, NO_RUN, ONE, CARS, SEGMENT_IN, SEGMENT_OUT, IN, OUT, CONSENT,
       CONSENT_MISSING, IS, PLACE, BETWEEN, PUT, KEPT, UP_TO, MISSING_ASKED, EVENTS, MEASURE, MEASURE_MISSING, MEASURE_ASKED,
       WITHIN, SINCE, UNTIL, WHERE, AT_LEAST, EXACTLY, RANGE, BY, ABSENT, SCORE, SCORE_MISSING, LEAVES, CONFIDENCE, SUPPORT, AGE}
)  # fmt: skip


def words(found: Trace, voice: Voice = ENGLISH) -> tuple[str, str]:
    """(what was seen, what was asked); a node that only joins others asks nothing of its own."""
    say, name = voice.say, voice.name
    match found.node:
        case All():
            return _on(say(ALL), found.car, voice), ""
        case AnyOf():
            return _on(say(ANY), found.car, voice), ""
        case Not():
            return _on(say(NONE), found.car, voice), ""
        case FactTest() as node:
            fact = name(node.fact.name)
            seen = (
                say(FACT_MISSING, fact=fact)
                if found.seen is None
                else say(FACT, fact=fact, value=voice.value(found.seen, found.currency))
            )
            return _on(seen, found.car, voice), asked(node.tests, voice)
        case EventTest() as node:
            return _event(node, found, voice)
        case Sequence() as node:
            return say(RUN if found.holds else NO_RUN, steps=_steps(node, voice)), say(ONE)
        case VehicleTest() as node:
            seen = say(CARS, passing=voice.number(found.seen), all=voice.number(len(found.parts)))
            return seen, say(QUANTIFIED[node.quantifier])
        case Pinned() as node:
            return pinned(found.seen, node, voice), ""
        case SegmentTest() as node:
            seen = say(SEGMENT_IN if found.seen else SEGMENT_OUT, name=name(node.name))
            return seen, say(IN if node.inside else OUT)
        case ScoreTest() as node:
            return _score(node.name, found.seen, voice), _score_asked(node, voice)
        case ConsentTest() as node:
            told = {"purpose": name(node.purpose), "channel": name(node.channel)}
            seen = say(CONSENT, state=say(found.seen), **told) if found.seen else say(CONSENT_MISSING, **told)
            return seen, say(IS, value=say(node.state))
        case BucketTest() as node:
            seen = say(PLACE, experiment=name(node.of), place=name(f"{found.seen:.4f}"))
            return seen, say(BETWEEN, low=_short(float(node.low), voice), high=_short(float(node.high), voice))
        case unknown:
            assert_never(unknown)


def pinned(pin: PinSeen, node: Pinned, voice: Voice = ENGLISH) -> str:
    seen = voice.say(PUT if pin.inside else KEPT, segment=voice.name(node.segment))
    return voice.say(UP_TO, seen=seen, day=voice.day(pin.last_on)) if pin.last_on else seen


def asked(tests: Iterable[Test], voice: Voice = ENGLISH) -> str:
    return voice.join(AND, (asked_of(test, voice) for test in tests))


def asked_of(test: Test, voice: Voice) -> str:
    if test.operator is MISSING:
        return voice.say(MISSING_ASKED)
    return voice.say(TESTS[test.operator.words], value=argument(test, voice))


def argument(test: Test, voice: Voice) -> str:
    several = test.argument if isinstance(test.argument, tuple) else (test.argument,)
    return voice.join(LIST, (voice.value(item, test.currency) for item in several))


def _on(seen: str, car: VehicleSeen | None, voice: Voice) -> str:
    if car is None:
        return seen
    named = voice.name(car.name) if car.name else voice.say(ON_NUMBER, number=voice.name(car.id))
    return voice.say(ON, seen=seen, car=named)


# --- events


def _event(node: EventTest, found: Trace, voice: Voice) -> tuple[str, str]:
    counted = voice.say(EVENTS, count=voice.number(found.seen), kind=voice.name(node.kind.name))
    seen = [_on(_window(counted, node, voice), found.car, voice)]
    wanted = [] if node.low == 0 and node.high is None else [_count(node, voice)]
    for measure, (value, currency) in zip(node.measures, found.measures, strict=True):
        told = {"how": voice.say(measure.how), "field": voice.name(measure.field)}
        seen.append(_measured(measure, value, currency, told, voice))
        wanted.append(voice.say(MEASURE_ASKED, asked=asked(measure.tests, voice), **told))
    return voice.join(LIST, seen), voice.join(AND, wanted)


def _measured(measure: Measure, value: Any, currency: str | None, told: Mapping[str, str], voice: Voice) -> str:
    if value is None:
        return voice.say(MEASURE_MISSING, **told)
    if measure.how == "sum" and measure.type == "number":
        return voice.say(MEASURE, value=_short(value / 1000, voice), **told)
    return voice.say(MEASURE, value=voice.value(value, currency if measure.type == "money" else None), **told)


def _window(counted: str, node: EventTest, voice: Voice) -> str:
    told = _reach(counted, node.within, voice)
    if node.since:
        told = voice.say(SINCE, what=told, day=voice.day(node.since))
    if node.up_to:
        told = voice.say(UNTIL, what=told, day=voice.day(node.up_to))
    return _where(told, node.where, voice)


def _reach(told: str, window: Window | None, voice: Voice) -> str:
    return voice.say(WITHIN, what=told, window=voice.value(window)) if window else told


def _where(told: str, tests: Iterable[FieldTest], voice: Voice) -> str:
    for test in tests:
        told = voice.say(WHERE, what=told, field=voice.name(test.field), asked=asked(test.tests, voice))
    return told


def _count(node: EventTest, voice: Voice) -> str:
    low = voice.number(node.low)
    if node.high is None:
        return voice.say(AT_LEAST, low=low)
    return (
        voice.say(EXACTLY, low=low)
        if node.high == node.low
        else voice.say(RANGE, low=low, high=voice.number(node.high))
    )


def _steps(node: Sequence, voice: Voice) -> str:
    told = voice.join(THEN, (_step(step, voice) for step in node.steps))
    if node.by:
        told = voice.say(BY, steps=told, field=voice.name(node.by))
    return _reach(told, node.within, voice)


def _step(step: Step, voice: Voice) -> str:
    kind = voice.name(step.kind.name)
    told = _where(voice.say(ABSENT, event=kind) if step.absent else kind, step.where, voice)
    return _reach(told, step.within, voice)


def _short(value: float, voice: Voice) -> str:
    """Six digits are enough to be read."""
    return voice.number(int(value) if value.is_integer() else float(f"{value:g}"))


# --- scores


def _score(name: str, row: ScoreSeen | None, voice: Voice) -> str:
    if row is None:
        return voice.say(SCORE_MISSING, name=name)
    told = {
        "value": _short(row.value, voice),
        "confidence": _short(row.confidence, voice),
        "support": voice.number(row.support),
    }
    return voice.say(SCORE, name=name, day=voice.day(row.as_of), **told)


def _score_asked(node: ScoreTest, voice: Voice) -> str:
    wanted = [asked(node.tests, voice)]
    if node.leave:
        wanted.append(voice.say(LEAVES, asked=asked_of(node.leave, voice)))
    if node.min_confidence is not None:
        wanted.append(voice.say(CONFIDENCE, least=_short(float(node.min_confidence), voice)))
    if node.min_support is not None:
        wanted.append(voice.say(SUPPORT, least=voice.number(node.min_support)))
    if node.max_age is not None:
        wanted.append(voice.say(AGE, span=voice.span(node.max_age)))
    return voice.join(LIST, wanted)

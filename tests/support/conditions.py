"""Strategies for every node and operator of the rule language, over the catalogue of histories.

Each is put together once, as that takes Hypothesis longer than to draw from it: days are drawn as so many ago, and become dates of a
today when a document is done."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml.comments import CommentedMap

from asked_of import dated, several_tests, values
from histories import CATALOGUE, SHARES, SPANS, TURNS, ZONES
from rules.calendar import PERIODS, local_day
from rules.catalogue import EventKind
from rules.check import Checker
from rules.check_events import BY_TYPES, MEASURES
from rules.dependencies import dependencies
from rules.documents import SegmentRule
from rules.errors import NOWHERE
from rules.parse import Source
from rules.tree import Condition, Pinned

Document = dict[str, Any]


def documents(today: date, segments: Sequence[str]) -> st.SearchStrategy[Document]:
    return _any_document(tuple(segments)).map(lambda found: dated(found, today))


def leaves(today: date) -> st.SearchStrategy[Document]:
    return _leaves().map(lambda found: dated(found, today))


def cars(today: date) -> st.SearchStrategy[Document]:
    return _cars().map(lambda found: dated(found, today))


@cache
def moments() -> st.SearchStrategy[datetime]:
    near = st.builds(
        lambda turn, minutes: turn + timedelta(minutes=minutes), st.sampled_from(TURNS), st.integers(-1500, 1500)
    )
    return near | st.integers(0, 4_000_000).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    )


@cache
def _leaves() -> st.SearchStrategy[Document]:
    facts = _facts(list(CATALOGUE.facts.values()))
    return st.one_of(facts, facts, events(), events(), sequences(), a_score(), others())


def _facts(facts: list[Any]) -> st.SearchStrategy[Document]:
    return st.sampled_from(facts).flatmap(_fact)


@cache
def _fact(fact: Any) -> st.SearchStrategy[Document]:
    return several_tests(fact.type).map(lambda tests: {fact.name: tests})


# --- events


def events() -> st.SearchStrategy[Document]:
    built = {kind.name: an_event(kind) for kind in CATALOGUE.events.values()}
    return st.sampled_from(list(CATALOGUE.events.values())).flatmap(lambda kind: built[kind.name])


def an_event(kind: EventKind) -> st.SearchStrategy[Document]:
    counts: list[dict[str, int]] = [{}, {"at_least": 1}, {"at_least": 2}, {"at_most": 0}, {"at_most": 2}, {"exactly": 0},
                                    {"exactly": 2}, {"at_least": 1, "at_most": 3}]  # fmt: skip
    days = values("day")
    ranges = st.tuples(days, days).map(sorted)
    fixed = st.one_of(
        st.just({}),
        st.just({}),
        days.map(lambda day: {"from": day}),
        days.map(lambda day: {"up_to": day}),
        ranges.map(lambda pair: {"from": pair[0], "up_to": pair[1]}),
    )
    return st.builds(
        lambda count, window, bounds, where, measure: {
            "event": {"kind": kind.name, **count, **window, **bounds, **where, **measure}
        },
        st.sampled_from(counts),
        windows(),
        fixed,
        wheres(kind),
        st.just({}) | measures(kind),
    )


@cache
def windows() -> st.SearchStrategy[dict[str, str]]:
    spans = st.sampled_from(SPANS).map(lambda span: {"within": span})
    return spans | st.sampled_from(PERIODS).map(lambda period: {"during": period}) | st.just({})


def wheres(kind: EventKind) -> st.SearchStrategy[Document]:
    built = {
        name: several_tests(type_).map(lambda test, name=name: {"where": {name: test}})
        for name, type_ in kind.all_fields.items()
    }
    found = st.sampled_from(list(built)).flatmap(lambda name: built[name])
    return st.just({}) | st.just({}) | found


def measures(kind: EventKind) -> st.SearchStrategy[Document]:
    fitting = [
        (how, name, type_)
        for how, types in MEASURES.items()
        for name, type_ in kind.all_fields.items()
        if type_ in types
    ]
    return st.sampled_from(fitting).flatmap(lambda one: _measure(*one))


@cache
def _measure(how: str, name: str, type_: str) -> st.SearchStrategy[Document]:
    if type_ == "money" and how != "last":
        amounts = st.sampled_from(["0 EUR", "1 EUR", "249.90 EUR", "500 EUR", "24.990 KWD", "100 JPY"])
        names = st.sampled_from(["is", "above", "below", "at_least", "at_most"])
        return st.builds(lambda test, amount: {how: {name: {test: amount}}}, names, amounts)
    tests = several_tests("number" if how == "distinct" else type_)
    if how in ("sum", "distinct"):
        tests = tests.filter(lambda test: "missing" not in test.values())
    return tests.map(lambda test: {how: {name: test}})


@cache
def sequences() -> st.SearchStrategy[Document]:
    kinds = st.sampled_from(list(CATALOGUE.events.values()))
    spans = st.sampled_from(["1d", "2d", "7d", "30d", "1m", "3m", "1y"])

    def step(key: str, within: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
        built = {
            kind.name: st.builds(lambda where, span, name=kind.name: {key: name, **where, **span}, wheres(kind), within)
            for kind in CATALOGUE.events.values()
        }
        return kinds.flatmap(lambda kind: built[kind.name])

    some = spans.map(lambda span: {"within": span})
    first, then = step("event", st.just({})), step("event", some | st.just({}))
    absent, between = step("not", some), step("not", st.just({}))
    tails = st.one_of(
        st.tuples(then),
        st.tuples(absent),
        st.tuples(then, then),
        st.tuples(then, absent),
        st.tuples(absent, then),
        st.tuples(between, then),
        st.tuples(between, then, absent),
    )
    shared = [
        name
        for name, type_ in CATALOGUE.events["visit"].all_fields.items()
        if type_ in BY_TYPES and CATALOGUE.events["complaint"].all_fields.get(name) == type_
    ]
    by = st.just({}) | st.sampled_from(shared).map(lambda name: {"by": name})
    return st.builds(
        lambda start, tail, same, window: {"sequence": {"steps": [start, *tail], **same, **window}},
        first,
        tails,
        by,
        windows(),
    )


# --- scores, consents, buckets, segments, cars


@cache
def a_score() -> st.SearchStrategy[Document]:
    share = st.sampled_from(SHARES)
    plain = st.builds(
        lambda test, v: {test: v}, st.sampled_from(["is", "above", "below", "at_least", "at_most"]), share
    )
    pairs = st.tuples(share, share).map(sorted)
    low = pairs.map(lambda pair: {"at_least": pair[1], "leave_below": pair[0]})
    high = pairs.map(lambda pair: {"at_most": pair[0], "leave_above": pair[1]})
    more = st.fixed_dictionaries(
        {},
        optional={
            "min_confidence": share,
            "min_support": st.sampled_from([1, 2, 5]),
            "max_age": st.sampled_from(SPANS),
        },
    )
    asked = st.builds(lambda test, rest: test | rest, st.one_of(plain, low, high), more)
    return st.builds(
        lambda name, tests: {f"score.{name}": tests},
        st.sampled_from(["churn", "upsell"]),
        asked | st.just({"is": "missing"}),
    )


@cache
def others() -> st.SearchStrategy[Document]:
    consent = st.builds(
        lambda purpose, channel, state: {"consent": {"purpose": purpose, "channel": channel, "is": state}},
        st.sampled_from(CATALOGUE.purposes),
        st.sampled_from(CATALOGUE.channels),
        st.sampled_from(["granted", "withdrawn", "missing"]),
    )
    shares = st.sampled_from([(0.0, 0.1), (0.1, 0.5), (0.25, 1.0), (0.0, 0.9)])
    bucket = st.builds(
        lambda name, pair: {"bucket": {"of": name, "from": pair[0], "below": pair[1]}},
        st.sampled_from(["offer", "tone"]),
        shares,
    )
    return consent | bucket


def joined(inner: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    several = st.lists(inner, min_size=1, max_size=3)
    return (
        several.map(lambda items: {"all": items})
        | several.map(lambda items: {"any": items})
        | inner.map(lambda item: {"not": item})
    )


@cache
def _cars() -> st.SearchStrategy[Document]:
    facts = _facts(list(CATALOGUE.vehicle.values()))
    leaf = st.one_of(facts, facts, events(), sequences())
    inner = st.recursive(leaf, joined, max_leaves=3)
    return st.builds(
        lambda quantifier, items: {"vehicle": {quantifier: items}},
        st.sampled_from(["some", "every", "none"]),
        st.lists(inner, min_size=1, max_size=2),
    )


@cache
def _any_document(segments: tuple[str, ...]) -> st.SearchStrategy[Document]:
    leaf = _leaves() | _cars()
    if segments:
        sides, names = st.sampled_from(["in", "not_in"]), st.sampled_from(segments)
        leaf = st.one_of(leaf, leaf, st.builds(lambda side, name: {"segment": {side: name}}, sides, names))
    return st.recursive(leaf, joined, max_leaves=5)


def checked(document: Document, segments: dict[str, SegmentRule] | None = None) -> Condition:
    """As the checker reads it; that a branch can never hold is a complaint of its own, and no reason to differ."""
    checker = Checker(Source("generated.yaml", CommentedMap()), CATALOGUE, segments)
    condition = checker.condition(document, {}, "when")
    assert condition is not None, checker.problems
    return condition


def segment(name: str, document: Document, zone: str, known: dict[str, SegmentRule]) -> SegmentRule:
    when = Pinned(name, checked(document, known), NOWHERE)
    return SegmentRule(name, name, "", zone, when, dependencies(when), 1, (), document, name, NOWHERE)


@st.composite
def cases(draw: st.DrawFn, conditions: int) -> tuple[int, datetime, str, list[Condition]]:
    """(number of a world, now, zone, conditions); some read other segments, of other zones, one of which reads another."""
    now, zone, elsewhere = draw(moments()), draw(st.sampled_from(ZONES)), draw(st.sampled_from(ZONES))
    today = local_day(now, zone)
    known: dict[str, SegmentRule] = {}
    known["first"] = segment("first", draw(documents(today, [])), elsewhere, known)
    known["second"] = segment("second", {"not": {"segment": {"in": "first"}}}, zone, known)
    kinds = documents(today, list(known))
    found = [checked(draw(kinds), known) for _ in range(conditions)]
    found[0] = Pinned("top", found[0], NOWHERE)
    return draw(st.integers(0, 2**32)), now, zone, found

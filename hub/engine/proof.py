"""A self test: the engine that serves is asked about random customers, and plain Python is its judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from hub.engine.matching import ChainMatcher, SequenceMatcher, Start
from rules import tree
from rules.calendar import Moment, Span
from rules.catalogue import EventKind
from rules.errors import NOWHERE
from rules.patterns import Chain, follow
from rules.predicate import judge
from rules.views import EventSeen, View

TODAY = date(2026, 6, 30)
MOMENT = Moment(datetime(2026, 6, 30, 12, tzinfo=UTC), "UTC")
KINDS = "abc"


@dataclass(frozen=True)
class History(View):
    seen: tuple[EventSeen, ...]

    def events(self, kind: str) -> list[EventSeen]:
        return [event for event in self.seen if event.kind == kind]


@dataclass(frozen=True)
class Proof:
    """cases: customers. wrong: those whose answer differed from plain Python's. verdicts: how many were yes."""

    cases: int
    wrong: int
    verdicts: int
    engine: int


def prove(start: Start | None, rng: Random, cases: int) -> Proof:
    sequences, chains = some_sequences(), some_chains(rng)
    histories = [a_history(rng) for _ in range(cases)]
    known = [frozenset(rng.sample([f"f{number}" for number in range(12)], rng.randint(0, 5))) for _ in histories]
    matcher, chaining = SequenceMatcher(sequences, start), ChainMatcher(chains, start)
    try:
        matched, followed = matcher.match(histories, MOMENT), chaining.follow(known)
    finally:
        matcher.close()
        chaining.close()
    wanted = [
        frozenset(name for name, one in sequences.items() if judge(one, view, MOMENT, None)) for view in histories
    ]
    right = [follow(chains, one) for one in known]
    pairs = zip(zip(matched, followed, strict=True), zip(wanted, right, strict=True), strict=True)
    wrong = sum(found != expected for found, expected in pairs)
    verdicts = sum(map(len, wanted)) + sum(map(len, right))
    return Proof(cases, wrong, verdicts, matcher.served.engine + chaining.served.engine)


def some_sequences() -> dict[str, tree.Sequence]:
    """A then B, A then B then C, A and no B, A then B and no C; within a span or ever, by car or not."""
    week, month = Span(7, "d"), Span(1, "m")
    return {
        "ab": _sequence("a", ("b", False, week)),
        "ab_ever": _sequence("a", ("b", False, None)),
        "ab_car": _sequence("a", ("b", False, month), by="vehicle"),
        "aa": _sequence("a", ("a", False, week)),
        "abc": _sequence("a", ("b", False, week), ("c", False, month)),
        "abc_car": _sequence("a", ("b", False, month), ("c", False, None), by="vehicle"),
        "a_no_b": _sequence("a", ("b", True, week)),
        "a_no_b_car": _sequence("a", ("b", True, month), by="vehicle"),
        "ab_no_c": _sequence("a", ("b", False, week), ("c", True, week)),
        "a_recent_no_b": _sequence("a", ("b", True, week), within=Span(30, "d")),
        "between": _sequence("a", ("b", True, None), ("c", False, month)),
    }


def _sequence(
    first: str, *rest: tuple[str, bool, Span | None], by: str | None = None, within: Span | None = None
) -> tree.Sequence:
    steps = [
        tree.Step(EventKind(kind), absent, span, (), NOWHERE) for kind, absent, span in ((first, False, None), *rest)
    ]
    return tree.Sequence(tuple(steps), by, "vehicle" if by else None, within, NOWHERE)


def some_chains(rng: Random) -> Sequence[Chain]:
    names = [f"f{number}" for number in range(12)]
    return [
        Chain(f"c{number}", frozenset(rng.sample(names, rng.randint(1, 3))), rng.choice(names), rng.randint(0, 3))
        for number in range(20)
    ]


def a_history(rng: Random) -> History:
    """Few days and few cars, so that days, ties and keys meet."""
    events = []
    for number in range(rng.choice([0, 1, 2, 4, 8, 12])):
        day = TODAY - timedelta(days=rng.choice([-1, 0, 1, 6, 7, 8, 14, 15, 29, 30, 31, 60]))
        at = datetime(day.year, day.month, day.day, rng.choice([8, 12]), tzinfo=UTC)
        events.append(
            EventSeen(rng.choice(KINDS), day, at, rng.choice([number + 1, 1]), vehicle_id=rng.choice([None, 1, 2]))
        )
    return History(tuple(events))

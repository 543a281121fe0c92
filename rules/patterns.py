"""Event sequences and chains of proposals in durable-rules' form, as plain data: whole numbers and names of our own making.

Nothing that an author wrote reaches the engine: filters, keys and windows are worked out here, and what is left for it is
the joining. Its defects, and so the shape of the rules: a correlated test that is always true stands last (without it the
engine reads beyond its program), aliases fall into the slots of its frames in the order of the patterns, and a rule with
an absence has a ruleset of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count, islice
from typing import Any

from rules import tree
from rules.calendar import Moment
from rules.history import following
from rules.views import View

MOST_EVENTS = 60  # of one customer for one step; the engine joins each with each
SETS = 50  # rules to a ruleset; it bears 64
EVER = 9_999_999  # as a day's number
FAR = 4_000_000_000
ENTER = "$enter"
Plain = dict[str, Any]


@dataclass(frozen=True)
class Program:
    """rulesets: for the engine. places: of each sequence, its ruleset and its number. beyond: sequences that it cannot
    carry (an absence between two steps), which the predicate judges alone. follow: rule -> the facts it brings."""

    rulesets: tuple[Plain, ...]
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    beyond: frozenset[str] = frozenset()
    follow: Mapping[str, tuple[Plain, ...]] = field(default_factory=dict)

    def plain(self) -> Plain:
        return {"rulesets": list(self.rulesets), "follow": {name: list(facts) for name, facts in self.follow.items()}}


@cache
def aliases(most: int) -> tuple[str, ...]:
    """Names whose hash leads into slot 0, 1, 2 ..."""
    return tuple(_alias(slot) for slot in range(most))


def _alias(slot: int) -> str:
    return next(name for number in count() if _fnv(name := f"m{number}") % 16 == slot)


def _fnv(text: str) -> int:
    """FNV-1a, 32 bits: by which the engine tells names apart."""
    value = 2_166_136_261
    for byte in text.encode():
        value = ((value ^ byte) * 16_777_619) % 2**32
    return value


# --- sequences


def compile_sequences(sequences: Mapping[str, tree.Sequence]) -> Program:
    """Raises nothing: what cannot be carried is named in `beyond`."""
    numbers = {name: number for number, name in enumerate(sequences)}
    fitting = {name: node for name, node in sequences.items() if not any(step.absent for step in node.steps[:-1])}
    alone = [[name] for name, node in fitting.items() if node.steps[-1].absent]
    rest = iter([name for name, node in fitting.items() if not node.steps[-1].absent])
    groups = [*iter(lambda: list(islice(rest, SETS)), []), *alone]
    opening = {ENTER: {"all": [{aliases(1)[0]: {"t": ENTER}}]}}
    return Program(
        tuple(opening | {name: _rule(numbers[name], fitting[name]) for name in group} for group in groups),
        {name: (place, numbers[name]) for place, group in enumerate(groups) for name in group},
        frozenset(sequences.keys() - fitting.keys()),
    )


def _rule(number: int, node: tree.Sequence) -> Plain:
    names = aliases(len(node.steps) + 1)
    patterns: list[Plain] = [{names[0]: {"t": _tag(number, 0)}}]
    for index, step in enumerate(node.steps[1:], 1):
        before, name = names[index - 1], names[index]
        tests: list[Plain] = [
            {"t": _tag(number, index)},
            {"$gt": {"n": {before: "n"}}},
            {"$lte": {"d": {before: "u"}}},
            *([{"k": {before: "k"}}] if node.by else []),
            _always(before),
        ]
        patterns.append({f"{name}$not" if step.absent else name: {"$and": tests}})
    if node.steps[-1].absent:
        before = names[len(node.steps) - 2]
        over: list[Plain] = [{"t": "$tick"}, {"$gt": {"d": {before: "u"}}}, _always(before)]
        patterns.append({names[len(node.steps)]: {"$and": over}})
    return {"all": patterns}


def _always(before: str) -> Plain:
    return {"$gte": {"n": {"$sub": {"$l": {before: "n"}, "$r": FAR}}}}


def _tag(number: int, step: int) -> str:
    return f"p{number}s{step}"


def facts_of(
    sequences: Mapping[str, tree.Sequence], program: Program, view: View, moment: Moment
) -> list[list[Plain]] | None:
    """What the engine is told of one customer, per ruleset and in order of time. None: too much for it to join.

    Of an event: n its rank, d its day, k the number of its key, u the last day on which the next step may lie."""
    found: list[list[Plain]] = [[] for _ in program.rulesets]
    for name, (place, number) in program.places.items():
        facts = list(_of_sequence(sequences[name], number, view, moment))
        if any(len(step) > MOST_EVENTS for step in facts):
            return None
        found[place] += [fact for step in facts for fact in step]
    tick = {"t": "$tick", "n": FAR, "d": moment.today.toordinal()}
    return [[*sorted(facts, key=lambda fact: fact["n"]), tick] for facts in found]


def _of_sequence(node: tree.Sequence, number: int, view: View, moment: Moment) -> Iterator[list[Plain]]:
    steps = following(node, view, moment, None)
    ranks = {order: rank for rank, order in enumerate(sorted({event.order for step in steps for event in step}), 1)}
    keys: dict[Any, int] = {}
    for index, events in enumerate(steps):
        span = node.steps[index + 1].within if index + 1 < len(steps) else None
        facts = []
        for event in events:
            key = event.value(node.by, str(node.by_type)) if node.by else 0
            if key is not None:
                until = span.after(event.local_day).toordinal() if span else EVER
                day = event.local_day.toordinal()
                fact = {"t": _tag(number, index), "n": ranks[event.order], "d": day, "u": until}
                facts.append(fact | {"k": keys.setdefault(key, len(keys))})
        yield facts


# --- chains of proposals


@dataclass(frozen=True)
class Chain:
    """Where all of `needs` are known, `brings` is known, too. rank: of a proposal, the highest is chosen first."""

    name: str
    needs: frozenset[str]
    brings: str
    rank: int = 0


def compile_chain(chains: Sequence[Chain]) -> Program:
    """Raises ValueError for a chain that the engine would accept and read wrongly."""
    for chain in chains:
        if not 1 <= len(chain.needs) <= 15:
            raise ValueError(f"Chain {chain.name} needs {len(chain.needs)} facts: 1 to 15 are possible.")
    if len({chain.name for chain in chains}) < len(chains) or len(chains) > SETS:
        raise ValueError(f"At most {SETS} chains, each with a name of its own.")
    number = _numbers(chains)
    rules: Plain = {ENTER: {"all": [{aliases(1)[0]: {"t": ENTER}}]}}
    for chain in chains:
        needs = sorted(chain.needs)
        rules[chain.name] = {
            "all": [{alias: {"t": number[need]}} for alias, need in zip(aliases(len(needs)), needs, strict=True)]
        }
    return Program((rules,), follow={chain.name: ({"t": number[chain.brings]},) for chain in chains})


def _numbers(chains: Iterable[Chain]) -> dict[str, str]:
    names = sorted({name for chain in chains for name in (*chain.needs, chain.brings)})
    return {name: f"f{place}" for place, name in enumerate(names)}


def chain_facts(chains: Sequence[Chain], known: Iterable[str]) -> list[list[Plain]]:
    number = _numbers(chains)
    return [[{"t": number[name]} for name in sorted(set(known)) if name in number]]


def follow(chains: Sequence[Chain], known: Iterable[str]) -> frozenset[str]:
    """Names of the chains that hold, by plain Python: the understudy of the engine, and its oracle."""
    facts, fired = set(known), set[str]()
    while new := [chain for chain in chains if chain.name not in fired and chain.needs <= facts]:
        fired |= {chain.name for chain in new}
        facts |= {chain.brings for chain in new}
    return frozenset(fired)


def choose(chains: Sequence[Chain], fired: Iterable[str]) -> list[str]:
    """What is proposed, best first: by rank, and by name where ranks are equal."""
    held = set(fired)
    ranks: dict[str, int] = {}
    for chain in chains:
        if chain.name in held and chain.rank > 0:
            ranks[chain.brings] = max(ranks.get(chain.brings, 0), chain.rank)
    return sorted(ranks, key=lambda name: (-ranks[name], name))

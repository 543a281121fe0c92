"""What a condition reads: which change of a customer, and whether time alone, can move its verdict."""

from dataclasses import dataclass

from rules.tree import Condition, EventTest, FactTest, leaves


@dataclass(frozen=True)
class Reads:
    """Names of what a condition depends on, the currencies of its amounts too. timed: its verdict can change by time alone."""

    facts: frozenset[str]
    events: frozenset[str]
    timed: bool


def dependencies(condition: Condition) -> Reads:
    found = list(leaves(condition))
    tested = [leaf.fact for leaf in found if isinstance(leaf, FactTest)]
    facts = {fact.name for fact in tested} | {fact.unit for fact in tested if fact.type == "money"}
    events = {leaf.kind.name for leaf in found if isinstance(leaf, EventTest)}
    return Reads(frozenset(facts), frozenset(events), any(map(is_timed, found)))


def is_timed(leaf: FactTest | EventTest) -> bool:
    if isinstance(leaf, EventTest):
        return leaf.within is not None
    return any(test.operator.argument == "span" for test in leaf.tests)

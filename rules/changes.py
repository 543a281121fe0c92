"""What would have to be otherwise for a verdict to be another: the fewest tests, found from the leaves up."""

from collections.abc import Iterable

from rules.opposites import opposite
from rules.predicate import Trace
from rules.tree import All, AnyOf, Not, Pinned, SegmentTest, VehicleTest
from rules.wording import words


def changes(found: Trace) -> list[str]:
    """Sentences, all of which would have to come true."""
    match found.node:
        case All():
            return _each(found.parts, False) if not found.holds else _cheapest(found.parts)
        case AnyOf():
            return _cheapest(found.parts) if not found.holds else _each(found.parts, True)
        case Pinned():
            held = [f"{words(found)[0]}; the pin would have to be taken off"] if found.seen else []
            return held + (changes(found.parts[0]) if found.parts[0].holds == found.holds else [])
        case Not() | SegmentTest():
            return changes(found.parts[0])
        case VehicleTest() as node:
            return _of_cars(node, found)
        case _:
            seen, asked = words(found)
            return [f"{seen}; needed: {opposite(found) if found.holds else asked}"]


def _each(parts: Iterable[Trace], holding: bool) -> list[str]:
    return [sentence for part in parts if part.holds == holding for sentence in changes(part)]


def _cheapest(parts: Iterable[Trace]) -> list[str]:
    return min((changes(part) for part in parts), key=len)


def _of_cars(node: VehicleTest, found: Trace) -> list[str]:
    if not found.parts:
        return ["no car is owned today; needed: one that passes"]
    fitting = [part for part in found.parts if part.holds]
    match node.quantifier:
        case "some":
            return _each(found.parts, True) if fitting else _cheapest(found.parts)
        case "none":
            return _each(found.parts, True) if fitting else _cheapest(found.parts)
        case "every":
            return _cheapest(found.parts) if found.holds else _each(found.parts, False)

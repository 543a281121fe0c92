"""What would have to be otherwise for a verdict to be another: the fewest tests, found from the leaves up."""

from collections.abc import Iterable

from rules.opposites import opposite
from rules.predicate import Trace
from rules.tree import All, AnyOf, Not, Pinned, SegmentTest, VehicleTest
from rules.voice import ENGLISH, Voice
from rules.wording import pinned, words

NEEDED, UNPIN, NO_CAR = (
    "%(seen)s; needed: %(needed)s",
    "%(seen)s; the pin would have to be taken off",
    "no car is owned today; needed: one that passes",
)
SENTENCES = frozenset({NEEDED, UNPIN, NO_CAR})


def changes(found: Trace, voice: Voice = ENGLISH) -> list[str]:
    """Sentences, all of which would have to come true."""
    match found.node:
        case All():
            return _cheapest(found.parts, voice) if found.holds else _each(found.parts, False, voice)
        case AnyOf():
            return _each(found.parts, True, voice) if found.holds else _cheapest(found.parts, voice)
        case Pinned() as node:
            held = [voice.say(UNPIN, seen=pinned(found.seen, node, voice))] if found.seen else []
            return held + (changes(found.parts[0], voice) if found.parts[0].holds == found.holds else [])
        case Not() | SegmentTest():
            return changes(found.parts[0], voice)
        case VehicleTest() as node:
            return _of_cars(node, found, voice)
        case _:
            seen, asked = words(found, voice)
            return [voice.say(NEEDED, seen=seen, needed=opposite(found, voice) if found.holds else asked)]


def _each(parts: Iterable[Trace], holding: bool, voice: Voice) -> list[str]:
    return [sentence for part in parts if part.holds == holding for sentence in changes(part, voice)]


def _cheapest(parts: Iterable[Trace], voice: Voice) -> list[str]:
    return min((changes(part, voice) for part in parts), key=len)


def _of_cars(node: VehicleTest, found: Trace, voice: Voice) -> list[str]:
    if not found.parts:
        return [voice.say(NO_CAR)]
    fitting = any(part.holds for part in found.parts)
    if node.quantifier == "every":
        return _cheapest(found.parts, voice) if found.holds else _each(found.parts, False, voice)
    return _each(found.parts, True, voice) if fitting else _cheapest(found.parts, voice)

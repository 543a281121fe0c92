"""Mappings into typed conditions: every name known, every type right, every problem at its place, all of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from rules.catalogue import COUNTRY, SCORE, Catalogue, nearest
from rules.check_events import event, sequence
from rules.check_relations import bucket, consent, score, segment
from rules.contradictions import contradictions, tautologies
from rules.countries import country_meant, is_jurisdiction
from rules.documents import SegmentRule
from rules.parse import Source
from rules.reader import Reader
from rules.tree import All, AnyOf, Condition, FactTest, Not, VehicleTest
from rules.values import shown

QUANTIFIERS = ("some", "every", "none")
OUTSIDE_CARS = ("vehicle", "segment", "consent", "bucket")  # what is asked of a customer, and not of one of their cars


class Checker(Reader):
    """Reads one document's conditions; what is wrong is gathered in `problems`. segments: those that conditions may name,
    None where the file of that name is wrong itself."""

    def __init__(
        self, source: Source, catalogue: Catalogue, segments: Mapping[str, SegmentRule | None] | None = None
    ) -> None:
        super().__init__(source, catalogue)
        self.segments = segments or {}
        self.car = False  # below vehicle:

    def condition(self, block: Any, parent: Any, key: Any) -> Condition | None:
        if not isinstance(block, Mapping) or len(block) != 1:
            self.wrong(
                parent,
                key,
                "A condition is one key with its value.",
                "For several, put them as a list below all: or any:.",
            )
            return None
        name = next(iter(block))
        value = block[name]
        if name in ("all", "any"):
            return self._several(block, name, value)
        if name == "not":
            item = self.condition(value, block, name)
            return Not(item, self.source.mark(block, name)) if item else None
        if self.car and name in OUTSIDE_CARS and name in self.catalogue.nodes:
            self.wrong(block, name, f"“{name}” asks about the customer, not about a car.", "Put it beside vehicle:.")
            return None
        if name in self.catalogue.nodes:
            return self._node(block, name)
        if isinstance(name, str) and name.startswith(SCORE) and self.catalogue.scores and not self.car:
            return score(self, block, name)
        return self._fact(block, name, value)

    def _node(self, block: Any, name: str) -> Condition | None:
        match name:
            case "event":
                return event(self, block)
            case "sequence":
                return sequence(self, block)
            case "segment":
                return segment(self, block, self.segments)
            case "consent":
                return consent(self, block)
            case "bucket":
                return bucket(self, block)
            case _:
                return self._vehicle(block)

    def _vehicle(self, block: Any) -> Condition | None:
        """`vehicle: {some: [...]}`: all of the conditions on one and the same car."""
        value = block["vehicle"]
        if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in QUANTIFIERS:
            self.wrong(
                block,
                "vehicle",
                "“vehicle” needs one of some, every, none, with a list of conditions.",
                "Write vehicle: {some: [fuel: {is: diesel}]}",
            )
            return None
        quantifier = next(iter(value))
        self.car = True
        condition = self._several(value, quantifier, value[quantifier])
        self.car = False
        return VehicleTest(quantifier, condition, self.source.mark(block, "vehicle")) if condition else None

    def _several(self, block: Any, name: str, value: Any) -> Condition | None:
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            self.wrong(block, name, f"“{name}” needs a list of at least one condition.", "Begin each with a dash.")
            return None
        items = [self.condition(item, value, index) for index, item in enumerate(value)]
        good = tuple(item for item in items if item is not None)
        if len(good) < len(items):
            return None
        mark = self.source.mark(block, name)
        if name == "any":
            self.problems += tautologies(good)
            return AnyOf(good, mark)
        self.problems += contradictions(good)
        return All(good, mark)

    def _fact(self, block: Any, name: Any, value: Any) -> Condition | None:
        facts = self.catalogue.vehicle if self.car else self.catalogue.facts
        fact = facts.get(name)
        if fact is None:
            whose = " of a car" if self.car else ""
            self.wrong(block, name, f"There is no fact “{shown(name)}”{whose}.", nearest(name, self._keys()))
            return None
        if fact.personal:
            self.wrong(
                block, name, f"“{name}” names a person; rules do not look into it.", "Use a fact that names nobody."
            )
            return None
        tests = self.tests_on(block, name, value, fact.type)
        if not tests:
            return None
        if fact.unit == COUNTRY:
            self._countries(value)
        found = FactTest(fact, tests, self.source.mark(block, name))
        self.problems += contradictions([found]) + tautologies([found])
        return found

    def _countries(self, tests: Mapping[str, Any]) -> None:
        for operator, argument in tests.items():
            if operator != "is" or argument != "missing":
                for one in [argument] if isinstance(argument, str) else argument:
                    if not is_jurisdiction(one):
                        self.wrong(tests, operator, f"“{shown(one)}” is no country.", country_meant(one))

    def _keys(self) -> list[str]:
        """What a condition may begin with here."""
        nodes = [name for name in self.catalogue.nodes if not (self.car and name in OUTSIDE_CARS)]
        return (
            [*self.catalogue.vehicle, *nodes]
            if self.car
            else [*self.catalogue.facts, *self.catalogue.score_keys, *nodes]
        )

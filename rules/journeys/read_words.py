"""The small words of a journey's YAML: spans, times of day, days that are waited for, events, conditions."""

from collections.abc import Collection, Mapping
from datetime import time
from typing import Any, cast

from rules.catalogue import Catalogue, nearest
from rules.check import Checker
from rules.check_events import kind_of, where_of
from rules.documents import SegmentRule
from rules.journeys.documents import Anchor, Awaited, Key, Of
from rules.journeys.measures import MEASURES, MOST_BOUND, Guardrail
from rules.journeys.subjects import ANCHORS
from rules.journeys.timing import MORNING, Duration, Elapsed, parse_clock, parse_duration, parse_elapsed
from rules.parse import Source
from rules.tree import Condition, SegmentTest, VehicleTest, parts
from rules.values import shown

AWAITED_KEYS = {"kind", "where", "of"}
OF = ("subject", "vehicle", "customer")
GUARDRAIL_KEYS = {"measure", "bound", "stop"}
MOST_GUARDRAILS = 8


class Words(Checker):
    """templates, calendars, services: those that the document may name; None where nobody knows."""

    key: Key = "customer"

    def __init__(
        self,
        source: Source,
        catalogue: Catalogue,
        segments: Mapping[str, SegmentRule | None] | None,
        templates: Collection[str] | None,
        calendars: Collection[str] | None,
        services: Collection[str] | None,
    ) -> None:
        super().__init__(source, catalogue, segments)
        self.templates = templates
        self.calendars = calendars
        self.services = services

    def mapping(self, block: Any, key: str, known: set[str], like: str) -> Any:
        value = block.get(key)
        if not isinstance(value, Mapping) or not value:
            self.wrong(block, key, f"“{key}” is a mapping.", f"Write {key}: {like}")
            return None
        self.keys(value, known)
        return value

    def duration(self, block: Any, key: str) -> Duration | None:
        text = block.get(key)
        found = parse_duration(text) if isinstance(text, str) else None
        if found is None:
            self.wrong(block, key, f"“{shown(text)}” is no span of time.", "Write 20min, 4h, 3d, 6w, 18m or 2y.")
        return found

    def elapsed(self, block: Any, key: str) -> Elapsed | None:
        text = block.get(key)
        found = parse_elapsed(text) if isinstance(text, str) else None
        if found is None:
            self.wrong(block, key, f"“{shown(text)}” is no span of open time.", "Write 20min or 4h.")
        return found

    def clock(self, block: Any, key: str) -> time | None:
        text = block.get(key)
        found = parse_clock(text) if isinstance(text, str) else None
        if found is None:
            self.wrong(block, key, f"“{shown(text)}” is no time of day.", 'Write "09:30", in quotes.')
        return found

    def anchor(self, block: Any) -> Anchor | None:
        """`day: vehicle.service_due, before: 30d, at: "09:00"`."""
        name = block.get("day")
        known = (*self._days(), *ANCHORS[self.key])
        if name not in known:
            what = f"A journey of a {self.key} knows no day “{shown(name)}”."
            self.wrong(block, "day", what, nearest(name, known))
            return None
        if "before" in block and "after" in block:
            self.wrong(block, "after", "“before” and “after” are two days.", "Keep one of them.")
        back = "before" in block
        shift = self.span(block, "before" if back else "after") if back or "after" in block else None
        clock = self.clock(block, "at") if "at" in block else MORNING
        return Anchor(str(name), shift, back, clock or MORNING)

    def _days(self) -> list[str]:
        return [fact.name for fact in self.catalogue.facts.values() if fact.type in ("day", "instant")]

    def awaited(self, block: Any, key: Any, more: Collection[str] = ()) -> Awaited | None:
        """`{kind: booking_made, where: {...}, of: vehicle}`."""
        value = block[key]
        if not isinstance(value, Mapping):
            self.wrong(block, key, "An event is a mapping.", "Write {kind: booking_made}")
            return None
        self.keys(value, {*AWAITED_KEYS, *more})
        kind = kind_of(self, value, "kind")
        of = self.one_of(value, "of", OF, "owner of an event") if "of" in value else "subject"
        if kind is None or of is None:
            return None
        return Awaited(kind, where_of(self, value, kind), cast(Of, of), self.source.mark(block, key))

    def awaited_list(self, block: Any, key: str) -> tuple[Awaited, ...]:
        rows = block[key]
        if isinstance(rows, Mapping):
            found = self.awaited(block, key)
            return (found,) if found else ()
        if not isinstance(rows, list) or not rows:
            self.wrong(block, key, f"“{key}” is a list of events.", f"Write {key}: [{{kind: booking_made}}]")
            return ()
        return tuple(one for index in range(len(rows)) if (one := self.awaited(rows, index)))

    def guardrails(self, block: Any, *, may_stop: bool) -> tuple[Guardrail, ...]:
        """`guardrails: [{measure: opt_outs, bound: 0.01, stop: true}]`. may_stop: there are arms that could be dealt to nobody."""
        rows = block.get("guardrails")
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_GUARDRAILS:
            what = f"“guardrails” is a list of one to {MOST_GUARDRAILS} measures."
            self.wrong(block, "guardrails", what, "Write [{measure: opt_outs, bound: 0.01}].")
            return ()
        found: dict[str, Guardrail] = {}
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                self.wrong(rows, index, "A guardrail is a mapping.", "Write {measure: opt_outs, bound: 0.01}.")
            elif (one := self._guardrail(row, may_stop)) is not None:
                if one.measure in found:
                    self.wrong(row, "measure", f"“{one.measure}” stands twice.", "One bound for each measure.")
                found[one.measure] = one
        return tuple(found.values())

    def _guardrail(self, row: Any, may_stop: bool) -> Guardrail | None:
        self.keys(row, GUARDRAIL_KEYS)
        name = self.one_of(row, "measure", tuple(MEASURES), "measure")
        if name is None:
            return None
        bound, most, stop = row.get("bound"), MOST_BOUND[MEASURES[name].kind], row.get("stop", False)
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not 0 < bound <= most:
            like = "0.01, one in a hundred" if MEASURES[name].kind == "share" else "5"
            what = f"“{shown(bound)}” does not say how much worse “{name}” may get."
            self.wrong(
                row, "bound" if "bound" in row else "measure", what, f"Write bound: {like}; above 0, at most {most:g}."
            )
            return None
        if not isinstance(stop, bool):
            self.wrong(row, "stop", f"“{shown(stop)}” is no yes or no.", "Write stop: true, or leave it out.")
            return None
        if stop and not may_stop:
            self.wrong(
                row,
                "stop",
                "Only an arm of a split can be stopped.",
                "Put the guardrail below “split”, or take “stop” out.",
            )
            return None
        return Guardrail(name, float(bound), stop)

    def asked(self, block: Any, key: str) -> Condition | None:
        found = self.condition(block.get(key), block, key)
        if found is not None and self.key == "vehicle" and _mixes(found):
            what = "In a journey of a vehicle `vehicle` means that car, and a segment asks about all of them."
            self.wrong(block, key, what, "Write the segment's conditions here, or make it a journey of the customer.")
        return found


def _mixes(condition: Condition) -> bool:
    """Is there a segment that asks about cars?"""
    if isinstance(condition, SegmentTest):
        return _has_cars(condition.condition)
    return any(_mixes(part) for part in parts(condition))


def _has_cars(condition: Condition) -> bool:
    return isinstance(condition, VehicleTest) or any(_has_cars(part) for part in parts(condition))

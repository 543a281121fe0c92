"""How people come into a journey and leave it before its end, out of YAML."""

from collections.abc import Mapping
from typing import Any

from rules.calendar import Span
from rules.journeys.documents import Anchor, ByDate, ByEvent, BySchedule, BySegment, Door, Entry, Exit
from rules.journeys.read_words import Words
from rules.journeys.timing import MORNING
from rules.values import shown

ENTRY_KEYS = {"event", "segment", "date", "every", "when", "at_most"}
EXIT_KEYS = {"name", "event", "when"}
DATE_KEYS = {"day", "before", "after", "at", "every"}
SEGMENT_KEYS, SCHEDULE_KEYS = {"enters", "leaves", "in", "for"}, {"day", "week", "month", "year", "at"}
CAP_KEYS = {"a_day", "first"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FRESH = Span(3, "d")


def entry(words: Words, top: Any) -> Entry | None:
    value = words.mapping(top, "enter", ENTRY_KEYS, "{event: {kind: no_show}}")
    if value is None:
        return None
    doors = [key for key in ("event", "segment", "date", "every") if key in value]
    if len(doors) != 1:
        words.wrong(top, "enter", "“enter” needs one door.", "Name one of event, segment, date, every.")
        return None
    door = DOORS[doors[0]](words, value)
    when = words.asked(value, "when") if "when" in value else None
    if isinstance(door, BySchedule) and when is None:
        words.wrong(value, "every", "A schedule lets everybody in.", "Say who with when:.")
    per_day = ahead = None
    if "at_most" in value:
        caps = words.mapping(value, "at_most", CAP_KEYS, "{a_day: 8}")
        per_day = caps.get("a_day") if caps is not None else None
        if caps is not None and (not isinstance(per_day, int) or isinstance(per_day, bool) or per_day < 1):
            words.wrong(caps, "a_day", f"“{shown(per_day)}” is no number of people.", "Write a whole number from 1.")
        ahead = words.asked(caps, "first") if caps is not None and "first" in caps else None
    return Entry(door, when, per_day, ahead) if door else None


def _by_event(words: Words, value: Any) -> Door | None:
    found = words.awaited(value, "event", more={"fresh"})
    fresh = words.span(value["event"], "fresh") if found and "fresh" in value["event"] else FRESH
    return ByEvent(found, fresh) if found and fresh else None


def _by_segment(words: Words, value: Any) -> Door | None:
    block = words.mapping(value, "segment", SEGMENT_KEYS, "{enters: lapsed_regulars}")
    sides = [key for key in ("enters", "leaves", "in") if block is not None and key in block]
    if block is None or len(sides) != 1 or ("in" in block) != ("for" in block):
        hint = "Write {enters: x}, {leaves: x} or {in: x, for: 30d}."
        words.wrong(value, "segment", "“segment” needs enters, leaves, or in with for.", hint)
        return None
    name = words.one_of(block, sides[0], tuple(words.segments), "segment")
    dwell = words.span(block, "for") if "for" in block else None
    side = "stays" if sides[0] == "in" else sides[0]
    if words.key != "customer":
        words.wrong(value, "segment", f"A segment lets customers in, not a {words.key}.", "Remove key:.")
    return BySegment(name, side, dwell) if name else None  # type: ignore[arg-type]


def _by_date(words: Words, value: Any) -> Door | None:
    block = words.mapping(value, "date", DATE_KEYS, "{day: vehicle.service_due, before: 30d}")
    anchor: Anchor | None = words.anchor(block) if block is not None else None
    every = words.span(block, "every") if block is not None and "every" in block else None
    if words.key not in ("customer", "vehicle"):
        words.wrong(value, "date", f"A {words.key} comes in by its event.", "Use event:, and wait for the day.")
    return ByDate(anchor, every) if anchor else None


def _by_schedule(words: Words, value: Any) -> Door | None:
    """`{month: 1, at: "09:00"}`, `{week: mon}`, `{year: [10, 1]}`, `{day: 1}`."""
    block = words.mapping(value, "every", SCHEDULE_KEYS, '{month: 1, at: "09:00"}')
    units = [key for key in ("day", "week", "month", "year") if block is not None and key in block]
    if block is None or len(units) != 1:
        words.wrong(value, "every", "“every” needs one of day, week, month, year.", "Write {month: 1}.")
        return None
    unit, on = units[0], block[units[0]]
    clock = words.clock(block, "at") if "at" in block else None
    found = (
        (WEEKDAYS.index(on) + 1,) if unit == "week" and on in WEEKDAYS else tuple(on) if isinstance(on, list) else (on,)
    )
    if not all(isinstance(one, int) for one in found) or not _is_day(unit, found):
        hint = {"day": "day: 1", "week": "week: mon", "month": "month: 1 to 28", "year": "year: [10, 1]"}[unit]
        words.wrong(block, unit, f"“{shown(on)}” is no day of a {unit}.", f"Write {hint}.")
        return None
    return BySchedule(unit, found, clock or MORNING)  # type: ignore[arg-type]


def _is_day(unit: str, on: tuple[int, ...]) -> bool:
    if unit == "year":
        return len(on) == 2 and 1 <= on[0] <= 12 and 1 <= on[1] <= 28
    return len(on) == 1 and 1 <= on[0] <= {"day": 1, "week": 7, "month": 28}[unit]


DOORS = {"event": _by_event, "segment": _by_segment, "date": _by_date, "every": _by_schedule}


def exits(words: Words, top: Any) -> tuple[Exit, ...]:
    rows = top.get("exit")
    if rows is None:
        return ()
    if not isinstance(rows, list) or not rows:
        words.wrong(top, "exit", "“exit” is a list.", "Write - {name: complained, event: {kind: complaint}}")
        return ()
    return tuple(found for index in range(len(rows)) if (found := _exit(words, rows, index)))


def _exit(words: Words, rows: Any, index: int) -> Exit | None:
    row = rows[index]
    if not isinstance(row, Mapping) or ("event" in row) == ("when" in row):
        words.wrong(rows, index, "An exit has a name and an event or a when.", "Write {name: sold, event: {kind: ...}}")
        return None
    words.keys(row, EXIT_KEYS)
    name = words.name(row, "name")
    event = words.awaited(row, "event") if "event" in row else None
    when = words.asked(row, "when") if "when" in row else None
    return Exit(name[:40], event, when) if event or when else None

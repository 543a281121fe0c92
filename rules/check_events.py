"""Events in a rule: how many, what they come to, and one after another."""

from collections.abc import Mapping
from typing import Any, cast

from rules.catalogue import EventKind, nearest
from rules.operators import MISSING
from rules.reader import Reader
from rules.tree import Aggregate, EventTest, FieldTest, Measure, Sequence, Step
from rules.values import shown

COUNTS = ("at_least", "at_most", "exactly")
MEASURES: Mapping[str, tuple[str, ...]] = {  # which types of a field they fit
    "sum": ("number", "money"),
    "min": ("number", "money", "day"),
    "max": ("number", "money", "day"),
    "distinct": ("number", "text", "flag", "day", "vehicle"),
    "last": ("number", "money", "text", "flag", "day"),
}
EVENT_KEYS = {"kind", *COUNTS, *MEASURES, "within", "during", "from", "up_to", "where"}
SEQUENCE_KEYS = {"steps", "by", "within", "during"}
STEP_KEYS = {"event", "not", "within", "where"}
BY_TYPES = ("number", "text", "flag", "day", "vehicle")
MOST_COUNT = 1_000_000
MOST_STEPS = 6


def event(reader: Reader, block: Any) -> EventTest | None:
    value = block["event"]
    if not isinstance(value, Mapping):
        reader.wrong(block, "event", "“event” needs a kind.", "Write event: {kind: visit, at_least: 3, within: 365d}")
        return None
    reader.keys(value, EVENT_KEYS)
    reader.tests += 1
    kind = kind_of(reader, value, "kind")
    if kind is None:
        return None
    before = len(reader.problems)
    low, high = _count(reader, value)
    window = reader.window(value)
    since, up_to = reader.day(value, "from"), reader.day(value, "up_to")
    if since and up_to and since > up_to:
        reader.wrong(value, "from", f"{since} is after {up_to}: no event lies between.", "Turn them round.")
    where = where_of(reader, value, kind)
    measures = tuple(measure for how in MEASURES if how in value for measure in _measures(reader, value, how, kind))
    if len(reader.problems) > before:
        return None
    return EventTest(kind, low, high, window, since, up_to, where, reader.source.mark(block, "event"), measures)


def kind_of(reader: Reader, block: Any, key: str) -> EventKind | None:
    kind = reader.catalogue.events.get(str(block.get(key)))
    if kind is None:
        what = f"There is no event “{shown(block.get(key))}”."
        reader.wrong(block, key, what, nearest(block.get(key), reader.catalogue.events))
    return kind


def _count(reader: Reader, value: Any) -> tuple[int, int | None]:
    given = {key: value[key] for key in COUNTS if key in value}
    for key, number in given.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_COUNT:
            reader.wrong(
                value, key, f"“{shown(number)}” is no count.", f"Write a whole number from 0 to {MOST_COUNT:,}."
            )
            return 0, None
    if "exactly" in given:
        if len(given) > 1:
            reader.wrong(value, "exactly", "“exactly” stands alone.", "Remove the other count.")
        return given["exactly"], given["exactly"]
    if not given:
        return (0 if any(how in value for how in MEASURES) else 1), None
    low, high = given.get("at_least", 0), given.get("at_most")
    if high is not None and low > high:
        reader.wrong(value, "at_most", f"At least {low} and at most {high}: never.", "Turn them round.")
    if low == 0 and high is None:
        reader.wrong(value, "at_least", "At least 0 is always true.", "Write 1 or more.")
    return low, high


def where_of(reader: Reader, value: Any, kind: EventKind) -> tuple[FieldTest, ...]:
    if value.get("where") is None and "where" not in value:
        return ()
    fields = kind.all_fields
    found = []
    for name, tests in _fields(reader, value, "where", kind).items():
        mark = reader.source.mark(value["where"], name)
        found.append(FieldTest(name, fields[name], reader.tests_on(value["where"], name, tests, fields[name]), mark))
    return tuple(found)


def _fields(reader: Reader, value: Any, key: str, kind: EventKind) -> Mapping[str, Any]:
    """Of a mapping of fields, those that the event has; the others are problems."""
    block, fields = value[key], kind.all_fields
    if not isinstance(block, Mapping) or not block:
        reader.wrong(value, key, f"“{key}” needs tests on fields of the event.", f"Fields: {', '.join(fields)}.")
        return {}
    for name in block:
        if name not in fields:
            reader.wrong(block, name, f"This event has no field “{shown(name)}”.", nearest(name, fields))
    return {name: tests for name, tests in block.items() if name in fields}


def _measures(reader: Reader, value: Any, how: str, kind: EventKind) -> list[Measure]:
    """`sum: {amount: {at_least: 500 EUR}}`."""
    found = []
    for name, tests in _fields(reader, value, how, kind).items():
        block, type_ = value[how], kind.all_fields[name]
        if type_ not in MEASURES[how]:
            fitting = [field for field, of in kind.all_fields.items() if of in MEASURES[how]]
            reader.wrong(
                block, name, f"There is no {how} of a {type_}.", f"It fits: {', '.join(fitting) or 'no field'}."
            )
            continue
        read = reader.tests_on(block, name, tests, "number" if how == "distinct" else type_)
        if how in ("sum", "distinct") and any(test.operator is MISSING for test in read):
            reader.wrong(block, name, f"A {how} is never missing: of no event it is 0.", "Ask for {is: 0}.")
        currencies = {test.currency for test in read if test.operator is not MISSING}
        if type_ == "money" and how != "last" and (len(currencies) > 1 or None in currencies):
            what = "Money is added up in one currency, and each amount here needs it."
            reader.wrong(block, name, what, "Write 0 EUR, and one rule per currency.")
        mark, currency = reader.source.mark(block, name), next(iter(currencies), None)
        found.append(Measure(cast(Aggregate, how), name, type_, read, mark, None if how == "last" else currency))
    return found


# --- one after another


def sequence(reader: Reader, block: Any) -> Sequence | None:
    value, before = block["sequence"], len(reader.problems)
    if not isinstance(value, Mapping):
        hint = "Write sequence: {steps: [visit, {not: complaint, within: 14d}]}"
        reader.wrong(block, "sequence", "“sequence” needs steps.", hint)
        return None
    reader.keys(value, SEQUENCE_KEYS)
    rows = value.get("steps")
    if not isinstance(rows, list) or not 2 <= len(rows) <= MOST_STEPS:
        reader.wrong(value, "steps", f"A sequence has 2 to {MOST_STEPS} steps.", "Write steps: [visit, complaint]")
        return None
    steps = [step for index in range(len(rows)) if (step := _step(reader, rows, index))]
    window = reader.window(value)
    if len(reader.problems) > before:
        return None
    _order(reader, rows, steps)
    by, type_ = _by(reader, value, steps)
    if len(reader.problems) > before:
        return None
    return Sequence(tuple(steps), by, type_, window, reader.source.mark(block, "sequence"))


def _step(reader: Reader, rows: Any, index: int) -> Step | None:
    row, mark = rows[index], reader.source.mark(rows, index)
    reader.tests += 1
    if isinstance(row, str):
        kind = reader.catalogue.events.get(row)
        if kind is None:
            reader.wrong(rows, index, f"There is no event “{shown(row)}”.", nearest(row, reader.catalogue.events))
        return Step(kind, False, None, (), mark) if kind else None
    if not isinstance(row, Mapping) or ("event" in row) == ("not" in row):
        hint = "Write visit, {event: visit, within: 14d} or {not: visit, within: 14d}."
        reader.wrong(rows, index, "A step is an event, or one that must not be.", hint)
        return None
    reader.keys(row, STEP_KEYS)
    kind = kind_of(reader, row, "not" if "not" in row else "event")
    if kind is None:
        return None
    span = reader.span(row, "within") if "within" in row else None
    return Step(kind, "not" in row, span, where_of(reader, row, kind), mark)


def _order(reader: Reader, rows: Any, steps: list[Step]) -> None:
    """Every absence has an end: its own window, or the step after it."""
    if steps[0].absent or steps[0].within:
        what = "The first step is an event, and nothing comes before it."
        reader.wrong(rows, 0, what, "Put within: beside steps:, or another step first.")
    for index, step in enumerate(steps):
        ended = step.within is not None or (index + 1 < len(steps) and not steps[index + 1].absent)
        if step.absent and not ended:
            reader.wrong(rows, index, "This absence never ends, so it never holds.", "Add within: 14d.")


def _by(reader: Reader, value: Any, steps: list[Step]) -> tuple[str | None, str | None]:
    """The field that all steps share, with its type."""
    if "by" not in value:
        return None, None
    by = value["by"]
    shared = [
        name
        for name, type_ in steps[0].kind.all_fields.items()
        if type_ in BY_TYPES and all(step.kind.all_fields.get(name) == type_ for step in steps)
    ]
    if by not in shared:
        reader.wrong(value, "by", f"“{shown(by)}” is no field that all steps have.", nearest(by, shared))
        return None, None
    return str(by), steps[0].kind.all_fields[by]

"""JSON Schema of journeys, from the same tables as their reader."""

from collections.abc import Mapping
from typing import Any

from rules.calendar import SPAN
from rules.catalogue import Catalogue
from rules.journeys.measures import MEASURES, MOST_BOUND
from rules.journeys.read import EXEMPT, JOURNEY_KEYS, KEYS, MODES, MOST_HELD, WORTH_KEYS
from rules.journeys.read_doors import CAP_KEYS, DATE_KEYS, ENTRY_KEYS, EXIT_KEYS, SCHEDULE_KEYS, SEGMENT_KEYS, WEEKDAYS
from rules.journeys.read_steps import (
    ARM_KEYS,
    CASE_KEYS,
    KINDS,
    LISTS,
    MESSAGE_KEYS,
    MOST_TIMES,
    PLUGIN_KEYS,
    SPLIT_KEYS,
    STEP_KEYS,
    TASK_KEYS,
    UNITS,
    WAIT_KEYS,
)
from rules.journeys.read_words import AWAITED_KEYS, GUARDRAIL_KEYS, MOST_GUARDRAILS, OF
from rules.journeys.subjects import ANCHORS
from rules.journeys.timing import CLOCK, SHORT
from rules.journeys.trials import ROW_KEYS, TRIAL_KEYS
from rules.schema_nodes import DAY, NAMED, SHARE, SPANS, TEXT, Schema, an_object, definitions

CONDITION: Schema = {"$ref": "#/$defs/condition"}
STEPS: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}}
DURATION: Schema = {"type": "string", "pattern": f"^(?:{SHORT.pattern}|{SPAN.pattern})$", "examples": ["20min", "3d"]}
ELAPSED: Schema = {"type": "string", "pattern": f"^{SHORT.pattern}$", "examples": ["4h"]}
CLOCKS: Schema = {"type": "string", "pattern": f"^{CLOCK.pattern}$", "examples": ["09:30"]}
NODE: Schema = {"type": "string", "pattern": "^[a-z_][a-z0-9_]*$", "maxLength": 40}


def journey_schema(catalogue: Catalogue, given: Schema) -> Schema:
    """given: the schema of what an example gives."""
    awaited = {"$ref": "#/$defs/awaited"}
    keys: Schema = {
        "journey": NAMED,
        "title": TEXT,
        "owner": TEXT,
        "zone": {"type": "string", "examples": ["Europe/Berlin"]},
        "key": {"enum": list(KEYS)},
        "purpose": {"enum": list(catalogue.purposes)},
        "mode": {"enum": list(MODES)},
        "again": {"anyOf": [{"enum": ["never", "always"]}, SPANS]},
        "exempt": {"enum": list(EXEMPT)},
        "holdout": {"type": "number", "minimum": 0, "maximum": MOST_HELD},
        "worth": _worth(),
        "guardrails": _guardrails(may_stop=False),
        "enter": _enter(catalogue),
        "goal": {"anyOf": [awaited, {"type": "array", "minItems": 1, "items": awaited}]},
        "exit": {"type": "array", "minItems": 1, "items": _exit()},
        "steps": STEPS,
        "tests": {"type": "array", "minItems": 1, "items": _trial(given)},
    }
    required = ["journey", "title", "purpose", "enter", "steps", "tests"]
    defs = {**definitions(catalogue), "awaited": _awaited(catalogue, set()), "step": _step(catalogue)}
    return an_object(JOURNEY_KEYS, keys, required, **{"$defs": defs})


def _worth() -> Schema:
    money = {"type": "string", "examples": ["60 EUR"]}
    return an_object(
        WORTH_KEYS, {"margin": money, "chance": SHARE, "uplift": SHARE, "service": NAMED}, ["margin", "chance"]
    )


def _guardrails(*, may_stop: bool) -> Schema:
    """Each measure with the largest bound of its kind; what it means stands beside its name."""
    row = an_object(
        GUARDRAIL_KEYS,
        {
            "measure": {"oneOf": [{"const": one.name, "description": one.meaning} for one in MEASURES.values()]},
            "bound": {"type": "number", "exclusiveMinimum": 0, "maximum": max(MOST_BOUND.values())},
            "stop": {"type": "boolean"} if may_stop else {"const": False},
        },
        ["measure", "bound"],
        allOf=[
            {
                "if": {
                    "properties": {"measure": {"enum": [one.name for one in MEASURES.values() if one.kind == kind]}}
                },
                "then": {"properties": {"bound": {"maximum": most}}},
            }
            for kind, most in MOST_BOUND.items()
        ],
    )
    return {"type": "array", "minItems": 1, "maxItems": MOST_GUARDRAILS, "items": row}


def _awaited(catalogue: Catalogue, more: set[str]) -> Schema:
    keys: Schema = {"kind": {"enum": list(catalogue.events)}, "where": {"type": "object"}, "of": {"enum": list(OF)}}
    extra = {"fresh": SPANS} if "fresh" in more else {}
    return an_object({*AWAITED_KEYS, *more}, {**keys, **extra}, ["kind"])


def _enter(catalogue: Catalogue) -> Schema:
    clock = {"at": CLOCKS}
    schedule: Schema = {
        "day": {"const": 1},
        "week": {"enum": list(WEEKDAYS)},
        "month": {"type": "integer", "minimum": 1, "maximum": 28},
        "year": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer"}},
        **clock,
    }
    segment: Schema = {"enters": NAMED, "leaves": NAMED, "in": NAMED, "for": SPANS}
    keys: Schema = {
        "event": _awaited(catalogue, {"fresh"}),
        "segment": an_object(SEGMENT_KEYS, segment, []),
        "date": an_object(DATE_KEYS, {**_anchor(catalogue), "every": SPANS}, ["day"]),
        "every": an_object(SCHEDULE_KEYS, schedule, []),
        "when": CONDITION,
        "at_most": an_object(CAP_KEYS, {"a_day": {"type": "integer", "minimum": 1}, "first": CONDITION}, ["a_day"]),
    }
    return an_object(
        ENTRY_KEYS, keys, [], oneOf=[{"required": [door]} for door in ("event", "segment", "date", "every")]
    )


def _anchor(catalogue: Catalogue) -> Schema:
    days = [fact.name for fact in catalogue.facts.values() if fact.type in ("day", "instant")]
    names = sorted({*days, *(name for several in ANCHORS.values() for name in several)})
    return {"day": {"enum": names}, "before": SPANS, "after": SPANS, "at": CLOCKS}


def _exit() -> Schema:
    keys: Schema = {"name": NAMED, "event": {"$ref": "#/$defs/awaited"}, "when": CONDITION}
    return an_object(EXIT_KEYS, keys, ["name"], oneOf=[{"required": ["event"]}, {"required": ["when"]}])


def _step(catalogue: Catalogue) -> Schema:
    case = an_object(CASE_KEYS, {"case": NAMED, "when": CONDITION, "do": STEPS}, ["case", "when"])
    arm = an_object(ARM_KEYS, {"share": SHARE, "do": STEPS}, ["share"])
    keys: Schema = {
        "id": NODE,
        "message": an_object(MESSAGE_KEYS, _message(catalogue), ["channel", "template"]),
        "wait": {"anyOf": [DURATION, an_object(WAIT_KEYS, _wait(catalogue), [])]},
        "branch": {"type": "array", "minItems": 1, "items": case},
        "split": an_object(
            SPLIT_KEYS,
            {
                "experiment": NAMED,
                "unit": {"enum": list(UNITS)},
                "bandit": an_object({"floor"}, {"floor": SHARE}, ["floor"]),
                "guardrails": _guardrails(may_stop=True),
            },
            ["experiment"],
        ),
        "task": an_object(
            TASK_KEYS, {"role": NAMED, "title": TEXT, "within": ELAPSED, "calendar": NAMED}, ["role", "title", "within"]
        ),
        "webhook": an_object({"event", "to"}, {"event": TEXT, "to": TEXT}, ["event", "to"]),
        "update": an_object({"event"}, {"event": {"enum": list(catalogue.events)}}, ["event"]),
        "plugin": _plugin(catalogue),
        "ways": {"type": "object", "minProperties": 1, "additionalProperties": STEPS},
        "jump": an_object({"to", "at_most"}, {"to": NODE, "at_most": _times()}, ["to", "at_most"]),
        "stop": NAMED,
        "arms": {"type": "object", "minProperties": 2, "additionalProperties": arm},
        **dict.fromkeys(("happened", "over", "else", "done", "late"), STEPS),
    }
    belongs = {name: {"required": [kind]} for kind, names in LISTS.items() for name in names}
    return an_object(STEP_KEYS, keys, ["id"], oneOf=[{"required": [k]} for k in KINDS], dependentSchemas=belongs)


def _plugin(catalogue: Catalogue) -> Schema:
    """One of those that the active plugins bring, with what it takes; as none is known, any name is taken."""
    named: Schema = {"enum": list(catalogue.steps)} if catalogue.steps else NAMED
    return an_object(PLUGIN_KEYS, {"step": named, "with": {"type": "object"}}, ["step"])


def _times() -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": MOST_TIMES}


def _message(catalogue: Catalogue) -> Schema:
    return {
        "channel": {"enum": list(catalogue.channels)},
        "template": NAMED,
        "purpose": {"enum": list(catalogue.purposes)},
    }


def _wait(catalogue: Catalogue) -> Schema:
    awaited = {"$ref": "#/$defs/awaited"}
    events: Schema = {"anyOf": [awaited, {"type": "array", "minItems": 1, "items": awaited}]}
    return {"for": events, "up_to": DURATION, "look_back": DURATION, "opens": NAMED, **_anchor(catalogue)}


def _trial(given: Mapping[str, Any]) -> Schema:
    row = an_object(ROW_KEYS, {"on": DAY, "step": NODE, "is": TEXT}, ["on", "step", "is"])
    happening: Schema = {"type": "object", "required": ["on"], "properties": {"on": DAY, "at": CLOCKS}}
    keys: Schema = {
        "name": TEXT,
        "given": given,
        "from": DAY,
        "when": {"type": "array", "items": happening},
        "arms": {"type": "object", "additionalProperties": {"type": "string"}},
        "then": {"type": "array", "items": row},
        "ends": TEXT,
        "until": DAY,
    }
    return an_object(TRIAL_KEYS, keys, ["name", "from", "ends"])

"""JSON Schema of every document, from the same tables as the checker: editors complete and underline what it would say."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.book import POLICY_KEYS, SEGMENT_KEYS, VERDICTS
from rules.calendar import SPAN
from rules.catalogue import Catalogue, EventKind
from rules.check import COUNTS, EVENT_KEYS, MOST_COUNT, MOST_VALUES
from rules.convert import CURRENCY
from rules.examples import EXAMPLE_KEYS
from rules.mapping import FIELD_KEYS, FITTING, KEYS, Targets
from rules.operators import OPERATORS, Operator, fitting
from rules.policy import QUESTION
from rules.values import LONGEST_TEXT, MONEY, MOST, NAME

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}$"}
FLAG: Schema = {"type": "boolean"}
NAMED: Schema = {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": 80}
SPANS: Schema = {"type": "string", "pattern": f"^{SPAN.pattern}$", "examples": ["180d", "6w", "18m", "4y"]}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_COUNT}
VALUES: Mapping[str, Schema] = {
    "number": {"type": "number", "exclusiveMinimum": -MOST, "exclusiveMaximum": MOST},
    "money": {"anyOf": [{"const": 0}, {"type": "string", "pattern": f"^{MONEY.pattern}$", "examples": ["249.90 EUR"]}]},
    "text": {"type": "string", "maxLength": LONGEST_TEXT},
    "flag": FLAG,
    "day": DAY,
    "instant": DAY,
}


def schema_of(kind: str, catalogue: Catalogue, targets: Targets | None = None) -> Schema:
    """kind: segment, policy or mapping. A document is valid as JSON has it, days as ISO text (rules.documents.plain).

    targets: record kinds with fields and types, for a mapping; without them any record and field passes.
    Raises KeyError for another kind."""
    makers: Mapping[str, Callable[[], Schema]] = {
        "segment": lambda: _segment(catalogue),
        "policy": _policy,
        "mapping": lambda: _mapping(targets),
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **makers[kind]()}


def _object(known: set[str], properties: Mapping[str, Schema], required: list[str], **more: Any) -> Schema:
    """known: the checker's keys; a key without a schema here, or the reverse, is a mistake in this file."""
    if known != set(properties):
        raise ValueError(f"The schema and the checker differ in {known ^ set(properties)}.")
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties, **more}


def _segment(catalogue: Catalogue) -> Schema:
    keys = {
        "segment": NAMED,
        "title": TEXT,
        "owner": TEXT,
        "zone": {"type": "string", "examples": ["Europe/Berlin"]},
        "when": {"$ref": "#/$defs/condition"},
        "examples": _examples(catalogue, ["in", "out"], ["in", "out"]),
    }
    required = ["segment", "title", "when", "examples"]
    return _object(SEGMENT_KEYS, keys, required, **{"$defs": _definitions(catalogue)})


def _policy() -> Schema:
    keys = {
        "policy": NAMED,
        "title": TEXT,
        "applies": {"$ref": "#/$defs/condition"},
        "verdict": {"enum": list(VERDICTS)},
        "mask": {"type": "array", "items": {"type": "string"}},
        "because": TEXT,
        "examples": _examples(QUESTION, [*VERDICTS, "silent"], ["silent"]),
    }
    masks: Schema = {
        "if": {"properties": {"verdict": {"const": "mask"}}},
        "then": {"required": ["mask"], "properties": {"mask": {"minItems": 1}}},
        "else": {"properties": {"mask": {"maxItems": 0}}},
    }
    required = ["policy", "title", "applies", "verdict", "because", "examples"]
    return _object(POLICY_KEYS, keys, required, **masks, **{"$defs": _definitions(QUESTION)})


def _examples(catalogue: Catalogue, known: list[str], needed: list[str]) -> Schema:
    given: Schema = {name: {"anyOf": [VALUES[fact.type], {"type": "null"}]} for name, fact in catalogue.facts.items()}
    if catalogue.events:
        given["events"] = {"type": "array", "items": {"anyOf": [_seen(kind) for kind in catalogue.events.values()]}}
    example = {
        "name": TEXT,
        "given": {"type": "object", "additionalProperties": False, "properties": given},
        "now": DAY,
        "expect": {"enum": known},
    }
    contains = [{"contains": {"properties": {"expect": {"const": one}}}} for one in needed]
    items = _object(EXAMPLE_KEYS, example, ["name", "expect"])
    return {"type": "array", "minItems": 1, "items": items, "allOf": contains}


def _seen(kind: EventKind) -> Schema:
    fields = {name: {"anyOf": [VALUES[type_], {"type": "null"}]} for name, type_ in kind.fields.items()}
    keys = {"kind": {"const": kind.name}, "on": DAY, **fields}
    return _object(set(keys), keys, ["kind", "on"])


# --- conditions


def _definitions(catalogue: Catalogue) -> Schema:
    several: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}}
    nodes: Schema = {"all": several, "any": several, "not": {"$ref": "#/$defs/condition"}}
    if catalogue.events:
        nodes["event"] = {"$ref": "#/$defs/event"}
    facts: Schema = {
        fact.name: {"description": fact.meaning, "$ref": f"#/$defs/{fact.type}"}
        for fact in catalogue.facts.values()
        if not fact.personal
    }
    one = {"minProperties": 1, "maxProperties": 1}
    condition = _object({*nodes, *facts}, nodes | facts, [], **one)
    events = {"event": _event(catalogue)} if catalogue.events else {}
    return {"condition": condition, **{type_: _tests(type_) for type_ in VALUES}, **events}


def _tests(type_: str) -> Schema:
    tests = {name: _argument(OPERATORS[name], type_) for name in fitting(type_)}
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": tests}


def _argument(operator: Operator, type_: str) -> Schema:
    """`{is: missing}` asks whether there is a value, whatever the type."""
    value = VALUES[type_]
    match operator.argument:
        case "span":
            found = SPANS
        case "list":
            found = {"type": "array", "minItems": 1, "maxItems": MOST_VALUES, "items": value}
        case "pair":
            found = {"type": "array", "minItems": 2, "maxItems": 2, "items": value}
        case "text":
            found = {**value, "minLength": 1}
        case _:
            found = {"anyOf": [{"const": "missing"}, value]} if operator.name == "is" else value
    return {"description": f"the value {operator.words} ...", **found}


def _event(catalogue: Catalogue) -> Schema:
    keys = {
        "kind": {"enum": list(catalogue.events)},
        **dict.fromkeys(COUNTS, COUNT),
        "within": SPANS,
        "from": DAY,
        "up_to": DAY,
        "where": {"type": "object", "minProperties": 1},
    }
    alone: Schema = {"exactly": {"not": {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}]}}}
    fields = [
        {
            "if": {"properties": {"kind": {"const": kind.name}}},
            "then": {"properties": {"where": {"additionalProperties": False, "properties": _where(kind)}}},
        }
        for kind in catalogue.events.values()
    ]
    return _object(EVENT_KEYS, keys, ["kind"], dependentSchemas=alone, allOf=fields)


def _where(kind: EventKind) -> Schema:
    return {name: {"$ref": f"#/$defs/{type_}"} for name, type_ in kind.fields.items()}


# --- mappings


def _mapping(targets: Targets | None) -> Schema:
    column: Schema = {"type": "string", "minLength": 1}
    keys = {
        "mapping": NAMED,
        "title": TEXT,
        "record": {"enum": list(targets)} if targets else {"type": "string"},
        "customer": _object({"number"}, {"number": TEXT}, ["number"]),
        "key": {"type": "array", "minItems": 1, "items": column},
        "zone": {"type": "string", "examples": ["Europe/Berlin"]},
        "fields": {"type": "object", "minProperties": 1},
        "constants": {"type": "object"},
    }
    records = [
        {
            "if": {"properties": {"record": {"const": record}}},
            "then": {
                "properties": {
                    "fields": _exactly({name: _field(type_) for name, type_ in known.items()}),
                    "constants": _exactly({name: VALUES[type_] for name, type_ in known.items()}),
                }
            },
        }
        for record, known in (targets or {}).items()
    ]
    more = {"allOf": records} if records else {}
    return _object(KEYS, keys, ["mapping", "record", "customer", "key", "fields"], **more)


def _exactly(properties: Schema) -> Schema:
    return {"additionalProperties": False, "properties": properties}


def _field(type_: str) -> Schema:
    keys: Schema = {
        "column": {"type": "string", "minLength": 1},
        "currency": {"type": "string", "pattern": f"^{CURRENCY.pattern}$"},
        "currency_column": TEXT,
        "format": {"type": "string", "pattern": "%", "maxLength": 80},
        "optional": FLAG,
        "words": {"type": "object", "additionalProperties": FLAG},
    }
    if set(keys) != FIELD_KEYS:
        raise ValueError(f"The schema and the checker differ in {FIELD_KEYS ^ set(keys)}.")
    fitting_keys = {key: schema for key, schema in keys.items() if type_ in FITTING.get(key, (type_,))}
    found = _object(set(fitting_keys), fitting_keys, ["column"])
    if type_ == "money":
        return found | {"oneOf": [{"required": ["currency"]}, {"required": ["currency_column"]}]}
    return {"anyOf": [{"type": "string", "minLength": 1}, found]}

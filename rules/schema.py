"""JSON Schema of every document kind, from the tables that the checker reads: editors complete and underline by it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rules.book import VERDICTS
from rules.calendar import SPAN
from rules.catalogue import Catalogue, EventKind, nearest
from rules.check import COUNTS, MOST_VALUES
from rules.convert import CURRENCY
from rules.mapping import FITTING, Targets
from rules.operators import OPERATORS, Operator, fitting
from rules.policy import QUESTION
from rules.values import LONGEST_TEXT, MONEY, MOST, NAME

Schema = dict[str, Any]

KINDS = ("segment", "policy", "mapping")
TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}
DAY: Schema = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000}


def whole(pattern: re.Pattern[str]) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern.pattern})$"}


VALUES: Mapping[str, Schema] = {
    "number": {"type": "number", "exclusiveMinimum": -MOST, "exclusiveMaximum": MOST},
    "money": {"anyOf": [{"const": 0}, whole(MONEY)]},
    "text": {"type": "string", "maxLength": LONGEST_TEXT},
    "flag": {"type": "boolean"},
    "day": DAY,
    "instant": DAY,  # an instant is asked by its day
}


def schema_of(kind: str, catalogue: Catalogue, targets: Targets | None = None) -> Schema:
    """kind: segment, policy or mapping. targets: record kinds of a mapping; without them any record and field will do.

    Days are ISO text, as an editor and JSON have them. Raises ValueError for another kind."""
    match kind:
        case "segment":
            found = _segment(catalogue)
        case "policy":
            found = _policy()
        case "mapping":
            found = _mapping(targets or {})
        case _:
            raise ValueError(f"There is no document kind “{kind}”. {nearest(kind, KINDS)}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **found}


def _block(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def _list(item: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": item, "minItems": 1} | ({"maxItems": most} if most else {})


# --- documents


def _segment(catalogue: Catalogue) -> Schema:
    properties = {
        "segment": whole(NAME),
        "title": TEXT,
        "owner": TEXT,
        "zone": {"type": "string", "description": "an IANA name such as Europe/Berlin; its midnight turns the day"},
        "when": {"$ref": "#/$defs/condition"},
        "examples": _examples(catalogue, ("in", "out"), ("in", "out")),
    }
    return _block(properties, ("segment", "title", "when", "examples")) | {"$defs": _conditions(catalogue)}


def _policy() -> Schema:
    mask = {"type": "array", "items": {"type": "string"}}
    properties = {
        "policy": whole(NAME),
        "title": TEXT,
        "applies": {"$ref": "#/$defs/condition"},
        "verdict": {"enum": list(VERDICTS)},
        "mask": mask | {"description": "fields that a verdict of mask holds back"},
        "because": TEXT,
        "examples": _examples(QUESTION, (*VERDICTS, "silent"), ("silent",)),
    }
    found = _block(properties, ("policy", "title", "applies", "verdict", "because", "examples"))
    masks = {"properties": {"verdict": {"const": "mask"}}}
    listed = {"required": ["mask"], "properties": {"mask": {"minItems": 1}}}
    spoken = [_if({"verdict": verdict}, {"examples": _has(verdict)}) for verdict in VERDICTS]
    return found | {
        "if": masks,
        "then": listed,
        "else": {"properties": {"mask": {"maxItems": 0}}},
        "allOf": spoken,
        "$defs": _conditions(QUESTION),
    }


def _mapping(targets: Targets) -> Schema:
    fields, column = {"type": "object", "minProperties": 1}, TEXT
    properties = {
        "mapping": whole(NAME),
        "title": TEXT,
        "record": {"enum": list(targets)} if targets else {"type": "string"},
        "customer": _block({"number": column}, ["number"]),
        "key": _list(column) | {"description": "the columns that make a row the same row"},
        "zone": {"type": "string"},
        "fields": fields if targets else fields | {"additionalProperties": _field(None)},
        "constants": {"type": "object"},
    }
    by_record = [_if({"record": record}, _record(known)) for record, known in targets.items()]
    found = _block(properties, ("mapping", "record", "customer", "key", "fields"))
    return found | ({"allOf": by_record} if by_record else {})


def _record(known: Mapping[str, str]) -> Schema:
    fields = {name: _field(type_) for name, type_ in known.items()}
    constants = {name: VALUES[type_] for name, type_ in known.items()}
    return {"fields": {"properties": fields, "additionalProperties": False}, "constants": _block(constants)}


def _field(type_: str | None) -> Schema:
    """type_: None where any may come."""
    settings = {
        "column": TEXT,
        "optional": {"type": "boolean"},
        "currency": whole(CURRENCY),
        "currency_column": TEXT,
        "format": TEXT,
        "words": {"type": "object", "additionalProperties": {"type": "boolean"}},
    }
    fit = {key: value for key, value in settings.items() if type_ is None or type_ in FITTING.get(key, (type_,))}
    block = _block(fit, ["column"])
    if type_ == "money":
        return block | {"oneOf": [{"required": ["currency"]}, {"required": ["currency_column"]}]}
    return {"anyOf": [TEXT, block]}


# --- conditions


def _conditions(catalogue: Catalogue) -> Schema:
    here = {"$ref": "#/$defs/condition"}
    nodes: Schema = {"all": _list(here), "any": _list(here), "not": here}
    if catalogue.events:
        nodes["event"] = _event(catalogue.events.values())
    facts = {
        fact.name: {"$ref": f"#/$defs/tests_{fact.type}", "description": fact.meaning}
        for fact in catalogue.facts.values()
        if not fact.personal
    }
    tests = {f"tests_{type_}": _tests(type_) for type_ in VALUES}
    return {"condition": _block({**nodes, **facts}) | {"minProperties": 1, "maxProperties": 1}, **tests}


def _tests(type_: str) -> Schema:
    tests = {name: _argument(OPERATORS[name], VALUES[type_]) for name in fitting(type_)}
    tests["is"] = {"anyOf": [tests["is"], {"const": "missing"}]}
    return _block(tests) | {"minProperties": 1}


def _argument(operator: Operator, value: Schema) -> Schema:
    match operator.argument:
        case "span":
            return whole(SPAN) | {"description": "180d, 6w, 18m or 4y"}
        case "list":
            return _list(value, MOST_VALUES)
        case "pair":
            return {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        case "text":
            return value | {"minLength": 1}
        case _:
            return value


def _event(kinds: Iterable[EventKind]) -> Schema:
    known = {kind.name: kind for kind in kinds}
    properties = {
        "kind": {"enum": list(known)},
        **dict.fromkeys(COUNTS, COUNT),
        "within": whole(SPAN),
        "from": DAY,
        "up_to": DAY,
        "where": {"type": "object", "minProperties": 1},
    }
    other = [{"required": [name]} for name in COUNTS if name != "exactly"]
    wheres = [_if({"kind": name}, {"where": _where(kind)}) for name, kind in known.items()]
    alone = {"dependentSchemas": {"exactly": {"not": {"anyOf": other}}}}
    return _block(properties, ["kind"]) | alone | {"allOf": wheres}


def _where(kind: EventKind) -> Schema:
    return _block({name: {"$ref": f"#/$defs/tests_{type_}"} for name, type_ in kind.fields.items()})


def _if(given: Mapping[str, str], then: Mapping[str, Any]) -> Schema:
    """Where these keys have these values, these properties look so."""
    constants = {key: {"const": value} for key, value in given.items()}
    return {"if": {"properties": constants, "required": list(given)}, "then": {"properties": dict(then)}}


# --- examples


def _examples(catalogue: Catalogue, known: Iterable[str], needed: Iterable[str]) -> Schema:
    given: Schema = {fact.name: {"anyOf": [VALUES[fact.type], {"type": "null"}]} for fact in catalogue.facts.values()}
    if catalogue.events:
        given["events"] = {"type": "array", "items": {"anyOf": [_given(kind) for kind in catalogue.events.values()]}}
    example = {"name": TEXT, "given": _block(given), "now": DAY, "expect": {"enum": list(known)}}
    return _list(_block(example, ("name", "expect"))) | {"allOf": [_has(expect) for expect in needed]}


def _has(expect: str) -> Schema:
    return {"contains": {"properties": {"expect": {"const": expect}}, "required": ["expect"]}}


def _given(kind: EventKind) -> Schema:
    """One event of an example."""
    fields = {name: {"anyOf": [VALUES[type_], {"type": "null"}]} for name, type_ in kind.fields.items()}
    return _block({"kind": {"const": kind.name}, "on": DAY, **fields}, ("kind", "on"))

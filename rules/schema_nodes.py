"""JSON Schema of conditions: every node, test and value, from the tables that the checker reads."""

from collections.abc import Mapping
from typing import Any

from rules.calendar import PERIODS, SPAN
from rules.catalogue import COUNTRY, OWN_FIELDS, Catalogue, EventKind, Fact
from rules.check import OUTSIDE_CARS, QUANTIFIERS
from rules.check_events import (
    BY_TYPES,
    COUNTS,
    EVENT_KEYS,
    MEASURES,
    MOST_COUNT,
    MOST_STEPS,
    SEQUENCE_KEYS,
    STEP_KEYS,
)
from rules.check_relations import BUCKET_KEYS, CONSENT_KEYS, LEAVES, SCORE_KEYS, SCORE_TESTS, SEGMENT_SIDES, STATES
from rules.countries import countries, jurisdictions
from rules.operators import OPERATORS, Operator, fitting, operator_of
from rules.reader import MOST_VALUES
from rules.values import LONGEST_TEXT, MONEY, MOST, NAME

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}$"}
FLAG: Schema = {"type": "boolean"}
NAMED: Schema = {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": 80}
A_COUNTRY: Schema = {"enum": sorted(countries())}
JURISDICTION: Schema = {"type": "string", "pattern": f"^{jurisdictions()}$", "examples": ["DE", "US-CA"]}
SPANS: Schema = {"type": "string", "pattern": f"^{SPAN.pattern}$", "examples": ["180d", "6w", "18m", "4y"]}
PERIOD: Schema = {"enum": list(PERIODS)}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_COUNT}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
VALUES: Mapping[str, Schema] = {
    "number": {"type": "number", "exclusiveMinimum": -MOST, "exclusiveMaximum": MOST},
    "money": {"anyOf": [{"const": 0}, {"type": "string", "pattern": f"^{MONEY.pattern}$", "examples": ["249.90 EUR"]}]},
    "text": {"type": "string", "maxLength": LONGEST_TEXT},
    "flag": FLAG,
    "day": DAY,
    "instant": DAY,
    "age": DAY,
    "set": {"type": "array", "items": {"type": "string", "maxLength": LONGEST_TEXT}},
    "jurisdiction": {"$ref": "#/$defs/law"},
}
TESTED = (*VALUES, "vehicle")


def an_object(known: set[str], properties: Mapping[str, Schema], required: list[str], **more: Any) -> Schema:
    """known: the checker's keys; a key without a schema here, or the reverse, is a mistake in this file."""
    if known != set(properties):
        raise ValueError(f"The schema and the checker differ in {known ^ set(properties)}.")
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties, **more}


def definitions(catalogue: Catalogue) -> Schema:
    """`condition`, `car_condition` where there are cars, and the tests of every type."""
    found: Schema = {"condition": _condition(catalogue, "condition", _customer_keys(catalogue))}
    if catalogue.vehicle:
        found["car_condition"] = _condition(catalogue, "car_condition", _car_keys(catalogue))
    if catalogue.events:
        found |= {"event": _event(catalogue), "sequence": _sequence(catalogue)}
    if any(fact.unit == COUNTRY for fact in catalogue.facts.values()):
        found |= {"law": JURISDICTION}
    return found | {type_: _tests(type_) for type_ in TESTED if "law" in found or type_ != "jurisdiction"}


def looked_at(fact: Fact) -> str:
    """How a schema sees what a fact holds: its type, or that of a text it names a law by."""
    return "jurisdiction" if fact.unit == COUNTRY else fact.type


def _condition(catalogue: Catalogue, own: str, keys: Schema) -> Schema:
    again = {"$ref": f"#/$defs/{own}"}
    joins: Schema = {"all": _several(own), "any": _several(own), "not": again}
    found = joins | keys
    return an_object(set(found), found, [], minProperties=1, maxProperties=1)


def _several(own: str) -> Schema:
    return {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{own}"}}


def _customer_keys(catalogue: Catalogue) -> Schema:
    makers: Mapping[str, Schema] = {
        "event": {"$ref": "#/$defs/event"},
        "sequence": {"$ref": "#/$defs/sequence"},
        "vehicle": _one_of({quantifier: _several("car_condition") for quantifier in QUANTIFIERS}),
        "segment": _one_of(dict.fromkeys(SEGMENT_SIDES, NAMED)),
        "consent": _consent(catalogue),
        "bucket": _bucket(),
    }
    nodes = {name: makers[name] for name in catalogue.nodes if name in makers}
    scores = {key: {"description": catalogue.scores[key.split(".", 1)[1]], **_score()} for key in catalogue.score_keys}
    return {**nodes, **scores, **_facts(catalogue.facts)}


def _car_keys(catalogue: Catalogue) -> Schema:
    nodes: Schema = {name: {"$ref": f"#/$defs/{name}"} for name in ("event", "sequence") if name in catalogue.nodes}
    if set(nodes) & set(OUTSIDE_CARS):
        raise ValueError("The schema and the checker differ in what may be asked of a car.")
    return {**nodes, **_facts(catalogue.vehicle)}


def _facts(facts: Mapping[str, Any]) -> Schema:
    return {
        fact.name: {"description": fact.meaning, "$ref": f"#/$defs/{looked_at(fact)}"}
        for fact in facts.values()
        if not fact.personal
    }


def _one_of(keys: Schema) -> Schema:
    return an_object(set(keys), keys, [], minProperties=1, maxProperties=1)


# --- tests of values


def _tests(type_: str) -> Schema:
    of = "text" if type_ == "jurisdiction" else type_
    tests = {name: _argument(operator_of(name, of) or OPERATORS[name], type_) for name in fitting(of)}
    missing: Schema = {} if "is" in tests else {"is": {"const": "missing"}}
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": tests | missing}


def _argument(operator: Operator, type_: str) -> Schema:
    """`{is: missing}` asks whether there is a value, whatever the type."""
    value = VALUES["text" if type_ == "set" else type_]
    match operator.argument:
        case "span":
            found = SPANS
        case "period":
            found = PERIOD
        case "list":
            found = {"type": "array", "minItems": 1, "maxItems": MOST_VALUES, "items": value}
        case "pair":
            found = {"type": "array", "minItems": 2, "maxItems": 2, "items": value}
        case "text":
            found = {**value, "minLength": 1}
        case _:
            found = {"anyOf": [{"const": "missing"}, value]} if operator.name == "is" else value
    return {"description": f"the value {operator.words} ...", **found}


# --- events


def _event(catalogue: Catalogue) -> Schema:
    keys = {
        "kind": {"enum": list(catalogue.events)},
        **dict.fromkeys(COUNTS, COUNT),
        **{key: {"type": "object", "minProperties": 1} for key in ("where", *MEASURES)},
        "within": SPANS,
        "during": PERIOD,
        "from": DAY,
        "up_to": DAY,
    }
    alone: Schema = {
        "exactly": {"not": {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}]}},
        "within": {"not": {"required": ["during"]}},
    }
    fields = [
        {"if": {"properties": {"kind": {"const": kind.name}}}, "then": {"properties": _looks(kind)}}
        for kind in catalogue.events.values()
    ]
    return an_object(EVENT_KEYS, keys, ["kind"], dependentSchemas=alone, allOf=fields)


def _looks(kind: EventKind) -> Schema:
    """What `where` and each measure may say of the fields of this kind."""
    found = {"where": _where(kind)}
    for how, types in MEASURES.items():
        tests = {
            name: {"$ref": f"#/$defs/{'number' if how == 'distinct' else type_}"}
            for name, type_ in kind.all_fields.items()
            if type_ in types
        }
        found[how] = {"additionalProperties": False, "properties": tests}
    return found


def _where(kind: EventKind) -> Schema:
    tests = {name: {"$ref": f"#/$defs/{type_}"} for name, type_ in kind.all_fields.items()}
    return {"additionalProperties": False, "properties": tests}


def _sequence(catalogue: Catalogue) -> Schema:
    kinds: Schema = {"enum": list(catalogue.events)}
    step_keys = {"event": kinds, "not": kinds, "within": SPANS, "where": {"type": "object", "minProperties": 1}}
    step = an_object(STEP_KEYS, step_keys, [], oneOf=[{"required": ["event"]}, {"required": ["not"]}])
    names = sorted(
        {name for kind in catalogue.events.values() for name, of in kind.all_fields.items() if of in BY_TYPES}
        | set(OWN_FIELDS)
    )
    keys: Schema = {
        "steps": {"type": "array", "minItems": 2, "maxItems": MOST_STEPS, "items": {"anyOf": [kinds, step]}},
        "by": {"enum": names},
        "within": SPANS,
        "during": PERIOD,
    }
    return an_object(SEQUENCE_KEYS, keys, ["steps"])


# --- scores, consents, buckets


def _score() -> Schema:
    tests = {name: _argument(OPERATORS[name], "number") for name in SCORE_TESTS}
    support: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
    keys = {
        **tests,
        **dict.fromkeys(LEAVES, VALUES["number"]),
        "min_confidence": SHARE,
        "min_support": support,
        "max_age": SPANS,
    }
    return an_object(SCORE_KEYS, keys, [], anyOf=[{"required": [name]} for name in SCORE_TESTS])


def _consent(catalogue: Catalogue) -> Schema:
    keys: Schema = {
        "purpose": {"enum": list(catalogue.purposes)},
        "channel": {"enum": list(catalogue.channels)},
        "is": {"enum": list(STATES)},
    }
    return an_object(CONSENT_KEYS, keys, sorted(CONSENT_KEYS))


def _bucket() -> Schema:
    return an_object(BUCKET_KEYS, {"of": NAMED, "from": SHARE, "below": SHARE}, ["of", "below"])

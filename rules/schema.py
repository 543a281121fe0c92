"""JSON Schema of every document, from the same tables as the checker: editors complete and underline what it would say."""

from collections.abc import Callable, Mapping

from rules.book import POLICY_KEYS, SEGMENT_KEYS
from rules.catalogue import Catalogue, EventKind
from rules.convert import CURRENCY
from rules.examples import EXAMPLE_KEYS
from rules.given import CAR_KEYS, CONSENT_KEYS, SCORE_KEYS, lists_of
from rules.journeys.schema import journey_schema
from rules.mapping import FIELD_KEYS, FITTING, KEYS, Targets
from rules.policy import MESSAGE, QUESTIONS, VERDICTS
from rules.schema_nodes import (
    A_COUNTRY,
    DAY,
    FLAG,
    NAMED,
    SHARE,
    TEXT,
    VALUES,
    Schema,
    an_object,
    definitions,
    looked_at,
)


def schema_of(kind: str, catalogue: Catalogue, targets: Targets | None = None) -> Schema:
    """kind: segment, policy, journey or mapping. A document is valid as JSON has it, days as ISO text (rules.documents.plain).

    targets: record kinds with fields and types, for a mapping; without them any record and field passes.
    Raises KeyError for another kind."""
    makers: Mapping[str, Callable[[], Schema]] = {
        "segment": lambda: _segment(catalogue),
        "policy": _policy,
        "journey": lambda: journey_schema(catalogue, _given(catalogue)),
        "mapping": lambda: _mapping(targets),
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **makers[kind]()}


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
    return an_object(SEGMENT_KEYS, keys, required, **{"$defs": definitions(catalogue)})


def _policy() -> Schema:
    """A fact of another question passes here, as all questions share the conditions; the checker tells them apart."""
    known = Catalogue({fact.name: fact for one in QUESTIONS.values() for fact in one.facts.values()}.values())
    verdicts = VERDICTS[MESSAGE]
    keys = {
        "policy": NAMED,
        "title": TEXT,
        "question": {"enum": list(QUESTIONS), "default": MESSAGE},
        "applies": {"$ref": "#/$defs/condition"},
        "verdict": {"enum": list(verdicts)},
        "mask": {"type": "array", "items": {"type": "string"}},
        "law": A_COUNTRY,
        "because": TEXT,
        "examples": _examples(known, [*verdicts, "silent"], ["silent"]),
    }
    masks: Schema = {
        "if": {"properties": {"verdict": {"const": "mask"}}},
        "then": {"required": ["mask"], "properties": {"mask": {"minItems": 1}, "question": {"const": MESSAGE}}},
        "else": {"properties": {"mask": {"maxItems": 0}}},
    }
    resides: Schema = {
        "if": {"required": ["law"]},
        "then": {
            "required": ["question"],
            "properties": {"question": {"const": "residence"}, "verdict": {"const": "allow"}},
        },
    }
    required = ["policy", "title", "applies", "verdict", "because", "examples"]
    return an_object(POLICY_KEYS, keys, required, **masks, allOf=[resides], **{"$defs": definitions(known)})


def _given(catalogue: Catalogue) -> Schema:
    given: Schema = {name: _or_null(looked_at(fact)) for name, fact in catalogue.facts.items()}
    given |= {name: GIVEN[name](catalogue) for name in lists_of(catalogue)}
    return {"type": "object", "additionalProperties": False, "properties": given}


def _examples(catalogue: Catalogue, known: list[str], needed: list[str]) -> Schema:
    example = {
        "name": TEXT,
        "given": _given(catalogue),
        "now": DAY,
        "expect": {"enum": known},
    }
    contains = [{"contains": {"properties": {"expect": {"const": one}}}} for one in needed]
    items = an_object(EXAMPLE_KEYS, example, ["name", "expect"])
    return {"type": "array", "minItems": 1, "items": items, "allOf": contains}


def _or_null(type_: str) -> Schema:
    return {"anyOf": [VALUES[type_], {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _seen(kind: EventKind) -> Schema:
    fields = {name: _or_null(type_) for name, type_ in kind.fields.items()}
    keys = {"kind": {"const": kind.name}, "on": DAY, "vehicle": TEXT, **fields}
    return an_object(set(keys), keys, ["kind", "on"])


def _car(catalogue: Catalogue) -> Schema:
    facts = {name: _or_null(fact.type) for name, fact in catalogue.vehicle.items()}
    return an_object({*CAR_KEYS, *facts}, {"name": TEXT, "until": DAY, **facts}, [])


def _row(catalogue: Catalogue) -> Schema:
    number = VALUES["number"]
    keys = {
        "name": {"enum": list(catalogue.scores)},
        **dict.fromkeys(("value", "low", "high", "support"), number),
        "as_of": DAY,
    }
    return an_object(SCORE_KEYS, keys, ["name", "value", "as_of"])


def _said(catalogue: Catalogue) -> Schema:
    keys: Schema = {
        "purpose": {"enum": list(catalogue.purposes)},
        "channel": {"enum": list(catalogue.channels)},
        "is": {"enum": ["granted", "withdrawn"]},
    }
    return an_object(CONSENT_KEYS, keys, sorted(CONSENT_KEYS))


GIVEN: Mapping[str, Callable[[Catalogue], Schema]] = {
    "events": lambda catalogue: _list({"anyOf": [_seen(kind) for kind in catalogue.events.values()]}),
    "vehicles": lambda catalogue: _list(_car(catalogue)),
    "scores": lambda catalogue: _list(_row(catalogue)),
    "consents": lambda catalogue: _list(_said(catalogue)),
    "buckets": lambda catalogue: {"type": "object", "additionalProperties": SHARE},
}


# --- mappings


def _mapping(targets: Targets | None) -> Schema:
    column: Schema = {"type": "string", "minLength": 1}
    keys = {
        "mapping": NAMED,
        "title": TEXT,
        "record": {"enum": list(targets)} if targets else {"type": "string"},
        "customer": an_object({"number"}, {"number": TEXT}, ["number"]),
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
    return an_object(KEYS, keys, ["mapping", "record", "customer", "key", "fields"], **more)


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
    found = an_object(set(fitting_keys), fitting_keys, ["column"])
    if type_ == "money":
        return found | {"oneOf": [{"required": ["currency"]}, {"required": ["currency_column"]}]}
    return {"anyOf": [{"type": "string", "minLength": 1}, found]}

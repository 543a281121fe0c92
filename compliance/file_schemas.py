"""JSON Schemas of config/privacy for editors: periods and purposes, each with the place it was read and the day."""

from collections.abc import Callable, Mapping

from compliance import archive_law, breach_law, keeping, periods, purposes, releases, storage
from compliance.backups import periods as backups
from rules.file_schemas import by_name, by_place, document, read_somewhere
from rules.schema_nodes import FLAG, JURISDICTION, TEXT, Schema, an_object

COUNT: Schema = {"type": "integer", "minimum": 0}
PERIOD: Schema = {"type": "integer", "minimum": 0, "maximum": periods.MOST}
WORDS = by_name({"type": "string"}) | {"required": [purposes.DEFAULT_LANGUAGE]}
CHANNELS: Schema = {"type": "array", "uniqueItems": True, "items": {"type": "string"}}


def deadlines_schema() -> Schema:
    keys: Schema = {**dict.fromkeys(periods.PERIODS, PERIOD), "clock_stops": FLAG, "unverified": TEXT}
    one = read_somewhere(periods.KEYS, keys) | {"anyOf": [{"required": ["days"]}, {"required": ["months"]}]}
    return document("deadlines", by_place(one) | {"required": ["default"]})


def breaches_schema() -> Schema:
    keys: Schema = {"hours": COUNT, "days": COUNT, "people": COUNT, "since": {"enum": list(breach_law.SINCE)}}
    one = read_somewhere(breach_law.KEYS, keys, ["since"])
    one |= {"oneOf": [{"required": ["hours"]}, {"required": ["days"]}]}
    return document("breaches", by_place(one) | {"required": ["default"]})


def backups_schema() -> Schema:
    terms = {
        name: read_somewhere(backups.KEYS, {"days": {"type": "integer", "minimum": 1, "maximum": most.days}}, ["days"])
        for name, most in backups.MOST.items()
    }
    return document("backups", an_object(set(backups.MOST), terms, list(backups.MOST)))


def releases_schema() -> Schema:
    groups: Schema = {"type": "array", "uniqueItems": True, "items": {"enum": [*releases.GROUPS, *releases.PERIODS]}}
    k: Schema = {"type": "integer", "minimum": releases.LEAST_K}
    history = {
        "k": k,
        "l": {"type": "integer", "minimum": releases.LEAST_L},
        "quasi_identifiers": groups,
        "sensitive": {"enum": list(releases.SENSITIVE)},
    }
    keys = {
        releases.HISTORY: read_somewhere(releases.KEYS[releases.HISTORY], history, history),
        releases.RETURNS: read_somewhere(releases.KEYS[releases.RETURNS], {"k": k}, ["k"]),
    }
    return document("releases", an_object(set(releases.KEYS), keys, list(keys)))


def retention_schema() -> Schema:
    """Each class of retention that a column names has a period."""
    length: Schema = {
        "days": {"type": "integer", "minimum": 1, "maximum": keeping.MOST_DAYS},
        "until": {"enum": [keeping.ERASURE, keeping.TERM]},
    }
    either: Schema = {"oneOf": [{"required": ["days"]}, {"required": ["until"]}]}
    by_law = by_name(read_somewhere(keeping.KEYS, length) | either, JURISDICTION["pattern"])
    one = read_somewhere({*keeping.KEYS, "by"}, {**length, "by": by_law}) | either
    example: Schema = {
        "name": TEXT,
        "class": TEXT,
        "law": JURISDICTION,
        "days": COUNT,
        "expect": {"enum": [keeping.KEPT, keeping.ENDS]},
    }
    examples: Schema = {"type": "array", "items": an_object(keeping.EXAMPLE, example, sorted(keeping.EXAMPLE))}
    return document(
        "retention", by_name(one) | {"required": sorted(keeping.classes()), "properties": {keeping.EXAMPLES: examples}}
    )


def archives_schema() -> Schema:
    term: Schema = {
        "years": {"type": "integer", "minimum": 1, "maximum": archive_law.MOST_YEARS},
        "from": {"enum": [archive_law.ISSUE, archive_law.YEAR_END]},
    }
    one = read_somewhere(archive_law.KEYS, term, term)
    keeps: Schema = {"type": "array", "uniqueItems": True, "items": {"enum": list(archive_law.OF_A_PERSON)}}
    top = by_place(one)
    top["propertyNames"] = {"anyOf": [{"enum": [archive_law.KEEPS, archive_law.STEP]}, top["propertyNames"]]}
    own: Schema = {archive_law.KEEPS: keeps, archive_law.STEP: {"enum": [archive_law.PROOF, archive_law.NONE]}}
    return document(
        "archives",
        top | {"properties": own, "required": [archive_law.KEEPS, archive_law.DEFAULT]},
    )


def purposes_schema() -> Schema:
    keys: Schema = {
        "basis": {"enum": list(purposes.BASES)},
        "channels": CHANNELS,
        "double_opt_in": CHANNELS,
        "signal": FLAG,
        "material": {"type": "integer", "minimum": 1},
        "title": WORDS,
        "text": WORDS,
    }
    chosen: Schema = {"dependentRequired": {"channels": ["title", "text"]}}
    one = read_somewhere(purposes.FIELDS, keys, ["basis"]) | chosen
    top: Schema = {
        "controller": by_name(TEXT),
        "layout": TEXT,
        "ask_again_days": COUNT,
        "purposes": by_name(one),
    }
    return document("purposes", an_object(set(top), top, ["controller", "purposes"]))


def storage_schema() -> Schema:
    at: Schema = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
    days: Schema = {storage.LOG_DAYS: {"type": "integer", "minimum": 1, "maximum": storage.MOST_LOG_DAYS}}
    keys: Schema = {**dict.fromkeys(storage.KINDS, at), **days}
    return document("storage", by_name(read_somewhere(storage.KEYS, keys, keys)))


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "privacy/archives.yaml": archives_schema,
    "privacy/deadlines.yaml": deadlines_schema,
    "privacy/breaches.yaml": breaches_schema,
    "privacy/backups.yaml": backups_schema,
    "privacy/releases.yaml": releases_schema,
    "privacy/retention.yaml": retention_schema,
    "privacy/purposes.yaml": purposes_schema,
    "privacy/storage.yaml": storage_schema,
}

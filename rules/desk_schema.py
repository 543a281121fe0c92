"""JSON Schema of a desk, from the same words as its checker."""

from rules.desks import KEYS, LONGEST, MEASURES, PAUSES, PREFERENCES, SERVES, YEAR_MINUTES
from rules.intents import LANGUAGES
from rules.schema_nodes import NAMED, TEXT, Schema, an_object

MINUTES: Schema = {"type": "integer", "minimum": 1, "maximum": YEAR_MINUTES}
REPLY: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
WORDS: Schema = {"type": "array", "minItems": 1, "items": {"type": "string"}}


def desk_schema() -> Schema:
    """Calendars and regions are those of a configuration, so any name passes here; `hub check` knows them."""
    keys = {
        "desk": NAMED,
        "title": TEXT,
        "region": {"type": "string"},
        "serves": an_object(set(SERVES), dict.fromkeys(SERVES, WORDS), []),
        "calendar": {"type": "string"},
        "promises": an_object(set(MEASURES), dict.fromkeys(MEASURES, MINUTES), list(MEASURES)),
        "assign": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(PREFERENCES)}},
        "capacity": {"type": "integer", "minimum": 1, "maximum": 100},
        "grace": {"type": "integer", "minimum": 1, "maximum": 3600},
        "pauses": an_object(set(PAUSES), dict.fromkeys(PAUSES, MINUTES), []),
        "replies": {
            "type": "object",
            "propertyNames": NAMED,
            "additionalProperties": {
                **an_object(set(LANGUAGES), dict.fromkeys(LANGUAGES, REPLY), []),
                "minProperties": 1,
            },
        },
    }
    found = an_object(KEYS, keys, ["desk", "title", "calendar", "promises"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "desk", **found}

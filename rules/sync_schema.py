"""JSON Schema of a sync document, from the tables that its checker reads."""

from collections.abc import Mapping

from rules.schema_nodes import NAMED, TEXT, Schema
from rules.syncmap import (
    CREATES,
    DATED,
    DIRECTIONS,
    FIELD_KEYS,
    KEYS,
    MOST_DAYS,
    MOST_SECONDS,
    OBJECT_KEYS,
    OWNERS,
    PEOPLE,
    OurField,
    Ours,
)
from rules.transforms import TRANSFORMS


def sync_schema(ours: Ours) -> Schema:
    """ours: what we keep in step, as the checker is told."""
    seconds: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_SECONDS}
    kinds = [_kind(about, known) for about, known in ours.items()]
    objects: Schema = {"type": "object", "minProperties": 1, "additionalProperties": {"oneOf": kinds}}
    members: Schema = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
    keys = {
        "sync": NAMED,
        "title": TEXT,
        "flush": seconds,
        "every": seconds,
        "members": members,
        "objects": objects,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sync",
        **_object(KEYS, keys, ["sync", "title", "objects"]),
    }


def _kind(about: str, known: Mapping[str, OurField]) -> Schema:
    fields = {"anyOf": [{"enum": list(known)}, *(_field(name, kind) for name, kind in known.items())]}
    keys: Schema = {
        "ours": {"const": about},
        "purpose": TEXT,
        "creates": {"type": "array", "items": {"enum": list(CREATES if about == PEOPLE else CREATES[1:])}},
        "links": {"type": "array", "items": NAMED},
        "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS} if about == DATED else False,
        "fields": {"type": "object", "minProperties": 1, "additionalProperties": fields},
    }
    return _object(OBJECT_KEYS, keys, ["ours", "purpose", "fields"])


def _field(name: str, kind: OurField) -> Schema:
    fitting = [transform for transform, how in TRANSFORMS.items() if kind.type in how.types]
    keys: Schema = {
        "ours": {"const": name},
        "transform": {"enum": fitting},
        "direction": {"enum": list(DIRECTIONS) if kind.writable else ["out"]},
        "owner": {"enum": [owner for owner in OWNERS if owner != "union" or kind.type == "list"]},
        "order": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 1}},
        "words": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
        "purpose": TEXT,
    }
    return _object(FIELD_KEYS, keys, ["ours"])


def _object(known: set[str], properties: Schema, required: list[str]) -> Schema:
    if known != set(properties):
        raise ValueError(f"The schema and the checker differ in {known ^ set(properties)}.")
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}

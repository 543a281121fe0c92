"""JSON Schema of config/chain.yaml for editors, from the bounds of its reader."""

from portal import chain
from rules.file_schemas import NAMES, by_name, document
from rules.schema_nodes import Schema, an_object

MONTHS: Schema = {"type": "integer", "maximum": chain.MOST_MONTHS}


def chain_schema() -> Schema:
    brand: Schema = {
        "hue": {"type": "number", "minimum": 0, "maximum": 360},
        "chroma": {"type": "number", "minimum": 0, "maximum": chain.MOST_CHROMA},
    }
    points: Schema = {
        "tiers": by_name({"type": "integer", "minimum": 0}),
        "within_months": {**MONTHS, "minimum": 1},
        "expire_months": {**MONTHS, "minimum": 0},
    }
    keys: Schema = {
        "title": {"type": "string", "minLength": 1, "maxLength": chain.LONGEST_TITLE},
        "brand": an_object(chain.BRAND_KEYS, brand, []),
        "works": by_name(NAMES),
        "points": an_object(chain.POINTS_KEYS, points, []),
    }
    return document("chain", an_object(chain.KEYS, keys, ["title"]))

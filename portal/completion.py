"""Words that an editor offers while somebody writes a document: from the schema that checks it, and the names of the region."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from hub.core import Hub
from hub.targets import SYNCED, TARGETS
from rules.catalogue import Catalogue
from rules.policy import QUESTIONS
from rules.schema import schema_of
from rules.sync_schema import sync_schema

ONE_OF = {"segments": "segment", "journeys": "journey", "policies": "policy"}
SHORTEST = 2  # signs of a word that is worth offering


def words_of(hub: Hub, kind: str) -> Mapping[str, str]:
    """word -> what it means, where somebody said so; by the word."""
    found = dict.fromkeys(_of_schema(kind, hub.book.catalogue), "")
    for catalogue in QUESTIONS.values() if kind == "policies" else (hub.book.catalogue,):
        found |= {name: fact.meaning for name, fact in catalogue.facts.items() if name in found}
    config = hub.settings.config
    if kind in ("segments", "journeys"):
        found |= {name: rule.title for name, rule in hub.book.current().segments.items()}
    if kind == "journeys":
        found |= {path.stem: "" for folder in ("templates", "calendars") for path in (config / folder).glob("*.yaml")}
    return dict(sorted(found.items()))


@lru_cache(maxsize=8)
def _of_schema(kind: str, catalogue: Catalogue) -> tuple[str, ...]:
    if kind == "mappings":
        schemas = [sync_schema(SYNCED), schema_of("mapping", catalogue, TARGETS)]
    else:
        schemas = [schema_of(ONE_OF[kind], catalogue)]
    return tuple({word for schema in schemas for word in _words(schema) if len(word) >= SHORTEST})


def _words(node: Any) -> Iterator[str]:
    """Keys and closed lists of values, wherever they stand in a schema."""
    if isinstance(node, list):
        for item in node:
            yield from _words(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from value
            if key in ("enum", "const"):
                yield from (one for one in (value if key == "enum" else [value]) if isinstance(one, str))
            else:
                yield from _words(list(value.values()) if key in ("properties", "$defs") else value)

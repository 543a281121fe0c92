"""Editors hear what the checker would say."""

from pathlib import Path

import jsonschema
import pytest

from hub.targets import SYNCED
from rules.documents import plain
from rules.parse import read
from rules.sync_schema import sync_schema

CONFIG = Path(__file__).parents[2] / "config" / "mappings"


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_the_shipped_mappings_are_valid(name):
    jsonschema.validate(plain(read(CONFIG / f"{name}.yaml").top), sync_schema(SYNCED))


@pytest.mark.parametrize(
    "field", [{"ours": "mail"}, {"ours": "tier", "direction": "in"}, {"ours": "email", "owner": "union"}]
)
def test_a_wrong_field_is_refused(field):
    document = {
        "sync": "x",
        "title": "x",
        "objects": {"contact": {"ours": "customer", "purpose": "p", "fields": {"f": field}}},
    }

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, sync_schema(SYNCED))

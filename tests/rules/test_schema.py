"""The JSON Schemas say what the checker says, from the same tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.targets import SYNCED, TARGETS
from language import CATALOGUE
from rules.documents import plain
from rules.operators import OPERATORS
from rules.parse import read
from rules.schema import schema_of
from rules.sync_schema import sync_schema

CONFIG = Path(__file__).parents[2] / "config"
SCHEMAS = {kind: schema_of(kind, CATALOGUE, TARGETS) for kind in ("segment", "policy", "journey", "mapping")}
SCHEMAS["sync"] = sync_schema(SYNCED)
FOLDERS = {"segments": "segment", "policies": "policy", "mappings": "mapping", "journeys": "journey"}
FILES = [path for folder in FOLDERS for path in sorted((CONFIG / folder).glob("*.yaml"))]


def document(path: str) -> dict[str, Any]:
    found: dict[str, Any] = plain(read(CONFIG / path).top)
    return found


def valid(kind: str, found: dict[str, Any]) -> bool:
    return Draft202012Validator(SCHEMAS[kind]).is_valid(found)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_each_schema_is_one_itself(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_of_the_configuration_is_valid(path: Path) -> None:
    found = plain(read(path).top)

    kind = "sync" if "sync" in found else FOLDERS[path.parent.name]

    errors = [error.message for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(found)]

    assert errors == []


def test_every_operator_stands_in_the_schema() -> None:
    definitions = SCHEMAS["segment"]["$defs"]

    named = {
        name
        for type_ in ("number", "money", "text", "flag", "day", "instant", "set")
        for name in definitions[type_]["properties"]
    }

    assert named == set(OPERATORS)


def test_no_rule_can_name_a_personal_fact() -> None:
    assert "customer.name" not in SCHEMAS["segment"]["$defs"]["condition"]["properties"]


def test_without_targets_a_mapping_may_name_any_record() -> None:
    found = document("mappings/purchases.yaml") | {"record": "anything"}

    assert Draft202012Validator(schema_of("mapping", CATALOGUE)).is_valid(found)


def test_missing_can_be_asked_of_any_type() -> None:
    for fact in ("visits.count", "visits.last_on", "seen_at", "loyalty.tier", "staff", "spend.total"):
        assert valid("segment", document("segments/regulars.yaml") | {"when": {fact: {"is": "missing"}}})


WHENS: dict[str, Any] = {
    "no condition": {},
    "two conditions in one": {"visits.count": {"is": 1}, "loyalty.tier": {"is": "gold"}},
    "an unknown fact": {"visit.count": {"is": 1}},
    "a fact without a test": {"visits.count": {}},
    "an unknown test": {"visits.count": {"at_leats": 1}},
    "a test that does not fit": {"visits.count": {"contains": "x"}},
    "a text for a number": {"visits.count": {"is": "three"}},
    "an amount without currency": {"spend.total": {"above": 100}},
    "a span in words": {"visits.last_on": {"older_than": "half a year"}},
    "a day in words": {"visits.last_on": {"before": "yesterday"}},
    "one bound": {"visits.count": {"between": [1]}},
    "an empty list": {"loyalty.tier": {"one_of": []}},
    "an empty text": {"loyalty.tier": {"contains": ""}},
    "an empty all": {"all": []},
    "an event that is unknown": {"event": {"kind": "vist"}},
    "an event without a kind": {"event": {"within": "30d"}},
    "exactly and at least": {"event": {"kind": "visit", "exactly": 1, "at_least": 1}},
    "half an event": {"event": {"kind": "visit", "at_least": 1.5}},
    "a field of another event": {"event": {"kind": "complaint", "where": {"items": {"is": 1}}}},
    "two windows": {"event": {"kind": "visit", "within": "30d", "during": "last_month"}},
    "an unknown period": {"visits.last_on": {"during": "next_month"}},
    "a sum of texts": {"event": {"kind": "visit", "sum": {"branch": {"is": 1}}}},
    "a car without some": {"vehicle": [{"fuel": {"is": "diesel"}}]},
    "a customer's fact of a car": {"vehicle": {"some": [{"visits.count": {"is": 1}}]}},
    "a car in a car": {"vehicle": {"some": [{"vehicle": {"some": [{"fuel": {"is": "diesel"}}]}}]}},
    "an age in years": {"vehicle": {"some": [{"age": {"at_least": 4}}]}},
    "one step": {"sequence": {"steps": ["visit"]}},
    "a step that is two": {"sequence": {"steps": ["visit", {"event": "visit", "not": "complaint"}]}},
    "by a field that no event has": {"sequence": {"steps": ["visit", "complaint"], "by": "colour"}},
    "a segment alone": {"segment": "regulars"},
    "consent to nothing": {"consent": {"channel": "mail", "is": "granted"}},
    "an unknown score": {"score.chrun": {"at_least": 0.5}},
    "a score without a test": {"score.churn": {"max_age": "7d"}},
    "a confidence above one": {"score.churn": {"at_least": 0.5, "min_confidence": 2}},
    "a bucket without a share": {"bucket": {"of": "spring"}},
    "a set with is": {"tags": {"is": "x"}},
    "a mistake deep inside": {"not": {"any": [{"all": [{"visits.count": {"is": None}}]}]}},
}


@pytest.mark.parametrize("name", WHENS)
def test_a_wrong_condition_is_invalid(name: str) -> None:
    assert not valid("segment", document("segments/regulars.yaml") | {"when": WHENS[name]})


CHANGES: dict[str, tuple[str, str, Callable[[dict[str, Any]], Any]]] = {
    "a segment without examples": ("segment", "segments/regulars.yaml", lambda found: found.pop("examples")),
    "examples of one kind": ("segment", "segments/regulars.yaml", lambda found: found["examples"].pop()),
    "a key too many": ("segment", "segments/regulars.yaml", lambda found: found.update(wen=1)),
    "a name with spaces": ("segment", "segments/regulars.yaml", lambda found: found.update(segment="Our regulars")),
    "an unknown verdict": ("policy", "policies/loyalty.yaml", lambda found: found.update(verdict="maybe")),
    "a mask without fields": ("policy", "policies/phones_stay_in_the_gulf.yaml", lambda found: found.pop("mask")),
    "fields without a mask": ("policy", "policies/loyalty.yaml", lambda found: found.update(mask=["phone"])),
    "a car with an unknown fact": (
        "segment", "segments/lapsed_diesel_regulars.yaml",
        lambda found: found["examples"][0]["given"]["vehicles"][0].update(colour="red"),
    ),
    "a score without a day": (
        "segment", "segments/about_to_leave.yaml",
        lambda found: found["examples"][0]["given"]["scores"][0].pop("as_of"),
    ),
    "an event in a policy": ("policy", "policies/loyalty.yaml", lambda found: found.update(applies={"event": {"kind": "visit"}})),
    "no key": ("mapping", "mappings/purchases.yaml", lambda found: found.pop("key")),
    "an unknown record": ("mapping", "mappings/purchases.yaml", lambda found: found.update(record="purchase")),
    "an unknown field": ("mapping", "mappings/purchases.yaml", lambda found: found["fields"].update(price="spend")),
    "money without currency": ("mapping", "mappings/purchases.yaml", lambda found: found["fields"].update(amount="spend")),
    "a format of a number": (
        "mapping", "mappings/purchases.yaml",
        lambda found: found["fields"].update(items={"column": "items", "format": "%d"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrong_document_is_invalid(name: str) -> None:
    kind, path, change = CHANGES[name]
    found = document(path)

    change(found)

    assert not valid(kind, found)

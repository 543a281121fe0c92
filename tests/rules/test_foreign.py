"""Segments of other tools: what maps means the same here, and what does not is named instead of being left out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from hub.cli.segments import segments
from language import CATALOGUE
from rules.book import read_segment
from rules.foreign import Names, translate
from rules.parse import read_text

CONFIG = Path(__file__).parents[2] / "config"
NAMES = Names({"plan": "loyalty.tier", "orders": "visits.count", "lastOrder": "visits.last_on"}, {"Order": "visit"})


def node(name: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": type_, **more}


def dittofeed(*nodes: Mapping[str, Any], entry: str = "And") -> dict[str, Any]:
    entry_node = node("top", entry, children=[one["id"] for one in nodes])
    return {"name": "Golden", "definition": {"entryNode": entry_node, "nodes": list(nodes)}}


def mautic(*filters: tuple[str, str, str, Any]) -> dict[str, Any]:
    rows = [
        {"glue": glue, "object": "lead", "field": field, "operator": operator, "properties": {"filter": value}}
        for glue, field, operator, value in filters
    ]
    return {"list": {"name": "Golden", "filters": rows}}


def operation(operator: str, **more: Any) -> dict[str, Any]:
    return {"filterType": "PROPERTY", "property": "plan", "operation": {"operator": operator, **more}}


def hubspot(*filters: Mapping[str, Any], branch: str = "AND") -> dict[str, Any]:
    inner = {"filterBranchType": branch, "filterBranches": [], "filters": list(filters)}
    return {
        "list": {"name": "Golden", "filterBranch": {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}}
    }


GOLD = {"loyalty.tier": {"is": "gold"}}
KNOWN = {"not": {"loyalty.tier": {"is": "missing"}}}
EXPORTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Dittofeed: a trait and an event": (
        dittofeed(
            node("a", "Trait", path="plan", operator={"type": "Equals", "value": "gold"}),
            node("b", "Performed", event="Order", times=3, timesOperator=">=", withinSeconds=30 * 86_400),
        ),
        {"all": [GOLD, {"event": {"kind": "visit", "within": "30d", "at_least": 3}}]},
    ),
    "Dittofeed: seldom": (
        dittofeed(node("a", "Performed", event="Order", times=2, timesOperator="<")),
        {"not": {"event": {"kind": "visit", "at_least": 2}}},
    ),
    "Dittofeed: either": (
        dittofeed(
            node("a", "Trait", path="orders", operator={"type": "GreaterThanOrEqual", "value": "5"}),
            node("b", "Trait", path="plan", operator={"type": "Exists"}),
            entry="Or",
        ),
        {"any": [{"visits.count": {"at_least": 5}}, KNOWN]},
    ),
    "Dittofeed: lately": (
        dittofeed(node("a", "Trait", path="lastOrder", operator={"type": "Within", "windowSeconds": 7 * 86_400})),
        {"visits.last_on": {"within": "7d"}},
    ),
    "Mautic: and binds before or": (
        mautic(("and", "plan", "=", "gold"), ("and", "orders", "gte", "3"), ("or", "plan", "in", ["silver", "bronze"])),
        {"any": [{"all": [GOLD, {"visits.count": {"at_least": 3}}]}, {"loyalty.tier": {"one_of": ["silver", "bronze"]}}]},
    ),
    "Mautic: not equal holds for nothing, too": (mautic(("and", "plan", "!=", "gold")), {"not": GOLD}),
    "Mautic: a day that moves along": (
        mautic(("and", "lastOrder", "lt", "-180 days"), ("and", "plan", "!empty", None)),
        {"all": [{"visits.last_on": {"older_than": "180d"}}, KNOWN]},
    ),
    "HubSpot: one of several": (
        hubspot(operation("IS_ANY_OF", values=["gold", "silver"])),
        {"loyalty.tier": {"one_of": ["gold", "silver"]}},
    ),
    "HubSpot: not equal holds for those that have a value": (
        hubspot(operation("IS_NOT_EQUAL_TO", value="gold", includeObjectsWithNoValueSet=False)),
        {"all": [KNOWN, {"not": GOLD}]},
    ),
    "HubSpot: or for those that have none": (
        hubspot(operation("IS_EQUAL_TO", value="gold", includeObjectsWithNoValueSet=True)),
        {"any": [{"loyalty.tier": {"is": "missing"}}, GOLD]},
    ),
    "HubSpot: none of a branch": (
        hubspot(operation("IS_EQUAL_TO", value="gold"), operation("STARTS_WITH", value="s"), branch="NOT_ANY"),
        {"not": {"any": [GOLD, {"loyalty.tier": {"starts_with": "s"}}]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_becomes_a_condition_that_our_reader_takes(name: str) -> None:
    export, when = EXPORTS[name]

    found = translate(export, NAMES, CATALOGUE)

    assert (found.left, found.when, found.title, found.tool) == ([], when, "Golden", name.split(":")[0])
    examples = [{"name": side, "given": {}, "expect": side} for side in ("in", "out")]
    document = {"segment": "golden", "title": "Golden", "when": found.when, "examples": examples}
    read_segment(read_text(json.dumps(document).encode(), "golden.yaml"), CATALOGUE, believed=True)


LEFT: dict[str, tuple[Any, str]] = {
    "an unknown trait": (dittofeed(node("a", "Trait", path="plann", operator={"type": "Exists"})), "node a: which fact is “plann”?"),
    "a node of its own": (dittofeed(node("a", "RandomBucket", percent=0.1)), "node a: RandomBucket has nothing like it here"),
    "hours": (dittofeed(node("a", "Performed", event="Order", withinSeconds=3600)), "no whole days"),
    "a ring": (dittofeed(node("a", "And", children=["a"])), "it is below itself"),
    "a node that is not there": (dittofeed(node("a", "And", children=["b"])), "not there"),
    "an amount": (mautic(("and", "spend.total", "gt", "100")), "filter 1: an amount needs its currency"),
    "a personal fact": (mautic(("and", "customer.name", "=", "Anna")), "“customer.name” is personal"),
    "a pattern": (mautic(("and", "plan", "regexp", "g.*")), "the operator regexp"),
    "half a filter": ({"filters": [{"field": "plan"}]}, "filter 1: it is not as the tool writes it"),
    "a word for a number": (mautic(("and", "orders", "gt", "many")), "not as the tool writes it"),
    "a list in a list": (hubspot({"filterType": "IN_LIST", "listId": 7}), "IN_LIST has nothing like it here"),
    "something else": ({"rules": []}, "no segment that Dittofeed, Mautic or HubSpot exports"),
    "a list of things": ([1], "no segment that"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_does_not_map_is_named_and_nothing_is_made_of_the_rest(name: str) -> None:
    export, reason = LEFT[name]

    found = translate(export, NAMES, CATALOGUE)

    assert len(found.left) == 1
    assert reason in found.left[0]


def test_a_part_that_does_not_map_does_not_widen_the_rest() -> None:
    export = mautic(("and", "plan", "=", "gold"), ("and", "colour", "=", "red"))

    found = translate(export, NAMES, CATALOGUE)

    assert (found.when, len(found.left)) == ({}, 1)


def test_the_command_writes_a_document_to_which_only_examples_are_missing(tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_text(json.dumps(EXPORTS["Mautic: and binds before or"][0]))
    (tmp_path / "names.yaml").write_text("facts: {plan: loyalty.tier, orders: visits.count}")
    run, environ = CliRunner(), {"HUB_CONFIG": str(CONFIG)}
    words = ["import", str(tmp_path / "golden.json"), "--names", str(tmp_path / "names.yaml")]

    done = run.invoke(segments, words, env=environ)
    unnamed = run.invoke(segments, words[:2], env=environ)

    document = YAML(typ="safe").load(done.output)
    assert (done.exit_code, document["segment"], document["title"]) == (0, "golden", "Golden")
    assert document["when"] == EXPORTS["Mautic: and binds before or"][1]
    assert "which fact is “plan”" in str(unnamed.exception)

"""Segments of other tools as conditions of ours: exports of Dittofeed, Mautic and HubSpot lists, whole or not at all.

A part that is left out would let in people whom it kept out, so what does not map is named, and nothing is made of the rest. A
negated test of Dittofeed and Mautic holds for a missing value, as `not` does here; HubSpot says which it means."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.catalogue import Catalogue, nearest
from rules.values import shown

DAY = 86_400  # seconds
RELATIVE = re.compile(r"-(\d{1,4}) (day|week|month|year)s?")
MISSING = {"is": "missing"}

Condition = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """Their name -> ours, of facts and of kinds of events. A name that is one of ours stands for itself."""

    facts: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Translation:
    """title: what they call it. when: our condition. left: what does not map, each part with its reason; then `when` is not to be used."""

    tool: str
    title: str = ""
    when: Condition = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


class Unmapped(Exception):
    """A part of theirs that says nothing ours could."""


def translate(export: Any, names: Names, catalogue: Catalogue) -> Translation:
    """export: JSON as the tool's API gives it. A form that no tool has leaves one part."""
    for tool, (fits, body) in TOOLS.items():
        if isinstance(export, Mapping) and (found := fits(export)) is not None:
            made = Translation(tool, str(found.get("name") or ""))
            made.when = body(_Reader(names, catalogue, made.left), found) or {}
            return made
    return Translation("", left=["This is no segment that Dittofeed, Mautic or HubSpot exports."])


class _Reader:
    def __init__(self, names: Names, catalogue: Catalogue, left: list[str]) -> None:
        self.names, self.catalogue, self.left = names, catalogue, left

    def part(self, what: str, made: Callable[[], Condition]) -> Condition | None:
        try:
            return made()
        except Unmapped as reason:
            self.left.append(f"{what}: {reason}")
        except (KeyError, TypeError, ValueError, AttributeError):
            self.left.append(f"{what}: it is not as the tool writes it")
        return None

    def joined(self, how: str, parts: Sequence[Condition | None]) -> Condition | None:
        """None where something is left, so that nothing half is taken for the whole."""
        found = [one for one in parts if one is not None]
        if len(found) < len(parts) or not found:
            return None
        return found[0] if len(found) == 1 else {how: found}

    def fact(self, theirs: str) -> tuple[str, str]:
        """Our name, and its type."""
        ours = self.names.facts.get(theirs, theirs)
        if ours not in self.catalogue.facts:
            raise Unmapped(f"which fact is “{shown(theirs)}”? {nearest(ours, self.catalogue.facts)}")
        if self.catalogue.facts[ours].personal:
            raise Unmapped(f"“{ours}” is personal, and no rule names such a fact")
        return ours, self.catalogue.facts[ours].type

    def test(self, theirs: str, operator: str, value: Any = None) -> Condition:
        """operator: one of ours, with `not ` before it where it is negated."""
        name, type_ = self.fact(theirs)
        word = operator.removeprefix("not ")
        if word == "missing":
            test: Condition = MISSING
        else:
            test = {word: self.value(value, type_, word)}
        return {"not": {name: test}} if operator.startswith("not ") else {name: test}

    def value(self, value: Any, type_: str, word: str) -> Any:
        if word in ("one_of", "between"):
            return [self.value(one, type_, "is") for one in value]
        if word in ("within", "older_than"):
            return str(value)
        if type_ == "number":
            number = float(value)
            return int(number) if number.is_integer() else number
        if type_ == "flag":
            return (
                value
                if isinstance(value, bool)
                else {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]
            )
        if type_ == "money":
            raise Unmapped("an amount needs its currency; write it yourself")
        return str(value)

    def event(self, theirs: str) -> str:
        ours = self.names.events.get(theirs, theirs)
        if ours not in self.catalogue.events:
            raise Unmapped(f"which event is “{shown(theirs)}”? {nearest(ours, self.catalogue.events)}")
        return ours


def _days(seconds: Any) -> str:
    days, rest = divmod(int(seconds), DAY)
    if rest or not days:
        raise Unmapped(f"{seconds} seconds are no whole days, and there are no hours here")
    return f"{days}d"


# --- Dittofeed: nodes by id, from an entry


def _dittofeed(reader: _Reader, export: Mapping[str, Any]) -> Condition | None:
    definition = export.get("definition", export)
    nodes = {one["id"]: one for one in (definition["entryNode"], *definition.get("nodes", ()))}

    def node(one: Mapping[str, Any], above: tuple[str, ...]) -> Condition | None:
        kind, name = str(one.get("type")), str(one.get("id"))
        if name in above:
            reader.left.append(f"node {name}: it is below itself")
            return None
        if kind in ("And", "Or"):
            below = [
                nodes.get(child, {"id": child, "type": "a node that is not there"}) for child in one.get("children", ())
            ]
            return reader.joined("all" if kind == "And" else "any", [node(child, (*above, name)) for child in below])
        makers = {"Trait": _trait, "Performed": _performed}
        if kind not in makers:
            reader.left.append(f"node {name}: {kind} has nothing like it here")
            return None
        return reader.part(f"node {name}", lambda: makers[kind](reader, one))

    return node(definition["entryNode"], ())


TRAITS = {
    "Equals": "is", "NotEquals": "not is", "Exists": "not missing", "NotExists": "missing",
    "GreaterThanOrEqual": "at_least", "LessThan": "below",
}  # fmt: skip


def _trait(reader: _Reader, one: Mapping[str, Any]) -> Condition:
    operator = one["operator"]
    if operator["type"] == "Within":
        return reader.test(one["path"], "within", _days(operator["windowSeconds"]))
    if operator["type"] not in TRAITS:
        raise Unmapped(f"the operator {operator['type']} has nothing like it here")
    return reader.test(one["path"], TRAITS[operator["type"]], operator.get("value"))


def _performed(reader: _Reader, one: Mapping[str, Any]) -> Condition:
    if one.get("properties"):
        raise Unmapped("tests on the properties of an event are written by hand, under where:")
    times, operator = int(one.get("times", 1)), one.get("timesOperator", ">=")
    event: Condition = {"kind": reader.event(one["event"])}
    if "withinSeconds" in one:
        event["within"] = _days(one["withinSeconds"])
    if operator == "<":
        return {"not": {"event": {**event, "at_least": times}}}
    return {"event": {**event, {">=": "at_least", "=": "exactly"}[operator]: times}}


# --- Mautic: a row of filters; each `or` begins another group of those that hold together

MAUTIC = {
    "=": "is", "eq": "is", "!=": "not is", "neq": "not is", "gt": "above", "gte": "at_least", "lt": "below", "lte": "at_most",
    "contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with", "in": "one_of", "!in": "not one_of",
    "empty": "missing", "!empty": "not missing",
}  # fmt: skip


def _mautic(reader: _Reader, export: Mapping[str, Any]) -> Condition | None:
    groups: list[list[Condition | None]] = []
    for number, one in enumerate(export["filters"], 1):
        if not groups or one.get("glue") == "or":
            groups.append([])
        groups[-1].append(reader.part(f"filter {number}", lambda one=one: _filter(reader, one)))  # type: ignore[misc]
    return reader.joined("any", [reader.joined("all", group) for group in groups])


def _filter(reader: _Reader, one: Mapping[str, Any]) -> Condition:
    if one.get("object", "lead") != "lead":
        raise Unmapped(f"it is about {one['object']}, and not about a contact's field")
    value = one.get("properties", {}).get("filter", one.get("filter"))
    word, span = one["operator"], RELATIVE.fullmatch(str(value))
    if span:
        ours = {"gte": "within", "gt": "within", "lt": "older_than", "lte": "older_than"}.get(word)
        if ours is None:
            raise Unmapped(f"“{word} {value}” has nothing like it here")
        return reader.test(one["field"], ours, f"{span[1]}{span[2][0]}")
    if word not in MAUTIC:
        raise Unmapped(f"the operator {word} has nothing like it here")
    return reader.test(one["field"], MAUTIC[word], value)


# --- HubSpot: branches within branches, with filters on properties

HUBSPOT = {
    "IS_EQUAL_TO": "is", "IS": "is", "IS_EXACTLY": "is", "IS_NOT_EQUAL_TO": "not is", "IS_NOT": "not is", "IS_ANY_OF": "one_of",
    "IS_NONE_OF": "not one_of", "IS_GREATER_THAN": "above", "IS_GREATER_THAN_OR_EQUAL_TO": "at_least", "IS_LESS_THAN": "below",
    "IS_LESS_THAN_OR_EQUAL_TO": "at_most", "CONTAINS": "contains", "STARTS_WITH": "starts_with", "ENDS_WITH": "ends_with",
    "IS_KNOWN": "not missing", "IS_UNKNOWN": "missing", "IS_BETWEEN": "between",
}  # fmt: skip
BRANCHES = {"AND": "all", "OR": "any", "NOT_ALL": "all", "NOT_ANY": "any"}


def _hubspot(reader: _Reader, export: Mapping[str, Any], where: str = "filterBranch") -> Condition | None:
    branch = export["filterBranch"] if where == "filterBranch" else export
    kind = branch.get("filterBranchType")
    if kind not in BRANCHES:
        reader.left.append(f"{where}: a branch of {kind} has nothing like it here")
        return None
    parts = [
        _hubspot(reader, one, f"{where}.{number}") for number, one in enumerate(branch.get("filterBranches", ()), 1)
    ]
    parts += [
        reader.part(f"{where}, filter {number}", lambda one=one: _property(reader, one))  # type: ignore[misc]
        for number, one in enumerate(branch.get("filters", ()), 1)
    ]
    found = reader.joined(BRANCHES[kind], parts)
    return {"not": found} if found and kind.startswith("NOT_") else found


def _property(reader: _Reader, one: Mapping[str, Any]) -> Condition:
    if one["filterType"] != "PROPERTY":
        raise Unmapped(f"{one['filterType']} has nothing like it here")
    operation = one["operation"]
    word = HUBSPOT.get(operation["operator"])
    if word is None:
        raise Unmapped(f"the operator {operation['operator']} has nothing like it here")
    value = operation.get("values", operation.get("value"))
    if word == "between":
        value = [operation["lowerBound"], operation["upperBound"]]
    elif word in ("is", "not is") and isinstance(value, list):
        word = word.replace("is", "one_of")
    found = reader.test(one["property"], word, value)
    empty_too = bool(operation.get("includeObjectsWithNoValueSet"))
    if word.endswith("missing") or empty_too == word.startswith("not "):
        return found
    how = "any" if empty_too else "all"
    return {how: [reader.test(one["property"], "missing" if empty_too else "not missing"), found]}


def _found(key: str, *ways: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any] | None]:
    """The part of an export that has this key: it itself, or what is wrapped in it."""

    def fits(export: Mapping[str, Any]) -> Mapping[str, Any] | None:
        for one in (export, *(export.get(way) for way in ways)):
            if isinstance(one, Mapping) and (
                key in one or (isinstance(one.get("definition"), Mapping) and key in one["definition"])
            ):
                return one
        return None

    return fits


Fits = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
Body = Callable[[_Reader, Mapping[str, Any]], Condition | None]
TOOLS: Mapping[str, tuple[Fits, Body]] = {
    "Dittofeed": (_found("entryNode", "segment"), _dittofeed),
    "HubSpot": (_found("filterBranch", "list"), _hubspot),
    "Mautic": (_found("filters", "list"), _mautic),
}

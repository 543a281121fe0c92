"""What a search at the HubSpot sandbox finds: filters, which all hold, in groups of which one holds; and an order."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

OPERATORS: Mapping[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "EQ": lambda value, one: value == one.get("value"),
    "NEQ": lambda value, one: value != one.get("value"),
    "IN": lambda value, one: value in one.get("values", ()),
    "NOT_IN": lambda value, one: value not in one.get("values", ()),
    "GT": lambda value, one: value != "" and order(value) > order(one["value"]),
    "GTE": lambda value, one: value != "" and order(value) >= order(one["value"]),
    "LT": lambda value, one: value != "" and order(value) < order(one["value"]),
    "LTE": lambda value, one: value != "" and order(value) <= order(one["value"]),
    "HAS_PROPERTY": lambda value, one: value != "",
    "NOT_HAS_PROPERTY": lambda value, one: value == "",
}


def value_of(row: Mapping[str, Any], name: str) -> str:
    return str(row["properties"].get(name) or "")


def order(value: str) -> tuple[int, float, str]:
    """Times are told in ISO form and asked for in milliseconds; numbers order as numbers."""
    if "T" in value and value[:4].isdigit():
        return 0, datetime.fromisoformat(value).timestamp() * 1000, ""
    return (0, float(value), "") if value.lstrip("-").isdigit() else (1, 0.0, value)


def holds(row: Mapping[str, Any], groups: list[dict[str, Any]]) -> bool:
    return not groups or any(
        all(OPERATORS[one["operator"]](value_of(row, one["propertyName"]), one) for one in group["filters"])
        for group in groups
    )

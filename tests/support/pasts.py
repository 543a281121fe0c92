"""A past in a few lines, for tests of facts: rows as tuples, days as numbers, and the columns that a test leaves out."""

from typing import Any

from hub.past.streams import Past, stream_of

COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "visits": (
        ("customer_id", "day", "vehicle_id", "amount", "odometer", "currency", "reason", "branch"),
        ("currency", "reason", "branch"),
    ),
    "works": (
        ("customer_id", "day", "vehicle_id", "visit_id", "odometer", "price", "margin", "currency", "service", "kind"),
        ("currency", "service", "kind"),
    ),
    "advice": (
        ("customer_id", "day", "vehicle_id", "about_id", "amount", "currency", "service", "safety", "state", "step"),
        ("currency", "service", "safety", "state"),
    ),
    "surveys": (("customer_id", "day", "value"), ()),
    "complaints": (("customer_id", "day"), ()),
    "lateness": (("customer_id", "day"), ()),
    "missed": (("customer_id", "day"), ()),
    "cancelled": (("customer_id", "day"), ()),
    "bookings": (("customer_id", "day"), ()),
    "owned": (("customer_id", "day", "vehicle_id", "registered", "fuel", "make"), ("fuel", "make")),
    "disowned": (("customer_id", "day", "vehicle_id", "registered", "fuel", "make"), ("fuel", "make")),
    "points": (("customer_id", "day", "value"), ()),
    "consents": (("customer_id", "day", "consent_id", "purpose", "state"), ("purpose", "state")),
}
USUAL: dict[str, Any] = {
    "amount": 100, "odometer": None, "currency": "EUR", "reason": "service", "branch": "mitte", "vehicle_id": 0,
    "visit_id": 0, "price": 100, "margin": 50, "service": "oil", "kind": "labour", "about_id": 0, "safety": "advisory",
    "state": "recommendation_made", "registered": None, "fuel": "petrol", "make": "Opel", "value": 0.0,
    "consent_id": 1, "purpose": "marketing",
}  # fmt: skip


def a_past(until: int, **kinds: list[dict[str, Any]]) -> Past:
    """a_past(100, visits=[{"customer_id": 1, "day": 20}])"""
    streams = {}
    for kind, (names, texts) in COLUMNS.items():
        rows = [{**USUAL, "step": float("state" in row), **row} for row in kinds.get(kind, [])]
        streams[kind] = stream_of({name: [row[name] for row in rows] for name in names}, texts).until(until)
    return Past(streams, until)


def of(customer: int, *days: int, **more: Any) -> list[dict[str, Any]]:
    """A row per day."""
    return [{"customer_id": customer, "day": day, **more} for day in days]

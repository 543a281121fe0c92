"""What a file's columns and a partner's fields may be mapped to: kinds, their fields and types."""

from collections.abc import Mapping

from rules.syncmap import OurField

TARGETS: Mapping[str, Mapping[str, str]] = {
    "customer": {
        "name": "text",
        "email": "text",
        "phone": "text",
        "address": "text",
        "language": "text",
        "residence": "text",
        "branch": "text",
        "joined_on": "day",
    },
    "visit": {"at": "instant", "amount": "money", "items": "number"},
    "survey": {"at": "instant", "score": "number"},
    "complaint": {"at": "instant"},
}


def _ours(type: str, personal: bool = False) -> OurField:
    """A field that is worked out by us; no partner sets it."""
    return OurField(type, writable=False, personal=personal)


SYNCED: Mapping[str, Mapping[str, OurField]] = {
    "customer": {
        "given_name": OurField("text", personal=True),  # given_name and family_name are two views of one name
        "family_name": OurField("text", personal=True),
        "email": OurField("text", personal=True),
        "phone": OurField("text", personal=True),
        "address": OurField("text", personal=True),
        "language": OurField("text"),
        "branch": OurField("text"),
        "joined_on": OurField("day"),
        "segments": OurField("list", writable=False),
        "tier": OurField("text", writable=False),
        "consents": OurField("list", writable=False),  # purpose:channel of what the customer agrees to now
    },
    "fleet": {"title": _ours("text"), "code": _ours("text")},
    "vehicle": {
        "title": _ours("text"),  # make and model
        "make": _ours("text"),
        "model": _ours("text"),
        "class": _ours("text"),
        "fuel": _ours("text"),
        "first_registered": _ours("day"),
        "odometer_km": _ours("text"),
        "vin": _ours("text", personal=True),
        "plate": _ours("text", personal=True),
    },
    "visit": {
        "title": _ours("text"),  # reason and day
        "reason": _ours("text"),
        "status": _ours("text"),
        "branch": _ours("text"),
        "opened_on": _ours("day"),
        "closed_on": _ours("day"),
        "amount": _ours("text"),  # 123.45
        "currency": _ours("text"),
        "odometer_km": _ours("text"),
    },
}

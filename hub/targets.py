"""What a file's columns may be mapped to: record kinds, their fields and types."""

from collections.abc import Mapping

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
    "vehicle": {
        "vehicle": "text",
        "vin": "text",
        "plate": "text",
        "make": "text",
        "model": "text",
        "fuel": "text",
        "first_registered": "day",
        "owned_since": "day",
        "odometer_km": "number",
    },
    "visit": {"at": "instant", "amount": "money", "items": "number", "vehicle": "text"},
    "recommendation_declined": {"at": "instant", "amount": "money", "vehicle": "text"},
    "survey": {"at": "instant", "score": "number"},
    "complaint": {"at": "instant"},
}

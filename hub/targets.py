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
    "visit": {"at": "instant", "amount": "money", "items": "number"},
    "survey": {"at": "instant", "score": "number"},
    "complaint": {"at": "instant"},
}

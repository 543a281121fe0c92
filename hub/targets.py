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
    },
}

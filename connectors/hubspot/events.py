"""What the HubSpot sandbox tells by webhook: an event per change, in the order of the changes, with who made it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.sdk.effects_log import put_thing, thing, things_after

APP = 10001  # the app whose token we hold
PORTAL = 4711
SUBJECTS = {"contacts": "contact", "companies": "company", "deals": "deal", "vehicles": "object"}
UNTOLD = ("hs_object_id", "lastmodifieddate", "hs_lastmodifieddate", "createdate")


@dataclass(frozen=True)
class Author:
    """Who changes something at HubSpot: a person at its pages, or an app through its API."""

    source: str
    id: str


PERSON = Author("CRM_UI", "userId:7")
OUR_APP = Author("INTEGRATION", str(APP))


class Events:
    """One account's events, inside one transaction of the sandbox's log."""

    def __init__(self, db: Any, account: str, author: Author) -> None:
        self.db, self.shelf, self.author = db, f"event:{account}", author

    def tell(self, kind: str, motion: str, number: str, at: datetime, **more: Any) -> None:
        if kind not in SUBJECTS:
            return
        place = int(thing(self.db, f"last_{self.shelf}", "") or 0) + 1
        event = {
            "eventId": place, "subscriptionId": 1, "portalId": PORTAL, "appId": APP, "attemptNumber": 0,
            "occurredAt": int(at.astimezone(UTC).timestamp() * 1000), "subscriptionType": f"{SUBJECTS[kind]}.{motion}",
            "objectId": int(number), "changeSource": self.author.source, "sourceId": self.author.id, **more,
        }  # fmt: skip
        put_thing(self.db, self.shelf, f"{place:012}", json.dumps(event))
        put_thing(self.db, f"last_{self.shelf}", "", str(place))

    def tell_changes(self, kind: str, number: str, at: datetime, changed: Mapping[str, str]) -> None:
        for name in sorted(changed.keys() - set(UNTOLD)):
            self.tell(kind, "propertyChange", number, at, propertyName=name, propertyValue=changed[name])

    def after(self, place: str, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """(place, event), behind a place; "" is the beginning."""
        return [(where, json.loads(body)) for where, body in things_after(self.db, self.shelf, place, limit)]

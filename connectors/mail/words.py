"""What came back, as our records: consents that end, and events that rules and the send-time permit read."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hub.sdk import ConsentRecord, CustomerKey, EventRecord, Record

NOTICES = {"stopped": "one_click", "complained": "spam_report"}
EVENTS = {"bounced": "mail_bounced", "complained": "mail_complained", "replied": "mail_replied"}


def records(told: Mapping[str, Any], purpose: str) -> Iterator[Record]:
    """told: a payload of connectors.mail.inward. purpose: of the mail's topic. An automatic answer says nothing."""
    key, at = CustomerKey(partner_id=told["ref"], ref=told["ref"]), datetime.fromisoformat(told["at"])
    if notice := NOTICES.get(told["what"]):
        yield ConsentRecord(customer=key, purpose=purpose, channel="mail", state="withdrawn", notice=notice, at=at)
    if kind := EVENTS.get(told["what"]):
        fate = {"hard": told.get("fate") == "hard"} if kind == "mail_bounced" else {}
        yield EventRecord(customer=key, kind=kind, key=told["key"], at=at, attributes=fate)

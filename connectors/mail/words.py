"""What came back, as our records: consents that end, and events that rules and the send-time permit read."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import ConsentRecord, CustomerKey, EventRecord, Record, WrongInput, read_json

NOTICES = {"stopped": "one_click", "complained": "spam_report"}
EVENTS = {"bounced": "mail_bounced", "complained": "mail_complained", "replied": "mail_replied"}

WHAT = (*EVENTS, "stopped", "answered_itself")


class Returned(Schema):
    """What connectors.mail.inward keeps of anything that came back."""

    class Meta:
        unknown = EXCLUDE

    what = fields.String(required=True, validate=validate.OneOf(WHAT))
    ref = fields.String(required=True, validate=validate.Length(1, 40))
    topic = fields.String(required=True, validate=validate.Length(1, 40))
    key = fields.String(required=True, validate=validate.Length(1, 200))
    at = fields.AwareDateTime(required=True)
    fate = fields.String(load_default="", validate=validate.Length(max=8))


def read(payload: bytes) -> dict[str, Any]:
    """Raises WrongInput."""
    try:
        found: dict[str, Any] = Returned().load(read_json(payload))
    except ValidationError as error:
        raise WrongInput(f"What came back makes no sense: {error.messages}", "See connectors/mail/README.md.") from None
    return found


def records(told: Mapping[str, Any], purpose: str) -> Iterator[Record]:
    """told: a payload of connectors.mail.inward. purpose: of the mail's topic. An automatic answer says nothing."""
    key, at = CustomerKey(partner_id=told["ref"], ref=told["ref"]), told["at"]
    if notice := NOTICES.get(told["what"]):
        yield ConsentRecord(customer=key, purpose=purpose, channel="mail", state="withdrawn", notice=notice, at=at)
    if kind := EVENTS.get(told["what"]):
        fate = {"hard": told.get("fate") == "hard"} if kind == "mail_bounced" else {}
        yield EventRecord(customer=key, kind=kind, key=told["key"], at=at, attributes=fate)

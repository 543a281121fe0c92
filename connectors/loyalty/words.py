"""The programme's words: what its webhooks carry, and how they become our records."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, LoyaltyRecord, Record, WrongInput

TYPES = ("member.enrolled", "member.tier_changed", "member.points_changed", "member.consent_changed")


class Consent(Schema):
    class Meta:
        unknown = EXCLUDE

    purpose = fields.String(required=True, validate=validate.Length(1, 40))
    channel = fields.String(required=True, validate=validate.Length(1, 16))
    state = fields.String(required=True, validate=validate.OneOf(["granted", "withdrawn"]))
    notice = fields.String(required=True, validate=validate.Length(1, 64))


class Member(Schema):
    class Meta:
        unknown = EXCLUDE

    # it becomes part of a path when we answer, where . and .. would lead elsewhere
    member_id = fields.String(required=True, validate=[validate.Length(1, 100), validate.NoneOf([".", ".."])])
    customer_number = fields.String(validate=validate.Length(1, 100))
    name = fields.String(validate=validate.Length(1, 200))
    email = fields.Email()
    phone = fields.String(validate=validate.Length(3, 40))
    residence = fields.String(validate=validate.Length(equal=2))
    tier = fields.String(validate=validate.Length(1, 32))
    points = fields.Integer(strict=True, validate=validate.Range(0, 2**53))
    version = fields.Integer(strict=True, validate=validate.Range(0, 2**62))
    consent = fields.Nested(Consent)


class Webhook(Schema):
    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    timestamp = fields.AwareDateTime(required=True)
    data = fields.Nested(Member, required=True)


WEBHOOK = Webhook()


def read(payload: Any) -> dict[str, Any]:
    """Raises WrongInput that names every field that is wrong."""
    try:
        found: dict[str, Any] = WEBHOOK.load(payload)
    except ValidationError as error:
        raise WrongInput(f"The webhook makes no sense: {error.messages}", "See connectors/loyalty/README.md.") from None
    return found


def records(told: dict[str, Any]) -> Iterator[Record]:
    data, at = told["data"], told["timestamp"]
    key = CustomerKey(partner_id=data["member_id"], customer_number=data.get("customer_number"))
    if told["type"] == "member.enrolled":
        person = {name: data.get(name) for name in ("name", "email", "phone", "residence")}
        yield CustomerRecord(customer=key, at=at, **person)
    if "version" in data and ("tier" in data or "points" in data):
        yield LoyaltyRecord(
            customer=key, version=data["version"], at=at, tier=data.get("tier"), points=data.get("points")
        )
    if "consent" in data:
        yield _consent(key, data["consent"], at)


def _consent(key: CustomerKey, consent: dict[str, str], at: datetime) -> ConsentRecord:
    return ConsentRecord(customer=key, at=at, **consent)

"""The programme's words: what its webhooks carry, and how they become our records."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, LoyaltyRecord, Record, WrongInput
from hub.sdk.quick import quick_reader

STATE = "member.state"  # not a webhook: a row of the books, read by fetch
TYPES = ("member.enrolled", "member.tier_changed", "member.points_changed", "member.consent_changed", STATE)


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
    tier = fields.String(validate=validate.Length(max=32))  # empty: left all tiers
    points = fields.Integer(strict=True, validate=validate.Range(0, 2**53))
    benefits = fields.List(fields.String(validate=validate.Length(1, 80)), validate=validate.Length(max=100))
    version = fields.Integer(strict=True, validate=validate.Range(0, 2**62))
    consent = fields.Nested(Consent)


class Webhook(Schema):
    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    timestamp = fields.AwareDateTime(required=True)
    data = fields.Nested(Member, required=True)


WEBHOOK = Webhook()
QUICK = quick_reader(WEBHOOK)  # a webhook is read at the door and once more when it is taken in


def read(payload: Any) -> dict[str, Any]:
    """Raises WrongInput that names every field that is wrong."""
    plain = QUICK(payload)
    if plain is not None:
        return plain
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
    if not data.keys().isdisjoint(("tier", "points", "benefits")):
        yield LoyaltyRecord(
            customer=key,
            version=data.get("version", micros(at)),
            at=at,
            tier=data.get("tier"),
            points=data.get("points"),
            benefits=tuple(data["benefits"]) if "benefits" in data else None,
            whole=told["type"] == STATE,
        )
    if "consent" in data:
        yield _consent(key, data["consent"], at)


def micros(at: datetime) -> int:
    """A moment as a version, for programmes that count none: the latest time wins."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _consent(key: CustomerKey, consent: dict[str, str], at: datetime) -> ConsentRecord:
    return ConsentRecord(customer=key, at=at, **consent)

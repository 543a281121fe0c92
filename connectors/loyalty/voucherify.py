"""Voucherify's own webhooks: signed without a timestamp, ordered by the time of the event, one customer at a time."""

import binascii
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from connectors.loyalty.words import micros
from hub.sdk import (
    Account,
    Answer,
    CustomerKey,
    Incoming,
    Kind,
    Knock,
    LoyaltyRecord,
    Record,
    Topic,
    WrongInput,
    WrongSignature,
    check_hmac_sha256,
    read_json,
)

TIER = "customer.loyalty.tier."
POINTS = ("customer.voucher.loyalty_card.points_added", "customer.voucher.loyalty_card.points_expired")
UNSIGNED = {
    "in.late": "no time is signed; the event's id makes a replay nothing",
    "in.early": "no time is signed; the event's id makes a replay nothing",
    "in.longer": "blanks outside of texts are not signed",
}  # what the partner's scheme leaves open
BLANK = b" \t\r\n\f\v\x1c\x1d\x1e\x1f"


class Named(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(1, 32))


class Customer(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.String(required=True, validate=validate.Length(1, 100))
    source_id = fields.String(allow_none=True, validate=validate.Length(1, 100))


class Card(Schema):
    class Meta:
        unknown = EXCLUDE

    balance = fields.Integer(strict=True, required=True, validate=validate.Range(0, 2**53))


class Voucher(Schema):
    class Meta:
        unknown = EXCLUDE

    loyalty_card = fields.Nested(Card, required=True)


class Told(Schema):
    """The part of an event's `data` that we read."""

    class Meta:
        unknown = EXCLUDE

    customer = fields.Nested(Customer, required=True)
    loyalty_tier = fields.Nested(Named)
    loyalty_tier_to = fields.Nested(Named)
    voucher = fields.Nested(Voucher)
    created_at = fields.AwareDateTime(required=True)


class Event(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.String(required=True, validate=validate.Length(1, 100))
    type = fields.String(required=True, validate=validate.Length(1, 100))
    data = fields.Nested(Told, required=True)


class Voucherify:
    """Receives only. No timestamp is signed, so an old webhook verifies for ever: the event's id, which is signed, makes a
    replay nothing, and its time keeps it from overtaking what came later."""

    name: ClassVar[str] = "voucherify"
    kind: ClassVar[Kind] = "loyalty"
    topics: ClassVar[tuple[Topic, ...]] = ()

    def __init__(self, account: Account) -> None:
        names = ("webhook_secret", "webhook_secret_previous")
        self.secrets = [account.secrets[name] for name in names if name in account.secrets]

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        check(knock.body, knock.headers.get("x-voucherify-signature", ""), self.secrets)
        event = _read(knock.body)
        return [Incoming(event["id"], event["data"]["customer"]["id"], knock.body, event["data"]["created_at"])]

    def answer(self, knock: Knock) -> Answer:
        return Answer(200)

    def normalise(self, payload: bytes) -> Iterable[Record]:
        event = _read(payload)
        kind, data = event["type"].lower().removeprefix("events."), event["data"]
        at, customer = data["created_at"], data["customer"]
        key = CustomerKey(partner_id=customer["id"], customer_number=customer.get("source_id"))
        if kind.startswith(TIER):
            tier = data.get("loyalty_tier_to") or data.get("loyalty_tier")
            if tier is None:
                raise WrongInput("The event names no tier.", "It needs loyalty_tier_to or loyalty_tier.")
            name = "" if kind == TIER + "left" else tier["name"]
            yield LoyaltyRecord(customer=key, version=micros(at), at=at, tier=name)
        elif kind in POINTS and "voucher" in data:
            balance = data["voucher"]["loyalty_card"]["balance"]
            yield LoyaltyRecord(customer=key, version=micros(at), at=at, points=balance)


def check(body: bytes, given: str, secrets: Sequence[str]) -> None:
    """hex(HMAC-SHA256(secret, JSON without the blanks between its parts)). A body that is no JSON is signed as it is.
    Raises WrongSignature."""
    try:
        raw = binascii.unhexlify(given)
    except (binascii.Error, ValueError):
        raise WrongSignature("The signature is missing or no hex.", "Send x-voucherify-signature.") from None
    signed = stripped(body) if body.lstrip()[:1] in (b"{", b"[") else body
    check_hmac_sha256(signed, secrets, raw)


def stripped(body: bytes) -> bytes:
    """JSON without the blanks outside of its texts, byte by byte as the partner does it before it signs."""
    out, quoted, escaped = bytearray(), False, False
    for sign in body:
        if escaped:
            escaped = False
        elif sign == 0x22:
            quoted = not quoted
        elif sign == 0x5C:
            escaped = True
        elif not quoted and sign in BLANK:
            continue
        out.append(sign)
    return bytes(out)


def _read(payload: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = Event().load(read_json(payload))
    except ValidationError as error:
        raise WrongInput(f"The event makes no sense: {error.messages}", "See connectors/loyalty/README.md.") from None
    return found

"""The provider's words for a text message, and for what comes back of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import Push, ReceiptRecord, Record, ReplyRecord, WrongInput, read_json

LONGEST = 1000
RECEIPTS = {"message.delivered": "delivered", "message.failed": "failed"}
REPLY = "message.received"
NEVER = ("unknown_number", "not_a_mobile", "landline", "blocked")  # codes of a number that no text will ever reach
HINT = "See connectors/sms/README.md."


def message(to: str, push: Push) -> dict[str, Any]:
    """`client_ref` is for the provider's reports; it does not tell repeats apart."""
    return {"to": to, "text": str(push.body.get("text", ""))[:LONGEST], "client_ref": push.key}


class Receipt(Schema):
    class Meta:
        unknown = EXCLUDE

    client_ref = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(load_default="", validate=validate.Regexp(r"[a-z0-9_]{0,40}$"))


class Reply(Schema):
    class Meta:
        unknown = EXCLUDE

    sender = fields.String(required=True, data_key="from", validate=validate.Regexp(r"\+?[0-9 ()-]{3,30}$"))
    text = fields.String(required=True, validate=validate.Length(1, 4000))


class Envelope(Schema):
    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True, validate=validate.OneOf([*RECEIPTS, REPLY]))
    timestamp = fields.AwareDateTime(required=True)
    data = fields.Dict(required=True)
    key = fields.String(load_default="", validate=validate.Length(max=200))


ENVELOPE, RECEIPT, SAID = Envelope(), Receipt(), Reply()


def read(payload: bytes) -> dict[str, Any]:
    """A webhook of theirs, its `data` as its type has it. Raises WrongInput, which says no value of a person."""
    try:
        told: dict[str, Any] = ENVELOPE.load(read_json(payload))
        told["data"] = (SAID if told["type"] == REPLY else RECEIPT).load(told["data"])
    except ValidationError as error:
        raise WrongInput(f"The report makes no sense: {error.messages}", HINT) from None
    return told


def entity(told: Mapping[str, Any]) -> str:
    """What is told of one number, or of one message, is taken in order."""
    return str(told["data"]["sender" if told["type"] == REPLY else "client_ref"])


def records(told: Mapping[str, Any]) -> Iterator[Record]:
    data, at, key = told["data"], told["timestamp"], told["key"]
    if told["type"] == REPLY:
        yield ReplyRecord(phone=data["sender"], text=data["text"], channel="sms", key=key, at=at)
    else:
        yield ReceiptRecord(ref=data["client_ref"], state=RECEIPTS[told["type"]], key=key, at=at,
                            hard=data["code"] in NEVER, code=data["code"])  # fmt: skip

"""What Mailgun tells of the mails that it carried for us: events as JSON, and what was written back as raw MIME, which it posts to an
address that ends with `mime`.

Its pages: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks (signature, events) and
https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http (mails; 406 is not tried again). It signs a
time and a token, and not what it tells beside them. So the token is what repeats are known by, whatever comes with it, and whose mail
it was says our own mark alone."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from connectors.mail.inward import told
from connectors.mail.marks import Marks
from hub.sdk import Incoming, Knock, WrongInput, WrongSignature, check_hmac_sha256, read_json

PATIENCE = 9 * 3600  # seconds; it tries for eight hours, with a time that may be that of the first try
AHEAD = 300  # seconds that its clock may be before ours
TOKEN = re.compile(r"[0-9A-Za-z]{20,100}")
CODE = re.compile(r"[0-9.]{1,12}")
MOST_FIELDS = 50
WHAT = {"failed": "bounced", "complained": "complained", "unsubscribed": "stopped"}
FATES = {"permanent": "hard", "temporary": "soft"}


class _Loose(Schema):
    class Meta:
        unknown = EXCLUDE


class Signature(_Loose):
    timestamp = fields.String(required=True)
    token = fields.String(required=True)
    signature = fields.String(required=True)


class Headers(_Loose):
    message_id = fields.String(load_default="", data_key="message-id")


class Carried(_Loose):
    headers = fields.Nested(Headers, load_default=dict)


class Delivery(_Loose):
    code = fields.Raw(load_default="")
    enhanced_code = fields.Raw(load_default="", data_key="enhanced-code", allow_none=True)


class Event(_Loose):
    event = fields.String(required=True)
    id = fields.String(required=True)
    timestamp = fields.Float(required=True)
    severity = fields.String(load_default="permanent")
    message = fields.Nested(Carried, load_default=dict)
    delivery_status = fields.Nested(Delivery, load_default=dict, data_key="delivery-status")


class Posted(_Loose):
    signature = fields.Nested(Signature, required=True)
    event = fields.Nested(Event, required=True, data_key="event-data")


POSTED = Posted()


def reported(knock: Knock, keys: Sequence[str], marks: Marks) -> Sequence[Incoming]:
    """A bounce, a complaint, or that somebody wants no more of them. Nothing where an event says something else, or is of a mail that
    another program sent by the same account. Raises WrongInput, WrongSignature."""
    try:
        posted: dict[str, Any] = POSTED.load(read_json(knock.body))
        event = posted["event"]
        at = datetime.fromtimestamp(event["timestamp"], UTC)
    except (ValidationError, ValueError, OverflowError, OSError) as error:
        raise WrongInput(
            f"The event makes no sense ({type(error).__name__}).", "See connectors/mail/README.md."
        ) from None
    token = checked(posted["signature"], keys, knock.received_at)
    what = WHAT.get(event["event"])
    mark = marks.find(str(event["message"].get("headers", {}).get("message_id", ""))[:400])
    if what is None or mark is None:
        return ()
    more = {}
    if what == "bounced":
        status = event["delivery_status"]
        codes = (str(status.get(name) or "") for name in ("enhanced_code", "code"))
        code = next((one for one in codes if CODE.fullmatch(one)), "")
        more = {"fate": FATES.get(event["severity"], "soft"), "code": code}
    return [told(f"mailgun:{token}", mark, what, min(at, knock.received_at), f"mailgun:{event['id'][:80]}", **more)]


def mail_of(knock: Knock, keys: Sequence[str]) -> tuple[str, bytes]:
    """(key, the mail as it came). Raises WrongInput, WrongSignature."""
    form = _form(knock)
    token = checked(
        {name: form.get(name, b"").decode("ascii", "replace") for name in Signature().fields}, keys, knock.received_at
    )
    if not form.get("body-mime"):
        raise WrongInput(
            "There is no mail in this form.",
            "Let the address of the route end with mime: Mailgun sends body-mime then.",
        )
    return f"mailgun:{token}", form["body-mime"]


def checked(given: Mapping[str, str], keys: Sequence[str], now: datetime) -> str:
    """The token. That a digit of the time could be counted to the token, as nothing stands between them, the bounds of the time
    forbid. Raises WrongSignature."""
    stamp, token = given["timestamp"], given["token"]
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 and TOKEN.fullmatch(token)):
        raise WrongSignature("The signature is incomplete.")
    try:
        digest = bytes.fromhex(given["signature"])
    except ValueError:
        digest = b""
    check_hmac_sha256(f"{stamp}{token}".encode(), keys, digest)
    if not -AHEAD <= now.timestamp() - int(stamp) <= PATIENCE:
        raise WrongSignature("This was signed too long ago, or will be.")
    return token


def _form(knock: Knock) -> Mapping[str, bytes]:
    """Of both ways in which a form is posted; the first of each name counts. Raises WrongInput."""
    kind = knock.headers.get("content-type", "")
    try:
        if kind.startswith("multipart/form-data"):
            pairs = _parts(kind, knock.body)
        else:
            text = knock.body.decode("ascii")
            pairs = [
                (name, value.encode("latin-1"))
                for name, value in parse_qsl(
                    text, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
                )
            ]
    except ValueError:
        raise WrongInput("This is no form.", "See connectors/mail/README.md.") from None
    return dict(reversed(pairs))


def _parts(kind: str, body: bytes) -> list[tuple[str, bytes]]:
    """RFC 7578, as a mail of several parts, which it is. Raises ValueError."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1").replace(b"\n", b"") + b"\r\n\r\n" + body)
    parts = [part for part in whole.walk() if part is not whole]
    if not whole.is_multipart() or len(parts) > MOST_FIELDS:
        raise ValueError("no parts")
    return [
        (str(part.get_param("name", "", "content-disposition")), content)
        for part in parts
        if isinstance(content := part.get_payload(decode=True), bytes)
    ]

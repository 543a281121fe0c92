"""What comes back from a mail: one click that stops, a provider's report, a bounce, a complaint or a reply; all as one payload."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from connectors.mail import replies
from connectors.mail.marks import Mark, Marks
from hub.sdk import Incoming, Knock, MailReply, WrongInput, read_json

REPORTS = {"mail.bounced": "bounced", "mail.complained": "complained"}
REPORTED = {"delivery-status": "bounced", "feedback-report": "complained"}
FATES = ("hard", "soft")


class Report(Schema):
    """data of a provider's webhook."""

    class Meta:
        unknown = EXCLUDE

    message_id = fields.String(required=True, validate=validate.Length(1, 400))
    fate = fields.String(load_default="hard", validate=validate.OneOf(FATES))
    code = fields.String(load_default="", validate=validate.Regexp(r"[0-9.]{0,12}$"))


class Envelope(Schema):
    class Meta:
        unknown = EXCLUDE

    type = fields.String(required=True, validate=validate.OneOf(list(REPORTS)))
    timestamp = fields.AwareDateTime(required=True)
    data = fields.Nested(Report, required=True)


ENVELOPE = Envelope()


def stop_token(url: str) -> str | None:
    """The token of .../stop/<token>; None for another address."""
    before, _, token = urlsplit(url).path.rpartition("/")
    return token if before.endswith("/stop") else None


def stopped(mark: Mark, token: str, at: datetime) -> Incoming:
    """A double click is one; who consents anew and clicks the old mail again is heard again."""
    return _incoming(f"stop:{token}:{at:%Y%m%d%H%M}", mark, "stopped", at)


def reported(key: str, knock: Knock, marks: Marks) -> Incoming:
    """A provider's report, its signature checked before. Raises WrongInput."""
    try:
        told: dict[str, Any] = ENVELOPE.load(read_json(knock.body))
    except ValidationError as error:
        raise WrongInput(f"The report makes no sense: {error.messages}", "See connectors/mail/README.md.") from None
    data = told["data"]
    mark = marks.read(data["message_id"])
    return _incoming(key, mark, REPORTS[told["type"]], told["timestamp"], fate=data["fate"], code=data["code"])


@dataclass(frozen=True)
class Returned:
    """A mail that came in by our own door. what: bounced, complained, replied or answered_itself; code: of a bounce. key: the
    same for the same mail, whichever way and however often it came."""

    message: EmailMessage
    mark: Mark
    what: str
    key: str
    code: str = ""


def read(raw: bytes, marks: Marks) -> Returned:
    """A bounce (RFC 3464), a complaint (RFC 5965), or somebody's reply. Raises WrongInput where it answers no mail of ours."""
    message = message_from_bytes(raw, policy=policy.default)
    report = str(message.get_param("report-type") or "").lower()
    if message.get_content_type() == "multipart/report" and report in REPORTED:
        mark = _marked(raw.decode(errors="replace"), marks)
        return Returned(message, mark, REPORTED[report], _key(raw), _status(message))
    mark = _marked(" ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References")), marks)
    named = str(message.get("Message-ID", "")).strip()
    key = _key(f"{mark.entity} {named}".encode() if named else raw)
    return Returned(message, mark, "answered_itself" if is_automatic(message) else "replied", key)


def is_automatic(message: EmailMessage) -> bool:
    """By RFC 3834, and by what programs said before it."""
    said = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    bulk = str(message.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    nobody = str(message.get("Return-Path", "")).strip() == "<>"
    return (
        said != "no" or bulk or nobody or any(name in message for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
    )


def _key(of: bytes) -> str:
    return "mail:" + sha256(of).hexdigest()


def returned(raw: bytes, at: datetime, marks: Marks) -> Incoming:
    """Raises WrongInput where it answers no mail of ours."""
    seen = read(raw, marks)
    more = {"fate": _fate(seen.code), "code": seen.code} if seen.what == "bounced" else {}
    return _incoming(seen.key, seen.mark, seen.what, at, **more)


def reply(raw: bytes, marks: Marks) -> MailReply | None:
    """What a person wrote, or that a mail will never arrive; None for all else. Raises WrongInput as `returned` does."""
    seen = read(raw, marks)
    key = seen.key.removeprefix("mail:")
    if seen.what == "bounced" and _fate(seen.code) == "hard":
        return MailReply(seen.mark.entity, key, failed=True)
    if seen.what != "replied":
        return None
    sender = parseaddr(str(seen.message.get("From", "")))[1]
    files = tuple(replies.files_of(seen.message))
    return MailReply(seen.mark.entity, key, sender=sender, text=replies.words_of(seen.message), files=files)


def failure(payload: bytes) -> MailReply | None:
    """What a provider's report means for the conversation: that a mail will never arrive."""
    seen: dict[str, str] = json.loads(payload)
    if seen["what"] == "bounced" and seen.get("fate") == "hard":
        return MailReply(seen["ref"], seen["key"].removeprefix("mail:"), failed=True)
    return None


def _marked(text: str, marks: Marks) -> Mark:
    mark = marks.find(text)
    if mark is None:
        raise WrongInput("This mail answers none of ours.", "Keep the Message-ID in In-Reply-To or in the report.")
    return mark


def _status(message: Message) -> str:
    """The enhanced status code of the first recipient, such as 5.1.1."""
    for part in message.walk():
        if "Status" in part:
            return str(part["Status"]).split()[0]
    return ""


def _fate(code: str) -> str:
    return "soft" if code.startswith("4") else "hard"


def _incoming(key: str, mark: Mark, what: str, at: datetime, **more: str) -> Incoming:
    return told(key, mark, what, at, key, **more)


def told(once: str, mark: Mark, what: str, at: datetime, key: str, **more: str) -> Incoming:
    """once: by which a repeat of the knock is known. key: of what happened, however often and by whichever way it is told."""
    payload = {"what": what, "ref": mark.entity, "topic": mark.topic, "key": key, "at": at.astimezone(UTC).isoformat()}
    return Incoming(once, mark.entity, json.dumps({**payload, **more}).encode(), at)

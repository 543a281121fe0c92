"""What Mailgun tells: signed by time and token, known by the token, and believed by our own marks alone."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.mail import Mail
from hub.sdk import Account, Incoming, Knock, Push, WrongInput, WrongSignature
from proving import CLUB_SECRET, Scripted

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
KEY, OLD = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0", "key-of-before"
TOKEN = "e0b5477167110d68991efc6b9f89f0a11066af27834600e123"
REF = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def mail() -> Mail:
    options = {"smtp": "smtp://127.0.0.1:9", "sender": "Garage Berlin <service@garage.example>"}
    secrets = {"webhook_secret": CLUB_SECRET, "mailgun_key": KEY, "mailgun_key_previous": OLD}
    return Mail(Account("mails", "eu", Scripted(), secrets, options))


def our_id(mail: Mail) -> str:
    return mail.sender.marks.message_id(Push("service_notice", "key1", REF, None, {}, 1))


def signature(at: datetime = NOW, token: str = TOKEN, key: str = KEY) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {
        "timestamp": stamp,
        "token": token,
        "signature": hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest(),
    }


def an_event(mail: Mail, kind: str = "failed", **more: Any) -> dict[str, Any]:
    """As its pages show one; it writes the Message-ID without brackets."""
    return {
        "event": kind, "id": "G9Bn5sl1TC6nu79C8C0bwg", "timestamp": NOW.timestamp() - 5.25, "log-level": "error", "severity": "permanent",
        "recipient": "ada@example.org", "message": {"headers": {"message-id": our_id(mail).strip("<>"), "to": "ada@example.org"}},
        "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "no such user"}, **more,
    }  # fmt: skip


def heard(mail: Mail, event: Any, signed: Any = None) -> list[Incoming]:
    body = json.dumps({"signature": signed or signature(), "event-data": event}).encode()
    return list(
        mail.verify(Knock("POST", "https://hub/webhooks/mails", {"content-type": "application/json"}, body, NOW))
    )


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("failed", {}, {"what": "bounced", "fate": "hard", "code": "5.1.1"}),
        (
            "failed",
            {"severity": "temporary", "delivery-status": {"code": 452}},
            {"what": "bounced", "fate": "soft", "code": "452"},
        ),
        ("failed", {"delivery-status": {"code": "<b>"}}, {"what": "bounced", "fate": "hard", "code": ""}),
        ("complained", {}, {"what": "complained"}),
        ("unsubscribed", {}, {"what": "stopped"}),
    ],
)
def test_an_event_is_told_as_all_that_comes_back(
    mail: Mail, kind: str, more: dict[str, Any], expected: dict[str, str]
) -> None:
    (incoming,) = heard(mail, an_event(mail, kind, **more))

    told = json.loads(incoming.payload)
    assert {name: told[name] for name in expected} == expected
    assert (told["ref"], told["topic"], told["key"]) == (REF, "service_notice", "mailgun:G9Bn5sl1TC6nu79C8C0bwg")
    assert incoming.key == f"mailgun:{TOKEN}"
    assert len(list(mail.normalise(incoming.payload))) == (2 if expected["what"] == "complained" else 1)
    assert "ada@example.org" not in incoming.payload.decode()


def test_a_mail_that_never_arrives_is_told_in_the_conversation_and_one_that_waits_is_not(mail: Mail) -> None:
    (hard,), (soft,) = heard(mail, an_event(mail)), heard(mail, an_event(mail, severity="temporary"))

    failure = mail.report(hard)
    assert failure is not None
    assert (failure.entity, failure.failed) == (REF, True)
    assert mail.report(soft) is None


def test_other_events_and_mails_of_other_programs_are_answered_and_kept_nowhere(mail: Mail) -> None:
    forged = our_id(mail).replace(REF, "f" * 32)
    foreign = [{"headers": {"message-id": one}} for one in ("20130503182626.18666.16540@garage.example", forged)]

    assert heard(mail, an_event(mail, "delivered")) == []
    assert [heard(mail, an_event(mail, message=one)) for one in (*foreign, {})] == [[], [], []]


@pytest.mark.parametrize(
    "signed",
    [
        signature(key="another"),
        signature(key=""),
        {**signature(), "token": TOKEN[1:]},
        {**signature(), "signature": ""},
        {**signature(), "signature": "no hex"},
        {**signature(), "timestamp": "1764061200²"},
        signature(NOW - timedelta(hours=9, seconds=1)),
        signature(NOW + timedelta(seconds=301)),
        # a digit of the time counted to the token, which would be another key for the same signature
        {**signature(), "timestamp": signature()["timestamp"][:-1], "token": signature()["timestamp"][-1] + TOKEN},
        {**signature(token="1" + TOKEN), "timestamp": signature()["timestamp"] + "1", "token": TOKEN},
    ],
)
def test_what_is_not_signed_now_by_this_account_is_refused(mail: Mail, signed: dict[str, str]) -> None:
    with pytest.raises(WrongSignature):
        heard(mail, an_event(mail), signed)


def test_the_key_of_before_is_believed_while_it_rotates_and_tries_of_eight_hours_are_heard(mail: Mail) -> None:
    assert heard(mail, an_event(mail), signature(key=OLD))
    assert heard(mail, an_event(mail), signature(NOW - timedelta(hours=8, minutes=10)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"signature": 1, "event-data": []}',
        b'{"signature": {}, "event-data": {"event": {}}}',
    ],
)
def test_what_makes_no_sense_is_wrong_input(mail: Mail, body: bytes) -> None:
    with pytest.raises(WrongInput):
        mail.verify(Knock("POST", "https://hub/webhooks/mails", {}, body, NOW))


@pytest.mark.parametrize("timestamp", [1e300, -1e300, float("inf"), float("nan"), "x"])
def test_a_time_that_is_none_is_wrong_input(mail: Mail, timestamp: Any) -> None:
    with pytest.raises(WrongInput):
        heard(mail, an_event(mail, timestamp=timestamp))


# --- mails


def a_reply(mail: Mail) -> bytes:
    message = EmailMessage()
    message["From"], message["Message-ID"], message["In-Reply-To"] = "ada@example.org", "<a1@example.org>", our_id(mail)
    message.set_content("Morgen früh um neun?\n\n> Guten Tag", cte="8bit")
    message.add_attachment(bytes(range(256)), maintype="image", subtype="png", filename="wheel.png")
    return message.as_bytes()


def posted(raw: bytes, kind: str, **more: str) -> Knock:
    given: dict[str, bytes] = {name: value.encode() for name, value in {**signature(), **more}.items()} | {
        "body-mime": raw
    }
    if kind == "urlencoded":
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Knock("POST", "https://hub/webhooks/mails/mime", headers, urlencode(given).encode(), NOW)
    parts = [
        b'--outer\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in given.items()
    ]
    headers = {"content-type": "multipart/form-data; boundary=outer"}
    return Knock("POST", "https://hub/webhooks/mails/mime", headers, b"".join(parts) + b"--outer--\r\n", NOW)


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_mail_arrives_as_it_was_by_both_kinds_of_form(mail: Mail, kind: str) -> None:
    raw = a_reply(mail)

    once, got = mail.mail(posted(raw, kind))

    assert once == f"mailgun:{TOKEN}"
    assert message_from_bytes(got).as_bytes().rstrip() == message_from_bytes(raw).as_bytes().rstrip()
    reply = mail.reply(got)
    assert reply is not None
    assert (reply.entity, reply.sender, reply.text) == (REF, "ada@example.org", "Morgen früh um neun?")
    assert reply.files == (("wheel.png", bytes(range(256))),)


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_mail_that_is_not_signed_is_refused(mail: Mail, kind: str) -> None:
    with pytest.raises(WrongSignature):
        mail.mail(posted(a_reply(mail), kind, signature="00" * 32))


@pytest.mark.parametrize("body", [b"", b"\xff", b"a=b", b"&".join([b"a=b"] * 60), b"--outer--"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=outer", "multipart/form-data", ""]
)
def test_what_is_no_form_of_a_mail_is_refused(mail: Mail, kind: str, body: bytes) -> None:
    with pytest.raises((WrongInput, WrongSignature)):
        mail.mail(Knock("POST", "https://hub/webhooks/mails/mime", {"content-type": kind}, body, NOW))


def test_a_form_without_its_mail_says_what_to_change(mail: Mail) -> None:
    with pytest.raises(WrongInput) as refused:
        mail.mail(posted(b"", "urlencoded"))

    assert "end with mime" in refused.value.hint


def test_without_its_key_nobody_is_believed() -> None:
    options = {"smtp": "smtp://127.0.0.1:9", "sender": "Garage Berlin <service@garage.example>"}
    bare = Mail(Account("mails", "eu", Scripted(), {"webhook_secret": CLUB_SECRET}, options))

    with pytest.raises(WrongSignature):
        bare.mail(posted(b"x", "urlencoded"))
    with pytest.raises(WrongSignature):
        heard(bare, an_event(bare))

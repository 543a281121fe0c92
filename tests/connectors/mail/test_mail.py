"""Mail by a real SMTP server: what a mailbox gets, what becomes of each push, and how answers find their way back."""

import json
import socket
import socketserver
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest

from connectors.mail import Mail
from connectors.mail.answers import WORDS
from connectors.mail.sandbox import ANSWERED, CLICKED, HEARD, LOST, MailSandbox
from hub.sdk import (
    Account,
    ConfigError,
    ConsentRecord,
    EffectClass,
    EventRecord,
    Knock,
    Push,
    RetryLater,
    WrongInput,
    WrongSignature,
    sign,
)
from proving import CLUB_SECRET, Scripted

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
REF = "0123456789abcdef0123456789abcdef"
SENDER = "Garage Berlin <service@garage.example>"


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[MailSandbox]:
    sandbox = MailSandbox(tmp_path)
    yield sandbox
    sandbox.close()


@pytest.fixture
def mail(mailbox: MailSandbox) -> Mail:
    return a_mail(f"smtp://127.0.0.1:{mailbox.listen(0)}")


def a_mail(smtp: str, **options: Any) -> Mail:
    chosen = {"smtp": smtp, "sender": SENDER, "public": "https://eu.garage.example", **options}
    return Mail(Account("mails", "eu", Scripted(), {"webhook_secret": CLUB_SECRET}, chosen))


def a_push(key: str = "key1", **body: Any) -> Push:
    told = {
        "email": "ada@example.org",
        "subject": "Your car is due",
        "text": "Hello Ada,\n\nit is time.",
        "language": "en",
    }
    return Push("marketing", key, REF, None, {**told, **body}, 1)


def arrived(mailbox: MailSandbox) -> list[EmailMessage]:
    return [
        cast(EmailMessage, message_from_bytes(row[5].encode(), policy=policy.default)) for row in mailbox.log.rows()
    ]


def a_knock(url: str, body: bytes = b"List-Unsubscribe=One-Click", headers: dict[str, str] | None = None) -> Knock:
    return Knock("POST", url, headers or {}, body, NOW)


def test_a_mail_comes_as_text_and_html_with_a_link_that_stops_it(mail: Mail, mailbox: MailSandbox) -> None:
    outcomes = mail.push([a_push(button={"label": "Book a time", "url": "https://eu.garage.example/book"})])

    assert [one.state for one in outcomes] == ["sent"]
    [message] = arrived(mailbox)
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, "ada@example.org", "Your car is due")
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    assert "Book a time: https://eu.garage.example/book" in text.get_content()
    assert '<a href="https://eu.garage.example/book"' in html.get_content()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<https://eu.garage.example/webhooks/mails/stop/")


def test_long_lines_dots_and_breaks_arrive_as_they_were(mail: Mail, mailbox: MailSandbox) -> None:
    text = "Ärger\r\n.dots\n" + "x" * 300 + " \n\n=_parts\n--=_parts"

    mail.push([a_push(text=text)])

    [message] = arrived(mailbox)
    assert message.is_multipart()
    plain = message.get_body(("plain",))
    assert plain
    assert plain.get_content().replace("\r\n", "\n").startswith(text.replace("\r\n", "\n"))


def test_a_repeat_has_the_same_message_id_and_another_mail_another(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push("key1"), a_push("key1"), a_push("key2")])

    first, again, other = (message["Message-ID"] for message in arrived(mailbox))
    assert first == again != other


def test_arabic_runs_from_right_to_left(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push(subject="سيارتك", text="مرحبا", language="ar")])

    [message] = arrived(mailbox)
    html = message.get_body(("html",))
    assert html
    assert '<html lang="ar" dir="rtl">' in html.get_content()
    assert message["Subject"] == "سيارتك"


def test_a_name_can_neither_add_a_header_nor_a_tag(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push(subject="Hi\r\nBcc: all@example.org", text="<script>alert(1)</script>")])

    [message] = arrived(mailbox)
    html = message.get_body(("html",))
    assert html
    assert message["Bcc"] is None
    assert "<script>" not in html.get_content()


@pytest.mark.parametrize(
    "body", [{"email": ""}, {"email": "ada"}, {"email": "a@b.c, d@e.f"}, {"subject": ""}, {"text": ""}]
)
def test_what_cannot_be_a_mail_is_refused_and_not_sent(mail: Mail, mailbox: MailSandbox, body: dict[str, str]) -> None:
    assert [one.state for one in mail.push([a_push(**body)])] == ["refused"]
    assert not arrived(mailbox)


def test_a_mailbox_that_is_busy_or_gone_holds_up_no_other(mail: Mail, mailbox: MailSandbox) -> None:
    outcomes = mail.push(
        [
            a_push("1", email="busy@example.org"),
            a_push("2", email="bounce@example.org"),
            a_push("3"),
        ]
    )

    assert [one.state for one in outcomes] == ["retry", "refused", "sent"]
    assert "@" not in "".join(one.reason for one in outcomes)


def test_a_server_that_is_away_is_asked_again_later() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = a_mail(f"smtp://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(RetryLater) as away:
            nobody.push([a_push()])

    assert away.value.happened is False


class Eager(socketserver.StreamRequestHandler):
    """A server that takes commands together (RFC 2920), and answers sender and address only once it has heard both."""

    def handle(self) -> None:
        self.wfile.write(b"220 eager\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                self.wfile.write(
                    b"250 ok\r\n" + (b"550 gone\r\n" if b"bounce" in self.rfile.readline() else b"250 ok\r\n")
                )
                continue
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(b"250-eager\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 ok\r\n")


def test_a_server_that_takes_it_is_told_sender_and_address_at_once() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Eager) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mail = a_mail(f"smtp://127.0.0.1:{server.server_address[1]}")

        outcomes = mail.push([a_push("1", email="bounce@example.org"), a_push("2"), a_push("3")])

        server.shutdown()
    assert [one.state for one in outcomes] == ["refused", "sent", "sent"]


def test_mails_are_blind_and_told_at_least_once() -> None:
    assert {(one.effect, one.repeat_blind) for one in Mail.topics} == {(EffectClass.BLIND, True)}


@pytest.mark.parametrize("smtp", ["", "http://127.0.0.1", "smtp://mail.example.org"])
def test_a_server_in_the_clear_or_none_at_all_is_told_at_the_start(smtp: str) -> None:
    with pytest.raises(ConfigError):
        a_mail(smtp)


# --- what comes back


def test_one_click_ends_the_consent_it_was_sent_under(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push()])
    url = arrived(mailbox)[0]["List-Unsubscribe"].strip("<>")

    [incoming] = mail.verify(a_knock(url))

    assert incoming.entity == REF
    [record] = mail.normalise(incoming.payload)
    assert isinstance(record, ConsentRecord)
    assert (record.purpose, record.channel, record.state, record.notice) == (
        "marketing",
        "mail",
        "withdrawn",
        "one_click",
    )
    assert record.customer.ref == REF


def test_nobody_can_stop_mails_of_somebody_else(mail: Mail) -> None:
    token = mail.sender.marks.stop_token(REF, "marketing")
    other = token.replace(REF, "f" * 32)

    for wrong in (other, token[:-1], "x"):
        with pytest.raises(WrongSignature):
            mail.verify(a_knock(f"https://eu.garage.example/webhooks/mails/stop/{wrong}"))


def test_a_double_click_is_one_and_a_click_next_year_is_heard_again(mail: Mail) -> None:
    url = f"https://h/webhooks/mails/stop/{mail.sender.marks.stop_token(REF, 'marketing')}"
    later = Knock("POST", url, {}, b"", NOW.replace(year=2027))

    keys = [mail.verify(knock)[0].key for knock in (a_knock(url), a_knock(url), later)]

    assert keys[0] == keys[1] != keys[2]


def a_report(mail: Mail, kind: str, **data: Any) -> Knock:
    told = {"message_id": mail.sender.marks.message_id(a_push()), **data}
    body = json.dumps({"type": kind, "timestamp": NOW.isoformat(), "data": told}).encode()
    headers = {name.lower(): value for name, value in sign(CLUB_SECRET, "evt_1", NOW, body).items()}
    return a_knock("https://h/webhooks/mails", body, headers)


def test_a_providers_bounce_and_complaint_are_told_of_the_person_the_mail_went_to(mail: Mail) -> None:
    [bounce] = mail.verify(a_report(mail, "mail.bounced", fate="hard", code="5.1.1"))
    [event] = mail.normalise(bounce.payload)
    assert isinstance(event, EventRecord)
    assert (event.kind, event.customer.ref, event.attributes) == ("mail_bounced", REF, {"hard": True})

    [complaint] = mail.verify(a_report(mail, "mail.complained"))
    consent, event = mail.normalise(complaint.payload)
    assert isinstance(consent, ConsentRecord)
    assert (consent.state, consent.notice) == ("withdrawn", "spam_report")


def test_a_report_about_a_mail_of_others_or_without_a_signature_is_refused(mail: Mail) -> None:
    with pytest.raises(WrongInput, match="none of ours"):
        mail.verify(a_report(mail, "mail.bounced", message_id="<x@elsewhere>"))
    with pytest.raises(WrongSignature):
        mail.verify(a_knock("https://h/webhooks/mails", b"{}"))


def a_reply(mail: Mail, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.org", SENDER, "Re: Your car is due"
    message["In-Reply-To"] = mail.sender.marks.message_id(a_push())
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Tomorrow?")
    return message.as_bytes()


def test_a_reply_is_an_event_of_whom_we_wrote_to_and_an_automatic_one_is_nothing(mail: Mail) -> None:
    [incoming] = mail.letter(a_reply(mail), NOW)
    [event] = mail.normalise(incoming.payload)
    assert isinstance(event, EventRecord)
    assert (event.kind, event.customer.ref) == ("mail_replied", REF)

    [automatic] = mail.letter(a_reply(mail, Auto_Submitted="auto-replied"), NOW)
    assert list(mail.normalise(automatic.payload)) == []


@pytest.mark.parametrize(("status", "hard"), [("5.1.1", True), ("4.2.2", False)])
def test_a_bounce_by_mail_says_whether_it_is_for_good(mail: Mail, status: str, hard: bool) -> None:
    original = mail.sender.marks.message_id(a_push())
    raw = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\nfailed\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nStatus: {status}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {original}\n\n--b--\n"
    ).encode()

    [incoming] = mail.letter(raw, NOW)

    [event] = mail.normalise(incoming.payload)
    assert isinstance(event, EventRecord)
    assert (event.kind, event.attributes) == ("mail_bounced", {"hard": hard})


def test_a_mail_that_answers_none_of_ours_is_not_taken(mail: Mail) -> None:
    with pytest.raises(WrongInput, match="answers none"):
        mail.letter(b"Subject: hello\n\nwho are you?", NOW)


def test_the_sandbox_shows_its_mails_as_a_mailbox_would(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push()])
    client = mailbox.app.test_client()

    assert "Your car is due" in client.get("/").text
    assert "List-Unsubscribe" in client.get("/1").text
    assert "it is time." in client.get("/1/html").text
    assert client.get("/2").status_code == 404


def test_a_sandbox_that_ended_in_the_middle_of_a_talk_listens_at_its_port_again_at_once(tmp_path: Path) -> None:
    ended, again = MailSandbox(tmp_path / "ended"), MailSandbox(tmp_path / "again")
    port = ended.listen(0)
    with socket.create_connection(("127.0.0.1", port)) as line:
        assert line.recv(64).startswith(b"220")
        ended.close()  # who closes first has the port kept for late bytes, for a minute

    assert again.listen(port) == port
    again.close()


def test_what_comes_back_to_the_sandbox_is_drawn_by_the_mail_and_heard_by_us(mail: Mail, mailbox: MailSandbox) -> None:
    mail.push([a_push()])
    [message] = arrived(mailbox)
    told = []
    for number in range(400):
        message.replace_header("Message-ID", mail.sender.marks.message_id(a_push(f"key{number}")))
        if webhook := mailbox.fate(message, NOW):
            assert webhook == mailbox.fate(message, NOW)
            told.append(webhook)

    assert {one.data.get("fate", one.kind) for one in told} == {*LOST, *HEARD}
    for one in told:
        if one.kind == ANSWERED:
            raw = one.data["mail"].encode()
            reply = mail.reply(raw)
            assert [incoming.entity for incoming in mail.letter(raw, NOW)] == [REF]
            assert reply is not None
            assert (reply.sender, reply.text) == (str(message["To"]), reply.text.strip())
            assert reply.text in WORDS["en"], "what they quote is not theirs"
            continue
        if one.kind == CLICKED:
            knock = a_knock(f"https://h/webhooks/mails/stop/{one.data['token']}")
        else:
            knock = a_report(mail, one.kind, **one.data)
        assert [incoming.entity for incoming in mail.verify(knock)] == [REF]

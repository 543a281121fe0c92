"""A mail server's local stand-in: it takes every mail by SMTP and shows it on a page, as the customer's mailbox would.

What becomes of a mail is drawn by its Message-ID and the seed, so a demo that is started again sees the same."""

import re
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, render_template

from connectors.mail.answers import answer_to
from hub.sdk.effects_log import EffectsLog, applied
from hub.sdk.fates import Webhook, dice, drawn, to_tell

LATEST = 200
CODES = {"hard": "5.1.1", "soft": "4.2.2"}
LOST = {"hard": 0.02, "soft": 0.02}  # fate -> share of all mails
CLICKED = "list.unsubscribe"
ANSWERED = "mail.answered"  # no webhook either: a mail of its own, by the door for those that come back
HEARD = {"mail.complained": 0.005, CLICKED: 0.02, ANSWERED: 0.05}  # -> share of the mails that arrived
LATER = timedelta(seconds=20)  # at the most
STOP = re.compile(r"<\S+/stop/(\S+)>")


class MailSandbox:
    """Nothing listens before `listen`; the page is at /mail/. An address that begins with `bounce` is refused for good,
    one that begins with `busy` for now."""

    name = "mail"

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.seed = seed
        self.log = EffectsLog(folder / "mail.db")
        self.app = Flask("mail_sandbox", static_folder=None, template_folder=str(Path(__file__).parent / "templates"))
        self.app.add_url_rule("/", view_func=self.mailbox)
        self.app.add_url_rule("/<int:number>", view_func=self.one)
        self.app.add_url_rule("/<int:number>/html", view_func=self.html)
        self.controller: Controller | None = None
        self.lock = threading.Lock()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def listen(self, port: int) -> int:
        """Take mails on loopback from now on; answers the port, which is a free one for 0."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what ended a minute ago holds it no more
            probe.bind(("127.0.0.1", port))
            port = int(probe.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        self.controller.start()
        return port

    def close(self) -> None:
        if self.controller is not None:
            self.controller.stop()

    async def handle_RCPT(  # noqa: N802 - the server's own name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address.startswith("bounce"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy"):
            return "451 4.3.2 later, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = cast(bytes, envelope.content)
        message = message_from_bytes(raw, policy=policy.default)
        key = str(message["Message-ID"])
        to = ", ".join(envelope.rcpt_tos)

        def take(db: Any) -> None:
            applied(db, "smtp", key, "mail", to, raw.decode("utf-8", "replace"))
            if webhook := self.fate(message, datetime.now(UTC)):
                to_tell(db, str(envelope.mail_from), webhook)

        with self.lock:
            self.log.transact(take)
        return "250 OK"

    def fate(self, message: EmailMessage, now: datetime) -> Webhook | None:
        """What comes back of a mail: mostly nothing; a click where the mail offers one."""
        key = str(message["Message-ID"])
        rng = dice(self.seed, key)
        at = now + LATER * rng.random()
        if fate := drawn(LOST, rng):
            return Webhook(at, "mail.bounced", {"message_id": key, "fate": fate, "code": CODES[fate]})
        heard, stop = drawn(HEARD, rng), STOP.search(str(message.get("List-Unsubscribe", "")))
        if heard == CLICKED:
            return Webhook(at, CLICKED, {"token": stop[1]}) if stop else None
        if heard == ANSWERED:
            return Webhook(at, ANSWERED, {"mail": answer_to(message, rng, at).as_string()})
        return Webhook(at, heard, {"message_id": key}) if heard else None

    def mailbox(self) -> str:
        rows = self.log.rows()[-LATEST:][::-1]
        return render_template(
            "mailbox.html", mails=[(seq, to, _read(raw)["Subject"]) for seq, _, _, _, to, raw in rows]
        )

    def one(self, number: int) -> str:
        to, message = self._find(number)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        return render_template("mail.html", number=number, to=to, mail=message, text=text)

    def html(self, number: int) -> Response:
        body = self._find(number)[1].get_body(("html",))
        return Response(body.get_content() if body else "", content_type="text/html; charset=utf-8")

    def _find(self, number: int) -> tuple[str, EmailMessage]:
        found = next((row for row in self.log.rows() if row[0] == number), None)
        return (found[4], _read(found[5])) if found else abort(404)


def _read(raw: str) -> EmailMessage:
    return message_from_bytes(raw.encode(), policy=policy.default)

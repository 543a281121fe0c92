"""A push as a mail: plain text and HTML of the same sentences, in their direction, with the headers that mailboxes ask for."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors.mail.marks import Marks
from hub.sdk import Push, Refused

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
STOP_WORDS = {
    "en": "No more mails of this kind",
    "de": "Keine solchen Mails mehr",
    "ar": "إيقاف هذه الرسائل",
    "th": "ไม่รับอีเมลประเภทนี้อีก",
}
SECURITY, RIGHTS = "security", "rights"  # how to come in, who came in, what became of a request: nobody can stop these
ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+")
PLAIN, DENSE = Charset("utf-8"), Charset("utf-8")  # mostly Latin letters, and all others
PLAIN.body_encoding, DENSE.body_encoding = QP, BASE64
LAYOUT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Sender:
    """shown: as in a From header. stop: the public address under which POST stops mails, up to the token."""

    shown: str
    stop: str
    marks: Marks

    @cached_property
    def name(self) -> str:
        return parseaddr(self.shown)[0] or parseaddr(self.shown)[1]

    @cached_property
    def address(self) -> str:
        return parseaddr(self.shown)[1]

    @cached_property
    def header(self) -> str:
        """As it stands in the mail, whatever letters the name has."""
        return self.shown if self.shown.isascii() else formataddr(parseaddr(self.shown), "utf-8")


def letter(push: Push, sender: Sender, at: datetime) -> MIMEMultipart:
    """Raises Refused where there is no address, or nothing to say.

    Of the older classes of `email`: those that parse each header take 3 ms of CPU for a mail, and these a quarter of it."""
    to, subject, text = (str(push.body.get(name) or "") for name in ("email", "subject", "text"))
    if not ADDRESS.fullmatch(to):
        raise Refused("there is no e-mail address")
    if not subject or not text:
        raise Refused("there is no subject or no text")
    message, line = MIMEMultipart("alternative"), _one_line(subject)
    message["From"], message["To"] = sender.header, to
    message["Subject"] = line if line.isascii() else Header(line, "utf-8", header_name="Subject").encode()
    message["Message-ID"] = sender.marks.message_id(push)
    message["Date"] = format_datetime(at)
    stop = (
        "" if push.topic in {SECURITY, RIGHTS} else f"{sender.stop}/{sender.marks.stop_token(push.entity, push.topic)}"
    )
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    language = str(push.body.get("language") or "en")
    message["Content-Language"] = language
    words = STOP_WORDS.get(language, STOP_WORDS["en"])
    button = push.body.get("button") or None
    link = f"\n\n{button['label']}: {button['url']}" if button else ""
    foot = f"\n{words}: {stop}" if stop else ""
    message.attach(_part(f"{text.strip()}{link}\n\n-- \n{sender.name}{foot}\n", "plain"))
    html = LAYOUT.get_template("letter.html").render(
        subject=_one_line(subject),
        paragraphs=[one.strip() for one in re.split(r"\n\s*\n", text) if one.strip()],
        button=button,
        sender=sender.name,
        stop=stop,
        stop_words=words,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
    )
    message.attach(_part(html, "html"))
    return message


def _part(text: str, kind: str) -> MIMEText:
    """Three bytes for a letter of another script would make it three times as long."""
    dense = 3 * sum(map(str.isascii, text)) < 2 * len(text)
    found = MIMEText("", kind, "utf-8")
    del found["Content-Transfer-Encoding"]
    found.set_payload(text, DENSE if dense else PLAIN)
    return found


def _one_line(text: str) -> str:
    """A value with a line break in it would be a header of its own."""
    return " ".join(text.split())

"""A push as a mail: plain text and HTML of the same sentences, in their direction, with the headers that mailboxes ask for."""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
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
BOUNDARY = "=_parts"  # no encoded text can hold it: behind its = stand two digits, or nothing
EDGE = BOUNDARY.encode()
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


def letter(push: Push, sender: Sender, at: datetime) -> bytes:
    """As it goes over the line (RFC 5322 and 2045). Raises Refused where there is no address, or nothing to say.

    Put together by hand: the classes of `email` take six times as much CPU for it."""
    to, subject, text = (str(push.body.get(name) or "") for name in ("email", "subject", "text"))
    if not ADDRESS.fullmatch(to):
        raise Refused("there is no e-mail address")
    if not subject or not text:
        raise Refused("there is no subject or no text")
    line, language = _one_line(subject), _one_line(str(push.body.get("language") or "en"))
    stop = (
        "" if push.topic in {SECURITY, RIGHTS} else f"{sender.stop}/{sender.marks.stop_token(push.entity, push.topic)}"
    )
    headers = {
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{BOUNDARY}"',
        "From": sender.header,
        "To": to,
        "Subject": line if line.isascii() else Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n"),
        "Message-ID": sender.marks.message_id(push),
        "Date": format_datetime(at),
        **({"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if stop else {}),
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
    }
    words = STOP_WORDS.get(language, STOP_WORDS["en"])
    button = push.body.get("button") or None
    link = f"\n\n{button['label']}: {button['url']}" if button else ""
    foot = f"\n{words}: {stop}" if stop else ""
    plain = f"{text.strip()}{link}\n\n-- \n{sender.name}{foot}\n"
    html = LAYOUT.get_template("letter.html").render(
        subject=line,
        paragraphs=[one.strip() for one in re.split(r"\n\s*\n", text) if one.strip()],
        button=button,
        sender=sender.name,
        stop=stop,
        stop_words=words,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
    )
    parts = (_part(plain, "plain"), _part(html, "html"))
    return _block(headers) + b"".join(b"--%b\r\n%b\r\n" % (EDGE, part) for part in parts) + b"--%b--\r\n" % EDGE


def _part(text: str, kind: str) -> bytes:
    """Three bytes for a letter of another script would make it three times as long."""
    dense = 3 * sum(map(str.isascii, text)) < 2 * len(text)
    content = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    body = encodebytes(content).replace(b"\n", b"\r\n") if dense else b2a_qp(content)
    encoding = "base64" if dense else "quoted-printable"
    return _block({"Content-Type": f'text/{kind}; charset="utf-8"', "Content-Transfer-Encoding": encoding}) + body


def _block(headers: Mapping[str, str]) -> bytes:
    return ("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode()


def _one_line(text: str) -> str:
    """A value with a line break in it would be a header of its own."""
    return " ".join(text.split())

"""A push as a mail: plain text and HTML of the same sentences, in their direction, with the headers that mailboxes ask for."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
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
LAYOUT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Sender:
    """shown: as in a From header. stop: the public address under which POST stops mails, up to the token."""

    shown: str
    stop: str
    marks: Marks

    @property
    def name(self) -> str:
        return parseaddr(self.shown)[0] or parseaddr(self.shown)[1]

    @property
    def address(self) -> str:
        return parseaddr(self.shown)[1]


def letter(push: Push, sender: Sender, at: datetime) -> EmailMessage:
    """Raises Refused where there is no address, or nothing to say."""
    to, subject, text = (str(push.body.get(name) or "") for name in ("email", "subject", "text"))
    if not ADDRESS.fullmatch(to):
        raise Refused("there is no e-mail address")
    if not subject or not text:
        raise Refused("there is no subject or no text")
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender.shown, to, _one_line(subject)
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
    message.set_content(f"{text.strip()}{link}\n\n-- \n{sender.name}{foot}\n")
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
    message.add_alternative(html, subtype="html")
    return message


def _one_line(text: str) -> str:
    """A value with a line break in it would be a header of its own."""
    return " ".join(text.split())

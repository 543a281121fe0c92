"""The way to a mail server: one session for a batch, and its answers translated once, here."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.policy import compat32
from smtplib import quoteaddr
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from hub.sdk import AuthBroken, ConfigError, Refused, RetryLater

CRLF = compat32.clone(linesep="\r\n", max_line_length=None)
TIMEOUT = 8.0  # seconds a server may take for one answer


class Deferred(Exception):
    """Not now, and this mail only: a mailbox that is full, a server that wants to see us twice."""


@dataclass(frozen=True)
class Server:
    """host, port; secure: `smtps` from the first byte, `smtp+starttls` after a word, `smtp` never (this machine only)."""

    host: str
    port: int
    scheme: str
    user: str = ""
    password: str = field(default="", repr=False)


def server_of(url: str, user: str, password: str) -> Server:
    """Raises ConfigError."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise ConfigError("options.smtp names no mail server.", "Write smtp+starttls://host:587 or smtps://host:465.")
    if parts.scheme == "smtp" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ConfigError("Mail would leave this machine in the clear.", "Use smtp+starttls:// or smtps://.")
    default = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}[parts.scheme]
    return Server(parts.hostname, parts.port or default, parts.scheme, user, password)


class Session:
    """Opened at the first mail. A server that is away, or away in the middle, is RetryLater; from the moment the text was
    on its way, nobody knows whether it arrived."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.smtp.quit()
            self.smtp.close()

    def send(self, message: Message, sender: str, to: str) -> None:
        """Raises RetryLater for the server as a whole, Deferred and Refused for this mail alone."""
        smtp = self.smtp = self.smtp or self._open()
        try:
            mail, rcpt = _announce(smtp, sender, to)
            if max(mail, rcpt) >= 400:
                smtp.rset()
        except (OSError, smtplib.SMTPException) as error:
            raise RetryLater(f"the mail server broke off ({type(error).__name__})") from None
        if 400 <= mail < 500:
            raise RetryLater(f"the mail server wants to wait ({mail})")
        _judge(mail, "the sender")
        _judge(rcpt, "the address")
        _judge(_hand_over(smtp, message), "the text")

    def _open(self) -> smtplib.SMTP:
        here = self.server
        try:
            if here.scheme == "smtps":
                context = ssl.create_default_context()
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(here.host, here.port, timeout=TIMEOUT, context=context)
            else:
                smtp = smtplib.SMTP(here.host, here.port, timeout=TIMEOUT)
            if here.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if here.user:
                smtp.login(here.user, here.password)
        except smtplib.SMTPAuthenticationError:
            raise AuthBroken("the mail server refuses our name or password") from None
        except (OSError, smtplib.SMTPException) as error:
            raise RetryLater(f"the mail server does not answer ({type(error).__name__})") from None
        return smtp


def _announce(smtp: smtplib.SMTP, sender: str, to: str) -> tuple[int, int]:
    """Both at once where the server takes it (RFC 2920): a way there and back less for each mail."""
    if smtp.has_extn("pipelining"):
        smtp.putcmd("mail", f"FROM:{quoteaddr(sender)}")
        smtp.putcmd("rcpt", f"TO:{quoteaddr(to)}")
        return smtp.getreply()[0], smtp.getreply()[0]
    mail, _ = smtp.mail(sender)
    return mail, smtp.rcpt(to)[0] if mail < 400 else mail


def _hand_over(smtp: smtplib.SMTP, message: Message) -> int:
    try:
        return smtp.data(message.as_bytes(policy=CRLF))[0]
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    except (OSError, smtplib.SMTPException) as error:
        raise RetryLater(f"the mail server broke off ({type(error).__name__})", happened=True) from None


def _judge(code: int, what: str) -> None:
    """The server's own words may hold an address, so its code alone is told."""
    if code == 421:
        raise RetryLater(f"the mail server closes ({code})")
    if 400 <= code < 500:
        raise Deferred(f"the mail server wants to wait, at {what} ({code})")
    if code >= 500:
        raise Refused(f"the mail server refuses {what} ({code})")

"""The door for mails that come back: LMTP on this machine, each kept in the inbox, and its words in the conversation, at once."""

import logging
import time
from collections.abc import Callable
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.core import Hub, Partner
from hub.errors import ConfigError, HubError, NotFound, WrongInput
from hub.flow import mailed

log = logging.getLogger(__name__)
MOST_BYTES = 5_000_000
LOOK_EVERY = 0.5


class Door:
    """The mail server in front hands over one mail at a time; 250 means that it is ours, as for a webhook."""

    def __init__(self, hub: Hub, partner: Partner) -> None:
        self.hub = hub
        self.partner = partner

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the server's name
        said = self.take(cast(bytes, envelope.content))
        return "\r\n".join([said] * max(1, len(envelope.rcpt_tos)))  # LMTP answers for each recipient

    def take(self, raw: bytes) -> str:
        try:
            mailed.receive(self.hub, self.partner, raw)
        except NotFound:
            return "550 5.7.1 nobody takes mail here"
        except WrongInput:
            return "550 5.1.1 this answers no mail of ours"
        except HubError as error:
            log.warning("mail waits outside", extra={"connection": self.partner.name, "reason": type(error).__name__})
            return "451 4.3.0 later, please"
        return "250 2.0.0 kept"


class _Lmtp(Controller):
    def factory(self) -> LMTP:
        return LMTP(self.handler, data_size_limit=MOST_BYTES)


def open_door(hub: Hub, partner: Partner) -> Controller:
    """At options.lmtp of the connection, as 127.0.0.1:2424. Raises ConfigError."""
    host, _, port = str(partner.settings.options.get("lmtp", "")).rpartition(":")
    if host not in {"127.0.0.1", "::1"} or not port.isdecimal():
        raise ConfigError(
            f"options.lmtp of “{partner.name}” is no door on this machine.", "Write lmtp: 127.0.0.1:2424."
        )
    controller = _Lmtp(Door(hub, partner), hostname=host, port=int(port))
    controller.start()
    return controller


def serve(hub: Hub, name: str, stopping: Callable[[], bool]) -> None:
    controller = open_door(hub, hub.partner(name))
    while not stopping():
        time.sleep(LOOK_EVERY)
    controller.stop()

"""Signed marks in our mails: the Message-ID and the address of the one click that stops them, both of which find the way back."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hub.sdk import Push, WrongInput, WrongSignature

MARK = re.compile(r"([0-9a-z_]{1,40})\.([a-z_]{1,40})\.([0-9a-f]{16})\.([0-9a-f]{24})")
STOP = re.compile(r"([0-9a-z_]{1,40})\.([a-z_]{1,40})\.([0-9a-f]{24})")


@dataclass(frozen=True)
class Mark:
    """Whose mail it was, and of which topic."""

    entity: str
    topic: str


class Marks:
    """secrets: of the connection; the first one seals, any of them is believed, so that the links of mails that were sent
    before a rotation still stop them. Whatever comes in with a mark was once sent by us, as nobody else can make one."""

    def __init__(self, secrets: Sequence[str], domain: str) -> None:
        self.secrets = [one.encode() for one in secrets]
        self.domain = domain

    def message_id(self, push: Push) -> str:
        """The same at every attempt, so that a repeat is seen as one by mailboxes that look."""
        digest = hashlib.sha256(push.key.encode()).hexdigest()[:16]
        mark = f"{push.entity}.{push.topic}.{digest}"
        return f"<{mark}.{self._seal('id', mark)}@{self.domain}>"

    def find(self, text: str) -> Mark | None:
        """The first mark of ours in a header or a returned mail; None when there is none."""
        for entity, topic, digest, seal in MARK.findall(text):
            if self._sealed("id", f"{entity}.{topic}.{digest}", seal):
                return Mark(entity, topic)
        return None

    def read(self, message_id: str) -> Mark:
        """Raises WrongInput."""
        found = self.find(message_id)
        if found is None:
            raise WrongInput("The message_id is none of ours.", "Send back the Message-ID of the mail as it was.")
        return found

    def stop_token(self, entity: str, topic: str) -> str:
        return f"{entity}.{topic}.{self._seal('stop', f'{entity}.{topic}')}"

    def read_stop(self, token: str) -> Mark:
        """Raises WrongSignature: the address was changed on its way."""
        found = STOP.fullmatch(token)
        if not found or not self._sealed("stop", f"{found[1]}.{found[2]}", found[3]):
            raise WrongSignature("This address is incomplete.", "Use the link of the mail as it is, to its very end.")
        return Mark(found[1], found[2])

    def _seal(self, use: str, text: str) -> str:
        return _made(self.secrets[0], use, text)

    def _sealed(self, use: str, text: str, seal: str) -> bool:
        return any(hmac.compare_digest(_made(secret, use, text), seal) for secret in self.secrets)


def _made(secret: bytes, use: str, text: str) -> str:
    return hmac.new(secret, f"mail:{use}:{text}".encode(), hashlib.sha256).hexdigest()[:24]

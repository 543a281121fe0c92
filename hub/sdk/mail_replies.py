"""What a channel hears back of a mail to a customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.sdk.contracts import Incoming, Knock


@dataclass(frozen=True)
class MailReply:
    """What came back of a mail to a customer: an answer, or (failed) that it will never arrive. entity: whose mail it was,
    proven by a seal of ours; key: the same for the same mail. sender: the address it says it is from, which proves nothing.
    text: their own words. files: name and content of what came along, as they came."""

    entity: str
    key: str
    failed: bool = False
    sender: str = ""
    text: str = ""
    files: Sequence[tuple[str, bytes]] = ()


@runtime_checkable
class HearsMailReplies(Protocol):
    def reply(self, raw: bytes) -> MailReply | None:
        """What a person wrote back, for their conversation; None for whatever came by itself. Raises WrongInput as `letter` does."""


@runtime_checkable
class HearsMailReports(Protocol):
    def report(self, incoming: Incoming) -> MailReply | None:
        """Of what `verify` found: that a mail will never arrive, for whoever waits for an answer to it; None for all else."""


@runtime_checkable
class TakesMailByWebhook(Protocol):
    def mail(self, knock: Knock) -> tuple[str, bytes]:
        """Of a knock at .../mime: (key, a mail as it came), for `letter` and `reply`. key: made of what is signed, so that the knock
        counts once. Raises WrongSignature, WrongInput."""

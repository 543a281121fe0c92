"""What comes back of a message to somebody's phone: their answer, and the provider's receipt."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ReplyRecord:
    """Somebody answered a message to their phone. It is about whoever has the number, and means nothing before the hub has read
    its words. phone: E.164. key: the same whenever the same answer is told again, unique per connection."""

    phone: str
    text: str
    channel: str
    key: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReceiptRecord:
    """What became of a message that the provider had taken. ref: the Push's key. state: delivered or failed; hard: nobody can
    ever be reached there; code: the provider's own."""

    ref: str
    state: str
    key: str
    at: datetime
    hard: bool = False
    code: str = ""

"""What becomes of what a sandbox took: drawn by a name and the seed, so that it is the same again, and told when its time comes."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from hub.sdk.effects_log import put_thing


@dataclass(frozen=True)
class Webhook:
    """What a sandbox tells from `at` on, a moment that is still to come."""

    at: datetime
    kind: str
    data: Mapping[str, str]

    @property
    def id(self) -> str:
        """The same whenever the same news is told again."""
        news = json.dumps([self.kind, self.at.isoformat(), self.data])
        return f"evt_{hashlib.sha256(news.encode()).hexdigest()[:32]}"


def dice(seed: int, name: str) -> Random:
    return Random(f"{seed}:{name}")  # noqa: S311 - a stand-in's dice


def drawn(shares: Mapping[str, float], rng: Random) -> str:
    """One of these, each as often as its share says; "" for the rest."""
    left = rng.random()
    for name, share in shares.items():
        left -= share
        if left < 0:
            return name
    return ""


def due(at: datetime) -> str:
    """Ids of what is to be told are in the order of their times."""
    return f"{at.timestamp():017.6f}"


def to_tell(db: sqlite3.Connection, account: str, webhook: Webhook) -> None:
    told = {"id": webhook.id, "type": webhook.kind, "data": webhook.data}
    put_thing(db, f"webhook:{account}", f"{due(webhook.at)}-{webhook.id}", json.dumps(told))

"""What policies are asked, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Question:
    """May this be done? `facts` are the words policies speak in (`hub policies facts`); refs only, no personal value.

    about: which question it is: message (may this be told of somebody?), approval (may this one say yes?) or residence (is a record
    that declares this residence kept here?)."""

    facts: Mapping[str, Any]
    now: datetime
    about: str = "message"


@dataclass(frozen=True)
class Decision:
    """One policy's word. mask: personal fields that must not go along (`mask` restricts what another policy allows). law: under which
    whoever resides there is kept, where it is not the one of their residence."""

    verdict: Literal["allow", "deny", "mask"]
    policy: str
    reason: str
    mask: frozenset[str] = frozenset()
    law: str = ""

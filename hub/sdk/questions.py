"""What policies are asked, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Question:
    """May this be done? `facts` are the words policies speak in (rules.QUESTION_FACTS); refs only, no personal value."""

    facts: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True)
class Decision:
    """One policy's word. mask: personal fields that must not go along (`mask` restricts what another policy allows)."""

    verdict: Literal["allow", "deny", "mask"]
    policy: str
    reason: str
    mask: frozenset[str] = frozenset()

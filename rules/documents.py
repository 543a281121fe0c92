"""What a YAML file becomes: frozen documents with a content hash that comments and the order of keys do not change."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from rules.compiled import Checks
from rules.dependencies import Readers, Reads
from rules.errors import Mark
from rules.journeys.documents import JourneyRule
from rules.tree import Condition


@dataclass(frozen=True)
class Example:
    """given: facts by name, money in minor units; `events`, `vehicles`, `scores` and `consents` as the predicate reads them.

    expect: in or out for a segment; allow, deny, mask or silent for a policy."""

    name: str
    given: Mapping[str, Any]
    now: date | None
    expect: str
    mark: Mark


@dataclass(frozen=True)
class SegmentRule:
    """tests: how many there are, those of segments that it reads included. hash: of its content and of theirs, so that it
    is another rule when one of them is. text: the file as it was written."""

    name: str
    title: str
    owner: str
    zone: str
    when: Condition
    reads: Reads
    tests: int
    examples: tuple[Example, ...]
    document: Mapping[str, Any]
    hash: str
    mark: Mark
    text: str = ""


@dataclass(frozen=True)
class PolicyRule:
    """question: which one it answers (rules.policy.QUESTIONS); applies: when it speaks. mask: personal fields that must not go
    along. law: under which whoever resides there is kept, of a residence."""

    name: str
    title: str
    applies: Condition
    verdict: str
    mask: tuple[str, ...]
    because: str
    examples: tuple[Example, ...]
    hash: str
    mark: Mark
    question: str = "message"
    law: str = ""


@dataclass(frozen=True)
class Rulebook:
    """journeys: as the files have them; which version of one is in force, the hub knows."""

    segments: Mapping[str, SegmentRule]
    policies: tuple[PolicyRule, ...]
    journeys: Mapping[str, JourneyRule] = field(default_factory=dict)

    @cached_property
    def readers(self) -> Readers:
        return Readers({name: rule.reads for name, rule in self.segments.items()})

    @cached_property
    def checks(self) -> Checks:
        return Checks({name: (rule.when, rule.zone) for name, rule in self.segments.items()})


def content_hash(document: Mapping[str, Any], *others: str) -> str:
    """others: hashes of the documents that it reads."""
    text = json.dumps(plain(document), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256("\n".join([text, *others]).encode()).hexdigest()


def plain(value: Any) -> Any:
    """As JSON has it: days and instants as ISO text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value

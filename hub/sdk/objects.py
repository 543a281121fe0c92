"""Objects as they stand at a partner, for two-way sync and reconciliation: seen, listed, read and described."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Seen:
    """One object of a kind (contact, company, deal, vehicle, task ...) as the partner has it, in the partner's words.

    id: the partner's. ref: ours, where the partner keeps it. fields: only what was told: a field that is absent says
    nothing, None is empty. into: the id that a merged object lives on under. origin: who changed it at the partner
    (`us` when it was our own app), if the partner says so."""

    kind: str
    id: str
    ref: str | None = None
    fields: Mapping[str, str | None] = field(default_factory=dict)
    at: datetime | None = None
    state: Literal["live", "archived", "merged", "erased", "missing", "hinted"] = "live"
    into: str | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Listing:
    """cursor: where the listing goes on; None at its end. total: how many there are, if the partner says so."""

    seen: Sequence[Seen]
    cursor: str | None
    total: int | None = None


@dataclass(frozen=True)
class FieldShape:
    """One field of a kind. type: text, number, date, datetime, bool, choice or reference. limit: most characters."""

    name: str
    type: str
    writable: bool = True
    unique: bool = False
    limit: int | None = None
    choices: tuple[str, ...] = ()


@runtime_checkable
class Observes(Protocol):
    def observe(self, payload: bytes) -> Sequence[Seen]:
        """What a delivery (webhook or fetched) says about objects: the other side of a three-way merge."""


@runtime_checkable
class Lists(Protocol):
    kinds: ClassVar[tuple[str, ...]]

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        """Every live object of a kind, ordered by id, with these fields; page by page."""

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        """These objects as they stand now, in the order of `ids`; one that is not there is `missing`, one that was merged
        names where it went."""


@runtime_checkable
class Describes(Protocol):
    def describe(self, kind: str) -> Sequence[FieldShape]:
        """The fields that the partner knows of a kind; a difference to a mapping is drift."""

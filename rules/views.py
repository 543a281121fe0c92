"""What is known of one customer, as the predicate reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal, Protocol

from rules.bucket import place
from rules.catalogue import OWN_FIELDS

FITTING = {"number": int | float, "text": str, "flag": bool}


@dataclass(frozen=True)
class EventSeen:
    """about_id: the visit, recommendation, appointment ... that it follows from."""

    kind: str
    local_day: date
    at: datetime | None = None
    id: int | None = None
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    vehicle_id: int | None = None
    about_id: int | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        """What comes before what; an event without a time happened when its day began."""
        return self.at or datetime.combine(self.local_day, time(), UTC), self.id or 0

    def value(self, name: str, type_: str) -> Any:
        """A field; attributes come from partners, and one of another type than the catalogue names counts as missing."""
        if type_ == "money":
            return self.amount_minor
        if name in OWN_FIELDS:
            return self.local_day if name == "day" else self.vehicle_id
        return _fitting(self.attributes.get(name), type_)


def _fitting(value: Any, type_: str) -> Any:
    if type_ == "day":
        return _day(value) if isinstance(value, str) else None
    if isinstance(value, bool) and type_ != "flag":
        return None
    return value if isinstance(value, FITTING[type_]) else None


def _day(text: str) -> date | None:
    """YYYY-MM-DD and nothing else, as both databases read it."""
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2199 else None


@dataclass(frozen=True)
class VehicleSeen:
    """A car and for how long it was owned: days [since, until). facts: by name, None or left out where missing."""

    id: int
    since: date
    until: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def owned_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class ScoreSeen:
    value: float
    low: float
    high: float
    support: int
    as_of: date
    id: int = 0

    @property
    def confidence(self) -> float:
        return 1.0 - (self.high - self.low)


@dataclass(frozen=True)
class PinSeen:
    """Put in or left out by hand, up to and with `last_on`, a local day of the segment's zone; None: until it is taken off."""

    inside: bool
    last_on: date | None = None

    def stands(self, day: date) -> bool:
        return self.last_on is None or day <= self.last_on


class View(Protocol):
    """Whoever knows less leaves out what it cannot answer: then there is none of it.

    fact: its stored value, None when missing. events: those of the kind that stand, in any order. vehicles: every
    ownership. scores: every row of this name, in any order. consent: granted, withdrawn, or None. place: of PLACES, what
    the experiment drew for the customer's ref. pin: the one that was not taken off, whether it has ended or not."""

    def ref(self) -> str:
        return ""

    def place(self, of: str) -> int:
        return place(of, self.ref())

    def fact(self, name: str) -> Any:
        return None

    def events(self, kind: str) -> Sequence[EventSeen]:
        return ()

    def vehicles(self) -> Sequence[VehicleSeen]:
        return ()

    def scores(self, name: str) -> Sequence[ScoreSeen]:
        return ()

    def pin(self, segment: str) -> PinSeen | None:
        return None

    def consent(self, purpose: str, channel: str) -> Literal["granted", "withdrawn"] | None:
        return None

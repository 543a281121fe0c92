"""Where a reading of changes goes on: a frozen window, a place inside it, and an overlap that dedupe keys make harmless."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hub.errors import WrongInput

MOST = 400  # characters of a cursor that the database keeps


@dataclass(frozen=True)
class Row:
    """One changed object. at: the partner's time of its last change; id: unique and ordered among rows of the same time."""

    at: datetime
    id: str
    payload: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same row told twice has the same key, a row that changed within the same second has another."""
        told = json.dumps([self.id, self.at.isoformat(), self.payload], sort_keys=True, default=str)
        return f"{self.id}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Pace:
    """lag: how long a partner may take until a change shows up; nothing younger is read. overlap: how far each window
    reaches back over the last one, for what showed up later still. page: rows at a time. precision: of its timestamps."""

    lag: timedelta = timedelta(seconds=10)
    overlap: timedelta = timedelta(minutes=2)
    page: int = 100
    precision: timedelta = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Cursor:
    """Reads [since, until) in the order of `after`. The window does not move while it is read, so a row that changes
    meanwhile leaves it and is found by the next one. However many rows share one timestamp, the state is one place.

    after: (time, id) of the last row that was read, or (None, id) where the partner sorts by id alone."""

    since: datetime
    until: datetime
    after: tuple[datetime | None, str] | None = None

    @classmethod
    def start(cls, since: datetime, now: datetime, pace: Pace) -> "Cursor":
        return cls(since, max(since, _edge(now, pace)))

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises WrongInput."""
        try:
            since, until, after = json.loads(text)
            place = None if after is None else (after[0] and datetime.fromisoformat(after[0]), str(after[1]))
            return cls(datetime.fromisoformat(since), datetime.fromisoformat(until), place)
        except (ValueError, TypeError, IndexError, KeyError):
            raise WrongInput("The cursor cannot be read.", "Start the reading anew.") from None

    def __str__(self) -> str:
        place = None if self.after is None else [self.after[0] and self.after[0].isoformat(), self.after[1]]
        text = json.dumps([self.since.isoformat(), self.until.isoformat(), place], separators=(",", ":"))
        if len(text) > MOST:
            raise WrongInput(f"A cursor has at most {MOST} characters.", "The partner's ids are longer than we keep.")
        return text

    @property
    def empty(self) -> bool:
        return self.since >= self.until

    def past(self, row: Row, by_id: bool = False) -> "Cursor":
        return replace(self, after=(None if by_id else row.at, row.id))

    def next(self, now: datetime, pace: Pace) -> "Cursor":
        """The window after this one."""
        return Cursor(self.until - pace.overlap, max(self.until, _edge(now, pace)))

    def is_stale(self, earliest: datetime) -> bool:
        """Does the partner's log no longer reach back to where we stand? Then asking again can never help."""
        return self.since < earliest


def _edge(now: datetime, pace: Pace) -> datetime:
    """Rounded down to the partner's precision, so that a second (or millisecond) is read when it is over."""
    edge = now - pace.lag
    return edge - timedelta(seconds=edge.timestamp() % pace.precision.total_seconds())


@dataclass(frozen=True)
class Turn:
    """One page. cursor: to be committed with the rows; more: there is more at once."""

    rows: Sequence[Row]
    cursor: Cursor
    more: bool


def turn(
    cursor: Cursor, read: Callable[[Cursor, int], Sequence[Row]], now: datetime, pace: Pace, by_id: bool = False
) -> Turn:
    """read(cursor, limit): rows of the window behind `after`, in order, at most `limit`. A short page ends the window, and
    the next turn opens a new one: its overlap tells rows again under keys that are known."""
    if cursor.after is None:  # nothing of this window has been read yet, so it may still be drawn up to now
        cursor = replace(cursor, until=max(cursor.until, _edge(now, pace)))
    rows = () if cursor.empty else read(cursor, pace.page)
    if len(rows) >= pace.page:
        place = cursor.past(rows[-1], by_id)
        if place == cursor:  # the partner does not move on: asking the same again would be for ever
            raise WrongInput("The partner's page ends where it began.", "Its order is not what its documentation says.")
        return Turn(rows, place, more=True)
    return Turn(rows, cursor.next(now, pace), more=False)

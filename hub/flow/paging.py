"""Where a page of a list ended that is read along an index of a moment and an id: how an address says it, and what lies behind."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Mark:
    """The last row of a page: its moment and its id."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // TICK}-{self.id}"


def mark_of(text: str) -> Mark | None:
    """None for anything that no page of ours said."""
    ticks, _, row_id = text.partition("-")
    if not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in (ticks, row_id)):
        return None
    try:
        return Mark(EPOCH + int(ticks) * TICK, int(row_id))
    except OverflowError:
        return None


def behind(at: Any, number: Any, mark: Mark, *, latest_first: bool = False) -> ColumnElement[bool]:
    """at, number: the columns of the order. The first condition is the one that an index can start from."""
    if latest_first:
        return and_(at <= mark.at, or_(at < mark.at, number < mark.id))
    return and_(at >= mark.at, or_(at > mark.at, number > mark.id))

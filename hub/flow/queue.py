"""The queue of conversations: who waits, the most urgent first, or what was finished, the latest first; read behind a place.

One statement along an index, however many there are: what is urgent, what has no clock and what rests are read each by itself and
put together, and so is each branch of a reader who works for some of them only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from hub.flow.paging import EPOCH, Mark, behind, mark_of
from hub.models import Conversation, Customer, Principal, ReplyTimer
from hub.models.conversations import for_people

STATES = ("waiting", "mine", "resting", "closed")
COLUMNS = ("conversation", "customer", "state", "branch", "language", "advisor", "pause", "due_at", "late", "unread", "opened_at",
           "changed_at", "closed_at")  # fmt: skip
Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True)
class Place:
    """Where a page ended: in which of the list's stretches, and where there."""

    stretch: int
    mark: Mark

    def __str__(self) -> str:
        return f"{self.stretch}.{self.mark}"


@dataclass(frozen=True)
class Reader:
    """mine: the principal who reads. branches: those they work for; None for all of the region."""

    mine: int
    branches: frozenset[str] | None = None

    def works_for(self, branch: str) -> bool:
        return self.branches is None or branch in self.branches


@dataclass(frozen=True)
class Asked:
    """What the address asks for. state: one of STATES, or empty for all that are open; branch: of this one alone."""

    state: str = ""
    branch: str = ""
    after: Place | None = None

    def here(self, **also: Any) -> dict[str, Any]:
        """For the address of this view with something changed."""
        given = {"state": self.state, "branch": self.branch, "after": self.after, **also}
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True)
class Waiting:
    """One conversation in the list. due_at: the moment its most urgent promise is broken or warns next. late: its customer
    waits longer than was promised. new: posts that nobody of the staff has read."""

    place: Place
    ref: str
    customer: str
    state: str
    owner: str
    is_mine: bool
    language: str
    branch: str | None
    pause: str | None
    due_at: datetime | None
    is_late: bool
    opened_at: datetime
    since: datetime
    closed_at: datetime | None
    new: int

    def plain(self) -> tuple[object, ...]:
        """In the order of COLUMNS."""
        return (self.ref, self.customer, self.state, self.branch, self.language, self.owner, self.pause, self.due_at,
                int(self.is_late), self.new, self.opened_at, self.since, self.closed_at)  # fmt: skip


def place_of(text: str) -> Place | None:
    """None for the beginning, and for anything that no page of ours said."""
    stretch, _, said = text.partition(".")
    mark = mark_of(said)
    return (
        Place(int(stretch), mark) if mark and stretch.isascii() and stretch.isdecimal() and len(stretch) < 3 else None
    )


def listed(session: Session, reader: Reader, asked: Asked, most: int) -> list[Waiting]:
    """The next of the list, at most so many."""
    return [_waiting(row, reader, asked) for row in session.execute(statement(reader, asked, most))]


def statement(reader: Reader, asked: Asked, most: int) -> Select[Any]:
    """(conversation, its customer's ref, its owner's title, late, stretch)"""
    few = union_all(*(select(part.subquery()) for part in parts(reader, asked, most))).subquery()
    rows = _rows(few.c.stretch).join(few, few.c.id == Conversation.id)
    return rows.order_by(few.c.stretch, *_order(asked)).limit(most)


def parts(reader: Reader, asked: Asked, most: int) -> list[Select[Any]]:
    """(id, stretch) of each that is read by itself, along its index."""
    stretches = list(_stretches(asked, reader))
    # A place of another list is none of this one: it begins at its beginning.
    after = asked.after if asked.after and asked.after.stretch in {number for number, _ in stretches} else None
    return [
        select(*_named(number)).where(*these, *_beyond(after, number, asked)).order_by(*_order(asked)).limit(most)
        for number, these in stretches
        if after is None or number >= after.stretch
    ]


def named(session: Session, ref: str, reader: Reader) -> tuple[Conversation, Waiting] | None:
    """The one with this ref, in the list or not."""
    found = session.execute(_rows(literal(0)).where(Conversation.ref == ref)).one_or_none()
    return (found[0], _waiting(found, reader, Asked())) if found else None


def _rows(stretch: ColumnElement[int]) -> Select[Any]:
    promised = (ReplyTimer.conversation_id == Conversation.id, ReplyTimer.state == "running")
    late = exists().where(*promised, ReplyTimer.broken_at.is_not(None))
    columns: tuple[Any, ...] = (Conversation, Customer.ref, func.coalesce(Principal.title, ""), late, stretch)
    rows = select(*columns).join(Customer, Customer.id == Conversation.customer_id)
    return rows.outerjoin(Principal, Principal.id == Conversation.owner_id)


def _stretches(asked: Asked, reader: Reader) -> Iterator[tuple[int, Conditions]]:
    """(number, conditions), in the order of the list. Those of one number lie side by side and are merged."""
    if asked.state == "closed":
        for one in _by_branch(asked, reader):
            yield 0, (Conversation.closed_at.is_not(None), *one)
        return
    these = [for_people()]
    if reader.branches is not None:
        ours = Conversation.branch.in_(reader.branches)
        these += [or_(Conversation.branch.is_(None), Conversation.owner_id == reader.mine, ours)]
    these += [Conversation.branch == asked.branch] if asked.branch else []
    these += [Conversation.state == "waiting"] if asked.state == "waiting" else []
    these += [Conversation.owner_id == reader.mine] if asked.state == "mine" else []
    if asked.state != "resting":
        yield 0, (*these, Conversation.pause.is_(None), Conversation.due_at.is_not(None))
        yield 1, (*these, Conversation.pause.is_(None), Conversation.due_at.is_(None))
    if asked.state != "waiting":
        yield 2, (*these, Conversation.pause.is_not(None), Conversation.due_at.is_not(None))
        yield 3, (*these, Conversation.pause.is_not(None), Conversation.due_at.is_(None))


def _by_branch(asked: Asked, reader: Reader) -> Iterator[Conditions]:
    """What is finished belongs to nobody any more, so its branch alone says who may read it. Each by itself: a small branch among
    many would be looked for among all."""
    if asked.branch:
        yield (Conversation.branch == asked.branch, literal(reader.works_for(asked.branch)))
    elif reader.branches is None:
        yield ()
    else:
        yield (Conversation.branch.is_(None),)
        yield from ((Conversation.branch == one,) for one in sorted(reader.branches))


def _named(number: int) -> tuple[Any, ...]:
    return Conversation.id, literal(number).label("stretch")


def _order(asked: Asked) -> tuple[Any, ...]:
    if asked.state == "closed":
        return Conversation.closed_at.desc(), Conversation.id.desc()
    return Conversation.due_at, Conversation.id


def _beyond(after: Place | None, number: int, asked: Asked) -> Conditions:
    if after is None or after.stretch != number:
        return ()
    if asked.state == "closed":
        return (behind(Conversation.closed_at, Conversation.id, after.mark, latest_first=True),)
    if number % 2:  # a stretch without clocks
        return (Conversation.id > after.mark.id,)
    return (behind(Conversation.due_at, Conversation.id, after.mark),)


def _waiting(found: Any, reader: Reader, asked: Asked) -> Waiting:
    row, customer, owner, late, stretch = found
    at = row.closed_at if asked.state == "closed" else row.due_at
    return Waiting(
        place=Place(stretch, Mark(at or EPOCH, row.id)), ref=row.ref, customer=customer, state=row.state, owner=owner,
        is_mine=row.owner_id == reader.mine, language=row.language, branch=row.branch, pause=row.pause, due_at=row.due_at,
        is_late=bool(late), opened_at=row.opened_at, since=row.changed_at, closed_at=row.closed_at,
        new=row.seq - row.seen_by_staff,
    )  # fmt: skip

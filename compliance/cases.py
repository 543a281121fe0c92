"""Requests of every kind side by side, each with its clock: what a desk and a list show."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session

from hub.errors import WrongInput
from hub.models import Customer, ErasureRequest, PersonRequest
from hub.models.privacy import SETTLED, unsettled
from hub.vault import OpenKey, Vault

OPEN = ("received", "verified", "planned", "approved", "telling", "held")
CLOSED = SETTLED
WISH, MOVE, RETENTION = "wish", "move", "retention"  # why somebody is forgotten
HOWS = ("call_back", "letter", "at_the_desk", "e_mail_we_know", "session")  # by which somebody is recognised
COLUMNS = (
    "request",
    "kind",
    "scope",
    "state",
    "jurisdiction",
    "customer",
    "asked_at",
    "due_on",
    "overdue",
    "paused",
    "outcome",
)
SHOWN = 200


def expect_way(how: str, ways: Sequence[str] = HOWS) -> None:
    """Raises WrongInput unless somebody may be recognised by it."""
    if how not in ways:
        raise WrongInput(f"Nobody is recognised by “{how}”.", f"One of: {', '.join(ways)}.")


@dataclass(frozen=True)
class Mark:
    """A place in the list: what is open lies in the order of its days, what was settled behind it, the latest first."""

    is_open: bool
    due_on: date
    number: int

    def __str__(self) -> str:
        return f"{'open' if self.is_open else 'settled'}.{self.due_on.isoformat()}.{self.number}"


@dataclass(frozen=True)
class Case:
    """kind: `erasure` or a kind of PersonRequest. scope: of an erasure its cause, unless it is a wish. left: days until the
    answer is due, below 0 when it is late; None: settled. binds: a restriction or objection that stands. number: of its row.
    answer: of a PersonRequest, sealed."""

    ref: str
    kind: str
    scope: str
    state: str
    jurisdiction: str
    customer: str
    person_id: int
    came_by: str
    asked_at: datetime
    due_on: date
    left: int | None
    is_paused: bool
    is_extended: bool
    binds: bool
    outcome: str
    number: int = 0
    answer: bytes | None = field(default=None, repr=False)

    @property
    def mark(self) -> Mark:
        return Mark(self.is_open, self.due_on, self.number)

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    def plain(self) -> dict[str, Any]:
        return {
            "request": self.ref, "kind": self.kind, "scope": self.scope, "state": self.state, "jurisdiction": self.jurisdiction,
            "customer": self.customer, "asked_at": self.asked_at.isoformat(), "due_on": self.due_on.isoformat(),
            "overdue": self.left is not None and self.left < 0, "paused": self.is_paused, "outcome": self.outcome,
        }  # fmt: skip


def mark_of(given: str) -> Mark | None:
    """A place that an address names; None for the beginning, and for what is none."""
    found = re.fullmatch(r"(open|settled)\.(\d{4}-\d{2}-\d{2})\.(\d{1,18})", given, re.ASCII)
    try:
        return Mark(found[1] == "open", date.fromisoformat(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Asked:
    """A filter. state: `open`, `settled`, or one of OPEN and CLOSED. kind: `erasure`, or one of a PersonRequest. since, until: the
    first and the last day on which the answer is due; a clock that stands has no such day."""

    state: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    def wants(self, is_open: bool) -> bool:
        return self.state in ("", *(("open", *OPEN) if is_open else ("settled", *CLOSED)))

    def tables(self) -> Sequence[type[ErasureRequest] | type[PersonRequest]]:
        if self.kind:
            return (ErasureRequest,) if self.kind == "erasure" else (PersonRequest,)
        return (ErasureRequest, PersonRequest)

    def where(self, table: Any) -> list[ColumnElement[bool]]:
        found = [table.state == self.state] if self.state in (*OPEN, *CLOSED) else []
        found += [table.kind == self.kind] if self.kind and table is PersonRequest else []
        found += [table.due_on >= self.since] if self.since else []
        found += [table.due_on <= self.until] if self.until else []
        found += [table.paused_at.is_(None)] if (self.since or self.until) and table is PersonRequest else []
        return found


ALL = Asked()


@dataclass(frozen=True)
class Open:
    """How many wait for an answer, and of those how many are late or due within so many days."""

    count: int
    late: int
    soon: int


def all_of(session: Session, today: date, person_id: int | None = None, most: int = SHOWN) -> Sequence[Case]:
    """What is open and due first, then what was settled, the latest first; of one person, or of all."""
    if person_id is None:
        return paged(session, today, None, most)
    found = []
    for table in (ErasureRequest, PersonRequest):
        rows = select(table, Customer.ref).join(Customer, Customer.person_id == table.person_id)
        mine = rows.where(table.person_id == person_id).order_by(table.state.in_(CLOSED), table.id.desc())
        found += [_case(row, ref, today) for row, ref in session.execute(mine.limit(most))]
    waiting = sorted((one for one in found if one.is_open), key=lambda one: (one.due_on, one.number))
    settled = sorted((one for one in found if not one.is_open), key=lambda one: -one.number)
    return [*waiting, *settled][:most]


def paged(session: Session, today: date, place: Mark | None, most: int, asked: Asked = ALL) -> Sequence[Case]:
    """The same behind a place, in at most four statements, each along an index and of no more rows than are asked for."""
    found: list[Case] = []
    for is_open in (True, False):
        if asked.wants(is_open) and len(found) < most and (place is None or place.is_open or not is_open):
            behind = place if place is not None and place.is_open == is_open else None
            some = [
                one
                for table in asked.tables()
                for one in _read(session, today, statement(table, is_open, behind, most - len(found), asked))
            ]
            some.sort(key=lambda one: (one.due_on, one.number) if is_open else (-one.number,))
            found += some[: most - len(found)]
    return found


def open_ones(session: Session, today: date, days: int) -> Open:
    """In one statement. A clock that stands is neither late nor near."""
    ticking = case((PersonRequest.paused_at.is_(None), PersonRequest.due_on))
    waiting = union_all(
        select(ErasureRequest.due_on.label("due_on")).where(unsettled(ErasureRequest)),
        select(ticking.label("due_on")).where(unsettled(PersonRequest)),
    ).subquery()
    due = waiting.c.due_on
    sums = (func.sum(case((one, 1), else_=0)) for one in (due < today, due.between(today, today + timedelta(days))))
    count, late, soon = session.execute(select(func.count(), *sums).select_from(waiting)).one()
    return Open(int(count), int(late or 0), int(soon or 0))


def answer_of(vault: Vault, key: OpenKey, case: Case) -> str:
    """What the person was told in words, by their key; empty for nothing."""
    if case.answer is None:
        return ""
    return str(json.loads(vault.unseal(key, case.answer, f"person_requests.answer:{case.number}")).get("text", ""))


def one(session: Session, ref: str, today: date) -> Case | None:
    for table in (PersonRequest, ErasureRequest):
        rows = select(table, Customer.ref).join(Customer, Customer.person_id == table.person_id)
        found = session.execute(rows.where(table.ref == ref)).first()
        if found is not None:
            return _case(found[0], found[1], today)
    return None


def statement(
    table: type[ErasureRequest] | type[PersonRequest], is_open: bool, behind: Mark | None, most: int, asked: Asked = ALL
) -> Select[Any]:
    """(row, its customer's ref)"""
    rows: Any = select(table, Customer.ref).join(Customer, Customer.person_id == table.person_id)
    rows = rows.where(unsettled(table) if is_open else table.state.in_(CLOSED), *asked.where(table))
    if behind is not None:
        later = and_(table.due_on >= behind.due_on, or_(table.due_on > behind.due_on, table.id > behind.number))
        rows = rows.where(later if is_open else table.id < behind.number)
    order = (table.due_on, table.id) if is_open else (table.id.desc(),)
    return rows.order_by(*order).limit(most)  # type: ignore[no-any-return]


def _read(session: Session, today: date, rows: Select[Any]) -> Iterator[Case]:
    for row, ref in session.execute(rows):
        yield _case(row, ref, today)


def _case(row: Any, ref: str, today: date) -> Case:
    return _erasure(row, ref, today) if isinstance(row, ErasureRequest) else _other(row, ref, today)


def _erasure(row: ErasureRequest, ref: str, today: date) -> Case:
    return Case(
        row.ref, "erasure", "" if row.cause == WISH else row.cause, row.state, row.jurisdiction, ref, row.person_id, row.came_by,
        row.asked_at, row.due_on, _left(row.state, row.due_on, today), False, False, False,
        row.state if row.state in CLOSED else "", row.id,
    )  # fmt: skip


def _other(row: PersonRequest, ref: str, today: date) -> Case:
    return Case(
        row.ref, row.kind, row.scope, row.state, row.jurisdiction, ref, row.person_id, row.came_by, row.asked_at, row.due_on,
        None if row.paused_at else _left(row.state, row.due_on, today), row.paused_at is not None,
        row.extended_at is not None, _binds(row), row.outcome or "", row.id, row.answer,
    )  # fmt: skip


def _binds(row: PersonRequest) -> bool:
    return row.kind in ("restriction", "objection") and row.state == "answered" and row.ended_at is None


def _left(state: str, due_on: date, today: date) -> int | None:
    return None if state in CLOSED else (due_on - today).days

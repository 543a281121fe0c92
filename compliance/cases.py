"""Requests of every kind side by side, each with its clock: what a desk and a list show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Customer, ErasureRequest, PersonRequest
from hub.vault import OpenKey, Vault

CLOSED = ("certified", "refused", "answered", "withdrawn")
SHOWN = 200


@dataclass(frozen=True)
class Case:
    """kind: `erasure` or a kind of PersonRequest. left: days until the answer is due, below 0 when it is late; None: settled.
    binds: a restriction or objection that stands. number, answer: of a PersonRequest its row and what was answered, sealed."""

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
    def is_open(self) -> bool:
        return self.state not in CLOSED

    def plain(self) -> dict[str, Any]:
        return {
            "request": self.ref, "kind": self.kind, "scope": self.scope, "state": self.state, "jurisdiction": self.jurisdiction,
            "customer": self.customer, "asked_at": self.asked_at.isoformat(), "due_on": self.due_on.isoformat(),
            "overdue": self.left is not None and self.left < 0, "paused": self.is_paused, "outcome": self.outcome,
        }  # fmt: skip


def all_of(session: Session, today: date, person_id: int | None = None, most: int = SHOWN) -> Sequence[Case]:
    """What is open and due first, then what was settled, the latest first; of one person, or of all."""
    found = [*_erasures(session, today, person_id, most), *_others(session, today, person_id, most)]
    is_open = [one for one in found if one.is_open]
    settled = [one for one in found if not one.is_open]
    return [
        *sorted(is_open, key=lambda one: (one.due_on, one.asked_at)),
        *sorted(settled, key=lambda one: one.asked_at, reverse=True),
    ][:most]


def answer_of(vault: Vault, key: OpenKey, case: Case) -> str:
    """What the person was told in words, by their key; empty for nothing."""
    if case.answer is None:
        return ""
    return str(json.loads(vault.unseal(key, case.answer, f"person_requests.answer:{case.number}")).get("text", ""))


def one(session: Session, ref: str, today: date) -> Case | None:
    for table in (PersonRequest, ErasureRequest):
        person_id = session.scalar(select(table.person_id).where(table.ref == ref))
        if person_id is not None:
            return next((case for case in all_of(session, today, person_id) if case.ref == ref), None)
    return None


def _erasures(session: Session, today: date, person_id: int | None, most: int) -> list[Case]:
    rows = select(ErasureRequest, Customer.ref).join(Customer, Customer.person_id == ErasureRequest.person_id)
    rows = rows.where(ErasureRequest.person_id == person_id) if person_id is not None else rows
    ended = ErasureRequest.state.in_(CLOSED)
    return [
        Case(
            row.ref, "erasure", "", row.state, row.jurisdiction, ref, row.person_id, "", row.asked_at, row.due_on,
            _left(row.state, row.due_on, today), False, False, False, row.state if row.state in CLOSED else "",
        )
        for row, ref in session.execute(rows.order_by(ended, ErasureRequest.id.desc()).limit(most))
    ]  # fmt: skip


def _others(session: Session, today: date, person_id: int | None, most: int) -> list[Case]:
    rows = select(PersonRequest, Customer.ref).join(Customer, Customer.person_id == PersonRequest.person_id)
    rows = rows.where(PersonRequest.person_id == person_id) if person_id is not None else rows
    ended = PersonRequest.state.in_(CLOSED)
    return [
        Case(
            row.ref, row.kind, row.scope, row.state, row.jurisdiction, ref, row.person_id, row.came_by, row.asked_at, row.due_on,
            None if row.paused_at else _left(row.state, row.due_on, today), row.paused_at is not None,
            row.extended_at is not None, _binds(row), row.outcome or "", row.id, row.answer,
        )
        for row, ref in session.execute(rows.order_by(ended, PersonRequest.id.desc()).limit(most))
    ]  # fmt: skip


def _binds(row: PersonRequest) -> bool:
    return row.kind in ("restriction", "objection") and row.state == "answered" and row.ended_at is None


def _left(state: str, due_on: date, today: date) -> int | None:
    return None if state in CLOSED else (due_on - today).days

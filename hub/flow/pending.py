"""What has not gone its way: dead letters, deliveries set apart, messages that wait; read in pages, set going again, given up.

A page costs the same however many rows there are: each connection's are read along their index from the place where the page
before ended, and merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, literal, literal_column, select, union_all
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import inbox, letters, outbox
from hub.flow.batches import batches
from hub.flow.letters import OPEN
from hub.flow.paging import Mark, behind
from hub.models import DeadLetter, Delivery, Message, TransferQuestion
from hub.models.traffic import in_order
from hub.work import Work

STATES = ("dead", "quarantined", "waiting")
PAGE = 50
MOST = 5_000  # rows of one deed: it holds their locks until it is done
CAPPED = 1_000  # counts end here: what a person does about more is the same


@dataclass(frozen=True)
class Asked:
    """A filter. state: one of STATES. connections: ids. kind: a letter's code or a message's topic, or empty for all.
    upto: nothing that came later; only: this row and no other."""

    state: str
    connections: Sequence[int]
    kind: str = ""
    upto: datetime | None = None
    only: int | None = None


@dataclass(frozen=True)
class Pending:
    """One row. incoming: a delivery. kind: a dead letter's code, a waiting message's topic. topic: of a message.
    at: when it died, came or was made; due: when it is tried next. why: one of outbox.WHY."""

    id: int
    connection_id: int
    incoming: bool
    kind: str
    topic: str
    reason: str
    why: str
    at: datetime
    due: datetime
    tries: int


@dataclass(frozen=True)
class Page:
    rows: Sequence[Pending]
    after: Mark | None


# --- reading


def read(session: Session, asked: Asked, after: Mark | None = None, size: int = PAGE) -> Page:
    """Dead letters: the latest first. What waits: the longest due first. One statement."""
    if not asked.connections:
        return Page((), None)
    rows = session.execute(_READS[asked.state](asked, after, size + 1)).all()
    found = [Pending(*row) for row in rows[:size]]
    last = found[-1] if len(rows) > size else None
    return Page(found, Mark(last.at if asked.state == "dead" else last.due, last.id) if last else None)


def counts(session: Session, connections: Sequence[int]) -> Mapping[str, int]:
    """How many there are in each state, none counted beyond CAPPED. One statement."""
    mine = list(connections)
    of: Mapping[str, Select[Any]] = {
        "dead": select(DeadLetter.id).where(OPEN, DeadLetter.connection_id.in_(mine)),
        "quarantined": select(Delivery.id).where(
            Delivery.connection_id.in_(mine), Delivery.state == literal_column("'quarantined'")
        ),
        "waiting": select(Message.id).where(Message.connection_id.in_(mine), in_order(Message)),
    }
    capped = [
        select(func.count()).select_from(rows.limit(CAPPED).subquery()).scalar_subquery().label(state)
        for state, rows in of.items()
    ]
    return dict(session.execute(select(*capped)).mappings().one())


def _dead(asked: Asked, after: Mark | None, limit: int) -> Select[Any]:
    before = [DeadLetter.id < after.id] if after else []
    few = select(DeadLetter).where(*_letters_of(asked), *before).order_by(DeadLetter.id.desc()).limit(limit).subquery()
    return (
        select(
            few.c.id, few.c.connection_id, few.c.delivery_id.is_not(None), few.c.code, func.coalesce(Message.topic, ""),
            few.c.reason, func.coalesce(Message.why, ""), few.c.died_at, few.c.died_at,
            func.coalesce(Message.attempts, Delivery.attempts, 0),
        )
        .outerjoin(Message, Message.id == few.c.message_id)
        .outerjoin(Delivery, Delivery.id == few.c.delivery_id)
        .order_by(few.c.id.desc())
    )  # fmt: skip


def _quarantined(asked: Asked, after: Mark | None, limit: int) -> Select[Any]:
    columns = (
        Delivery.id, Delivery.connection_id, literal(True).label("incoming"), literal("").label("kind"), literal("").label("topic"),
        Delivery.reason, literal("").label("why"), Delivery.received_at.label("at"), Delivery.not_before, Delivery.attempts,
    )  # fmt: skip
    return _along_the_index(asked, Delivery, columns, after, limit)


def _waiting(asked: Asked, after: Mark | None, limit: int) -> Select[Any]:
    columns = (
        Message.id, Message.connection_id, literal(False).label("incoming"), Message.topic.label("kind"), Message.topic,
        Message.reason, Message.why, Message.made_at.label("at"), Message.not_before, Message.attempts,
    )  # fmt: skip
    return _along_the_index(asked, Message, columns, after, limit)


_READS: Mapping[str, Callable[[Asked, Mark | None, int], Select[Any]]] = {
    "dead": _dead, "quarantined": _quarantined, "waiting": _waiting,
}  # fmt: skip


def _along_the_index(
    asked: Asked, model: type[Delivery] | type[Message], columns: Sequence[Any], after: Mark | None, limit: int
) -> Select[Any]:
    """(connection, state, due) of each connection by itself: an IN over several would have to sort them all."""
    beyond = [behind(model.not_before, model.id, after)] if after else []
    # Spelled out: an index of some serves only where the plan can see that these are the ones; of one topic it is another one.
    state: BindParameter[str] = bindparam("state", asked.state, literal_execute=True)
    these = in_order(model) if model is Message and not asked.kind else model.state == state
    lanes = [
        select(*columns)
        .where(model.connection_id == one, these, *_kind_of(asked, model), *beyond)
        .order_by(model.not_before, model.id)
        .limit(limit)
        .subquery()
        for one in asked.connections
    ]
    every = union_all(*(select(lane) for lane in lanes)).subquery()
    return select(every).order_by(every.c.not_before, every.c.id).limit(limit)


def _kind_of(asked: Asked, model: type[Delivery] | type[Message]) -> list[Any]:
    return [Message.topic == asked.kind] if asked.kind and model is Message else []


def _letters_of(asked: Asked) -> list[Any]:
    mine = [OPEN, DeadLetter.connection_id.in_(list(asked.connections))]
    return [*mine, DeadLetter.code == asked.kind] if asked.kind else mine


# --- acting


def replay(hub: Hub, work: Work, asked: Asked, actor: str) -> int:
    """Let them go their way once more; answers how many, at most MOST. Raises NotFound for a row that is there no more."""
    rows = _chosen(work, asked)
    if asked.state == "dead":
        return letters.replay(hub, work, rows, actor)
    return readmit(hub, work, rows, actor) if asked.state == "quarantined" else resend(hub, work, rows, actor)


def discard(work: Work, asked: Asked, reason: str, actor: str) -> int:
    """Give them up for good; answers how many. Raises WrongInput without a reason, NotFound as replay does."""
    if reason not in letters.REASONS:
        raise WrongInput("Discarding needs a reason.", "Choose one, and discard again. Nothing was changed.")
    rows = _chosen(work, asked)
    if asked.state == "dead":
        return letters.discard(work, rows, reason, actor)
    if asked.state == "quarantined":
        inbox.done(work, [(row, {"discarded": 1}) for row in rows])
        _answer(work, rows, "discarded")
    else:
        for row in rows:
            row.state, row.why, row.settled_at = "cancelled", "discarded", work.now
    for row in rows:
        work.audit(actor, "discarded", ABOUT[asked.state], row.id, reason=reason)
    return len(rows)


def resend(hub: Hub, work: Work, messages: Sequence[Message], actor: str) -> int:
    """Again, now, under the same key: the partner still counts each once."""
    for row in messages:
        outbox.revive(work, row)
        work.audit(actor, "message_replayed", "message", row.id)
    return _rung(hub, work, messages)


def readmit(hub: Hub, work: Work, deliveries: Sequence[Delivery], actor: str) -> int:
    """Judged anew, as if they had just come: once the region or the mapping says otherwise, they go through."""
    for row in deliveries:
        inbox.revive(work, row)
        work.audit(actor, "delivery_replayed", "delivery", row.id)
    _answer(work, deliveries, "judged anew")
    return _rung(hub, work, deliveries)


ABOUT = {"dead": "dead_letter", "quarantined": "delivery", "waiting": "message"}


def _chosen(work: Work, asked: Asked) -> list[Any]:
    """Locked; who was quicker has them."""
    model: Any = {"dead": DeadLetter, "quarantined": Delivery, "waiting": Message}[asked.state]
    if asked.state == "dead":
        mine, came = _letters_of(asked), DeadLetter.died_at
    else:
        mine = [model.connection_id.in_(list(asked.connections)), model.state == asked.state, *_kind_of(asked, model)]
        came = Delivery.received_at if model is Delivery else Message.made_at
    mine += [came <= asked.upto] if asked.upto else []
    mine += [model.id == asked.only] if asked.only is not None else []
    rows = list(work.session.scalars(select(model).where(*mine).order_by(model.id).limit(MOST).with_for_update()))
    if asked.only is not None and not rows:
        raise NotFound("It is no longer here.", "Somebody has replayed or discarded it, or it has gone its way.")
    return rows


def _answer(work: Work, deliveries: Sequence[Delivery], answer: str) -> None:
    """The question where they belong is settled; one that is set apart again asks it anew."""
    for ids in batches(row.id for row in deliveries):
        for question in work.session.scalars(select(TransferQuestion).where(TransferQuestion.delivery_id.in_(ids))):
            question.answered_at, question.answer = work.now, answer


def _rung(hub: Hub, work: Work, rows: Sequence[Delivery] | Sequence[Message]) -> int:
    ids = {row.connection_id for row in rows}
    for partner in hub.partners.values():
        if partner.id in ids:
            work.ring(partner.name)
    return len(rows)

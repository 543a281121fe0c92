"""Dead letters at the operations desk: those that died of the same cause stand together, and go together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import inbox, outbox
from hub.models import DeadLetter, Delivery, Message
from hub.work import Work

MOST = 50
# Chosen, not typed: a free text would sooner or later name somebody.
REASONS = ("done_by_hand", "no_longer_needed", "wrong_at_source", "test")
OPEN = DeadLetter.closed_at.is_(None)


@dataclass(frozen=True)
class Cause:
    """Dead letters of one connection with the same code and reason. letter: the first of them. topic: empty for deliveries."""

    letter: int
    connection: str
    incoming: bool
    topic: str
    code: str
    reason: str
    count: int
    since: datetime
    tries: int


def causes(hub: Hub, session: Session) -> list[Cause]:
    """Open dead letters by cause, the oldest first. Two queries."""
    incoming = DeadLetter.delivery_id.is_not(None)
    first, since = func.min(DeadLetter.id), func.min(DeadLetter.died_at)
    columns = (DeadLetter.connection_id, incoming, DeadLetter.code, DeadLetter.reason)
    rows = session.execute(
        select(*columns, first, since, func.count()).where(OPEN).group_by(*columns).order_by(first).limit(MOST)
    ).all()
    names = {partner.id: partner.name for partner in hub.partners.values()}
    about = _about(session, [row[4] for row in rows])
    return [
        Cause(
            letter,
            names.get(connection, ""),
            bool(is_in),
            about[letter][0],
            code,
            reason,
            count,
            since_at,
            about[letter][1],
        )
        for connection, is_in, code, reason, letter, since_at, count in rows
    ]


def _about(session: Session, letters: list[int]) -> Mapping[int, tuple[str, int]]:
    """letter -> (topic, tries)"""
    columns = (DeadLetter.id, Message.topic, func.coalesce(Message.attempts, Delivery.attempts, 0))
    rows = session.execute(
        select(*columns)
        .outerjoin(Message, Message.id == DeadLetter.message_id)
        .outerjoin(Delivery, Delivery.id == DeadLetter.delivery_id)
        .where(DeadLetter.id.in_(letters))
    )
    return {letter: (topic or "", tries) for letter, topic, tries in rows}


def replay(hub: Hub, work: Work, letter_id: int, all_like_it: bool, actor: str) -> int:
    """Let it, or all that died of its cause, go their way once more; answers how many. Raises NotFound."""
    letters = _letters(work, letter_id, all_like_it)
    for letter in letters:
        if letter.delivery_id:
            inbox.revive(work, work.session.get_one(Delivery, letter.delivery_id))
        else:
            outbox.revive(work, work.session.get_one(Message, letter.message_id))
        _close(work, letter, "replayed", actor)
    _ring(hub, work, letters)
    return len(letters)


def discard(work: Work, letter_id: int, all_like_it: bool, reason: str, actor: str) -> int:
    """Give it, or all that died of its cause, up for good; a payload goes with its key. Raises NotFound, WrongInput."""
    if reason not in REASONS:
        raise WrongInput("Discarding needs a reason.", "Choose one, and discard again. Nothing was changed.")
    letters = _letters(work, letter_id, all_like_it)
    for letter in letters:
        if letter.delivery_id:
            inbox.done(work, work.session.get_one(Delivery, letter.delivery_id), {"discarded": 1})
        else:
            work.session.get_one(Message, letter.message_id).state = "cancelled"
        _close(work, letter, "discarded", actor, reason=reason)
    return len(letters)


def _letters(work: Work, letter_id: int, all_like_it: bool) -> list[DeadLetter]:
    one = work.session.scalars(select(DeadLetter).where(DeadLetter.id == letter_id, OPEN).with_for_update()).first()
    if one is None:
        raise NotFound("This dead letter is not open any more.", "Somebody has replayed or discarded it already.")
    if not all_like_it:
        return [one]
    same = (DeadLetter.connection_id == one.connection_id, DeadLetter.code == one.code, DeadLetter.reason == one.reason)
    side = DeadLetter.delivery_id.is_(None) if one.delivery_id is None else DeadLetter.delivery_id.is_not(None)
    return list(
        work.session.scalars(select(DeadLetter).where(OPEN, side, *same).order_by(DeadLetter.id).with_for_update())
    )


def _close(work: Work, letter: DeadLetter, how: str, actor: str, **detail: Any) -> None:
    letter.closed_at, letter.closed_by = work.now, how
    work.audit(actor, f"dead_letter_{how}", "dead_letter", letter.id, **detail)


def _ring(hub: Hub, work: Work, letters: list[DeadLetter]) -> None:
    ids = {letter.connection_id for letter in letters}
    for partner in hub.partners.values():
        if partner.id in ids:
            work.ring(partner.name)

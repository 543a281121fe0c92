"""Dead letters at the operations desk: those that died of the same cause stand together, and go together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import letters
from hub.flow.letters import OPEN, REASONS
from hub.models import DeadLetter, Delivery, Message
from hub.work import Work

MOST = 50


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


def _about(session: Session, ids: list[int]) -> Mapping[int, tuple[str, int]]:
    """letter -> (topic, tries)"""
    columns = (DeadLetter.id, Message.topic, func.coalesce(Message.attempts, Delivery.attempts, 0))
    rows = session.execute(
        select(*columns)
        .outerjoin(Message, Message.id == DeadLetter.message_id)
        .outerjoin(Delivery, Delivery.id == DeadLetter.delivery_id)
        .where(DeadLetter.id.in_(ids))
    )
    return {letter: (topic or "", tries) for letter, topic, tries in rows}


def replay(hub: Hub, work: Work, letter_id: int, all_like_it: bool, actor: str) -> int:
    """Let it, or all that died of its cause, go their way once more; answers how many. Raises NotFound."""
    return letters.replay(hub, work, _chosen(work, letter_id, all_like_it), actor)


def discard(work: Work, letter_id: int, all_like_it: bool, reason: str, actor: str) -> int:
    """Give it, or all that died of its cause, up for good. Raises NotFound, WrongInput."""
    return letters.discard(work, _chosen(work, letter_id, all_like_it), reason, actor)


def _chosen(work: Work, letter_id: int, all_like_it: bool) -> list[DeadLetter]:
    one = letters.open_letter(work, letter_id)
    return letters.like(work, one) if all_like_it else [one]


__all__ = ["REASONS", "Cause", "causes", "discard", "replay"]

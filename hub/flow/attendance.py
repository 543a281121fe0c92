"""Time passes at the desks: marks are reached, pauses end, advisors vanish, and what waits is given out."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import assigning, conversations, lateness, seats
from hub.flow.desks import calendar_named, desk_named
from hub.flow.posts import locked_by_id
from hub.models import Conversation, ReplyTimer, Seat
from hub.work import Work

AT_ONCE = 200


def tick(hub: Hub) -> int:
    """One look; answers how many conversations were moved. Each is a transaction of its own."""
    with hub.look() as session:
        now = hub.clock()
        due = list(
            session.scalars(
                select(Conversation.id).where(Conversation.due_at <= now).order_by(Conversation.due_at).limit(AT_ONCE)
            )
        )
        lost = _lost(hub, session, now)
        waits = session.scalar(select(Conversation.id).where(Conversation.state == "waiting").limit(1)) is not None
    for conversation_id in due:
        with hub.begin() as work:
            _turn(hub, work, conversation_id)
    for conversation_id in lost:
        with hub.begin() as work:
            _take_back(hub, work, conversation_id)
    if waits:
        with hub.begin() as work:
            assigning.drain(hub, work)
    return len(due) + len(lost)


def _turn(hub: Hub, work: Work, conversation_id: int) -> None:
    conversation = locked_by_id(work, conversation_id)
    if conversation.pause_ends_at is not None and conversation.pause_ends_at <= work.now:
        conversations.resume(hub, work, conversation, None)
    else:
        lateness.turn(hub, work, conversation)


def _lost(hub: Hub, session: Session, now: datetime) -> list[int]:
    """Conversations whose customer waits for an answer of somebody who is gone, while their desk is open."""
    waiting = (ReplyTimer.measure.in_(("first", "next")), ReplyTimer.state == "running")
    rows = session.execute(
        select(Conversation.id, Conversation.desk, Seat)
        .join(ReplyTimer, ReplyTimer.conversation_id == Conversation.id)
        .outerjoin(Seat, Seat.principal_id == Conversation.owner_id)
        .where(Conversation.state == "assigned", *waiting)
    )
    return sorted({row_id for row_id, desk, seat in rows if _is_lost(hub, desk, seat, now)})


def _is_lost(hub: Hub, desk_name: str, seat: Seat | None, now: datetime) -> bool:
    desk = desk_named(hub, desk_name)
    gone = seat is None or not seats.is_here(seat, now, desk.grace)
    return gone and is_open(hub, desk.calendar, now)


def _take_back(hub: Hub, work: Work, conversation_id: int) -> None:
    conversation = locked_by_id(work, conversation_id)
    seat = work.session.get(Seat, conversation.owner_id) if conversation.owner_id is not None else None
    if conversation.state == "assigned" and _is_lost(hub, conversation.desk, seat, work.now):
        conversations.take_back(hub, work, conversation)


def is_open(hub: Hub, calendar: str, now: datetime) -> bool:
    return next(iter(calendar_named(hub, calendar).spans(now)), (None,))[0] == now


def answer_by(hub: Hub, desk_name: str, now: datetime) -> datetime | None:
    """When a first answer comes at the latest, if one asks now: the desk's promise in its own opening hours."""
    desk = desk_named(hub, desk_name)
    return calendar_named(hub, desk.calendar).after(now, timedelta(minutes=desk.promises["first"]))

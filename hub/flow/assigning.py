"""Who gets what waits: the most urgent first, and whatever can be given, however much waits that cannot."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from hub.core import Hub
from hub.flow import seats
from hub.flow.desks import desk_named, desks
from hub.flow.posts import put_event
from hub.flow.seats import Room
from hub.models import Conversation, Handoff
from hub.work import Work
from rules.desks import FRONT, choose

AT_ONCE = 100  # conversations that one draining gives out


def drain(hub: Hub, work: Work) -> int:
    """Give what waits to whoever is there; called in the transaction in which somebody frees up, or begins to wait. Answers how
    many were given. While nobody has a hand free it costs the same however many wait, and holds none of them."""
    room = seats.room_of(work)
    given, left = 0, set[int]()
    while given < AT_ONCE and (one := _first(hub, work, room, left)) is not None:
        if give(hub, work, one, room):
            given += 1
        else:
            left.add(one.id)
    return given


def give(hub: Hub, work: Work, conversation: Conversation, room: Room | None = None) -> bool:
    """Never by itself back to the one who has just passed it on. room: where more than one is given."""
    room, desk = room or seats.room_of(work), desk_named(hub, conversation.desk)
    but = _passed_on_by(work, conversation)
    there = [one for one in room.candidates(desk, seats.own_advisor(work, conversation)) if one.id != but]
    choice = choose(desk, conversation.branch, conversation.language, there)
    if choice.chosen is None:
        return False
    assign(work, conversation, choice.chosen, choice.as_json())
    room.load[choice.chosen] += 1
    return True


def assign(work: Work, conversation: Conversation, principal_id: int, explained: Mapping[str, Any]) -> None:
    handoff = work.session.scalars(open_handoff(conversation)).one()
    handoff.taken_at, handoff.taken_by, handoff.explained = work.now, principal_id, dict(explained)
    conversation.state, conversation.owner_id = "assigned", principal_id
    put_event(work, conversation, "assigned", principal_id, by=explained["by"])


def open_handoff(conversation: Conversation) -> Select[Handoff]:
    return select(Handoff).where(Handoff.conversation_id == conversation.id, Handoff.ended_at.is_(None))


def _first(hub: Hub, work: Work, room: Room, left: set[int]) -> Conversation | None:
    """What has waited most urgently of all that somebody has a hand free for, held; left: what none of them takes."""
    somebody = [*_takes(hub, room)]
    if not somebody:
        return None
    waiting = (
        select(Conversation)
        .where(Conversation.state == "waiting", or_(*somebody), *([Conversation.id.not_in(left)] if left else []))
        .order_by(Conversation.due_at.asc().nulls_last(), Conversation.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return work.session.scalars(waiting).one_or_none()


def _takes(hub: Hub, room: Room) -> Iterator[ColumnElement[bool]]:
    """What each desk's conversations must be for somebody to take them now, where anybody can."""
    known = desks(hub)
    waits = [(desk, Conversation.desk == desk.name) for desk in known]
    waits.append(
        (FRONT, Conversation.desk.not_in([desk.name for desk in known]))
    )  # whose desk has left the configuration
    for desk, theirs in waits:
        branches = {seat.branch for seat in room.free(desk)}
        if branches:
            yield and_(theirs, true() if None in branches else Conversation.branch.in_(branches))


def _passed_on_by(work: Work, conversation: Conversation) -> int | None:
    mine = select(Handoff).where(Handoff.conversation_id == conversation.id).order_by(Handoff.id.desc()).limit(2)
    last = work.session.scalars(mine).all()
    return last[1].taken_by if len(last) == 2 and last[0].cause == "passed_on" else None

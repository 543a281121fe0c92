"""The timers of a conversation: replayed from its posts at each of them, so that a verdict falls at the event and at no poll."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.flow import pipeline
from hub.flow.desks import calendar_named, desk_named
from hub.flow.posts import put_event
from hub.flow.promises import Round, Turn, rounds
from hub.flow.stopwatch import Standing, replay
from hub.models import Conversation, Event, Post, ReplyTimer
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day

TURNS = {"handed_off": "handed", "paused": "paused", "resumed": "resumed", "closed": "closed"}


def turn(hub: Hub, work: Work, conversation: Conversation) -> None:
    """Bring the timers up to now, and say which marks were reached: in the thread for advisors, as events for rules."""
    turns = _turns(work, conversation)
    rows = _rows(work, conversation)
    reached: list[tuple[ReplyTimer, int, datetime]] = []
    for one in rounds(turns):
        row = rows.get((one.measure, one.number)) or _begin(hub, work, conversation, one)
        if row.state != "stopped":
            reached += _settle(hub, work, row, one)
    due = [row.due_at for row in _rows(work, conversation).values() if row.due_at is not None]
    conversation.due_at = min(
        [*due, *([conversation.pause_ends_at] if conversation.pause_ends_at else [])], default=None
    )
    for row, percent, at in sorted(reached, key=lambda mark: mark[2]):
        put_event(work, conversation, "broken" if percent == 100 else "warned", measure=row.measure, percent=percent,
                  at=at.isoformat())  # fmt: skip
    _tell_rules(hub, work, conversation, reached)


def _turns(work: Work, conversation: Conversation) -> list[Turn]:
    columns = (Post.kind, Post.author, Post.event, Post.at)
    rows = select(*columns).where(Post.conversation_id == conversation.id).order_by(Post.seq)
    return turns_of(work.session.execute(rows).all())


def turns_of(posts: Iterable[Sequence[Any]]) -> list[Turn]:
    """(kind, author, event, at) of each post, in their order."""
    found = []
    for kind, author, event, at in posts:
        if kind == "said" and author in ("customer", "staff"):
            found.append(Turn("asked" if author == "customer" else "answered", at))
        elif kind == "event" and event in TURNS:
            found.append(Turn(TURNS[event], at))
    return found


def _rows(work: Work, conversation: Conversation) -> dict[tuple[str, int], ReplyTimer]:
    rows = work.session.scalars(select(ReplyTimer).where(ReplyTimer.conversation_id == conversation.id))
    return {(row.measure, row.round): row for row in rows}


def _begin(hub: Hub, work: Work, conversation: Conversation, one: Round) -> ReplyTimer:
    """Under what the desk promises now; a promise that runs is kept as it was given."""
    desk = desk_named(hub, conversation.desk)
    row = ReplyTimer(conversation_id=conversation.id, measure=one.measure, round=one.number, desk=desk.name, branch=conversation.branch,
                     minutes=desk.promises[one.measure], calendar=desk.calendar, state="running", started_at=one.told[0].at,
                     spent_seconds=0, reached=0)  # fmt: skip
    work.add(row)
    work.session.flush()
    return row


def _settle(hub: Hub, work: Work, row: ReplyTimer, one: Round) -> list[tuple[ReplyTimer, int, datetime]]:
    standing = standing_of(hub, row, one, work.now)
    marks = [(row, percent, at) for percent, at in standing.marks if percent > row.reached]
    row.state, row.stopped_at, row.due_at = standing.state, standing.stopped_at, standing.due_at
    row.spent_seconds = int(standing.spent.total_seconds())
    row.reached = max([row.reached, *(percent for percent, _ in standing.marks)])
    row.broken_at = next((at for percent, at in standing.marks if percent == 100), None)
    return marks


def standing_of(hub: Hub, row: ReplyTimer, one: Round, now: datetime) -> Standing:
    return replay(one.told, calendar_named(hub, row.calendar), timedelta(minutes=row.minutes), now)


def _tell_rules(
    hub: Hub, work: Work, conversation: Conversation, reached: Sequence[tuple[ReplyTimer, int, datetime]]
) -> None:
    """Warnings and breaches happened to the customer, at their own moment; segments and journeys may read them."""
    own, zone = hub.partner(OWN), hub.here.zone
    rows, changes = [], set()
    for row, percent, at in reached:
        kind = "answer_late" if percent == 100 else "answer_due"
        changes.add(f"event.{kind}")
        rows.append(
            {"kind": kind, "customer_id": conversation.customer_id, "vehicle_id": None, "about_id": conversation.id, "at_utc": at,
             "local_day": local_day(at, zone), "zone": zone, "amount_minor": None, "currency": None,
             "attributes": {"measure": row.measure, "percent": percent, "desk": row.desk}, "received_at": work.now,
             "connection_id": own.id, "withdrawn_at": None,
             "source_hash": work.vault.fingerprint("event", OWN, f"timer:{row.id}:{percent}")}
        )  # fmt: skip
    if work.insert_all(Event, rows):
        pipeline.follow(hub, work, {conversation.customer_id: changes}, [])

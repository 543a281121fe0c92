"""A conversation's life: begun, written in, handed to people, taken by one of them, passed on, paused, closed, begun again.

bot ─▶ waiting ─▶ assigned ─▶ closed        every change is a post in the sequence of the words, under the row's lock
 └──────────────▶ closed ─▶ bot (a new one)  one owner: the row has one column for it, and the database checks state and owner"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import answered, lateness
from hub.flow.assigning import assign, drain, give, open_handoff
from hub.flow.desks import desk_named, desk_of
from hub.flow.posts import key_of, locked_by_id, put_event, put_words
from hub.models import Conversation, Customer, Handoff, Ownership, Post, Principal, new_ref
from hub.work import Work
from rules.calendar import local_day
from rules.desks import PAUSES

OPEN = ("bot", "waiting", "assigned")


@dataclass(frozen=True)
class Words:
    """What somebody writes. client_id: the writer's own name of it; the same one again is the same post. files: refs of the
    customer's documents that come along."""

    text: str
    client_id: str | None = None
    files: Sequence[str] = ()


def customer_of(session: Session, principal_id: int) -> Customer:
    """Whose pages these are. Raises NotFound for somebody who is no customer."""
    mine = select(Customer).join(Principal, Principal.person_id == Customer.person_id)
    found = session.scalars(mine.where(Principal.id == principal_id)).one_or_none()
    if found is None:
        raise NotFound("There is no customer behind this sign-in.")
    return found


def last_of(session: Session, customer_id: int) -> Conversation | None:
    """The open one, or else the last that was."""
    mine = select(Conversation).where(Conversation.customer_id == customer_id).order_by(Conversation.id.desc())
    return session.scalars(mine.limit(1)).one_or_none()


# --- the customer


def write(hub: Hub, work: Work, customer: Customer, words: Words, language: str) -> tuple[Conversation, Post, bool]:
    """The customer's words into the open conversation, or into a new one; (it, the post, is it news?)."""
    conversation = open_one(hub, work, customer, language)
    post, is_new = put_words(work, conversation, "customer", words.text, client_id=words.client_id, files=words.files)
    conversation.seen_by_customer = max(conversation.seen_by_customer, post.seq)
    if is_new and conversation.pause == "customer":
        _go_on(work, conversation)
    if is_new and conversation.state != "bot":
        lateness.turn(hub, work, conversation)
    return conversation, post, is_new


def open_one(hub: Hub, work: Work, customer: Customer, language: str) -> Conversation:
    """The open conversation, or a new one; the customer's row orders those who begin at the same moment."""
    work.session.execute(select(Customer.id).where(Customer.id == customer.id).with_for_update())
    mine = (Conversation.customer_id == customer.id, Conversation.state.in_(OPEN))
    known = work.session.scalar(select(Conversation.id).where(*mine))
    if known is not None:
        return locked_by_id(work, known)
    conversation = Conversation(
        ref=new_ref(), customer_id=customer.id, vehicle_id=_only_car(hub, work, customer.id), branch=customer.branch,
        language=language, desk=desk_of(hub, customer.branch, language).name, state="bot", opened_at=work.now,
        changed_at=work.now, seq=0, seen_by_customer=0, seen_by_staff=0,
    )  # fmt: skip
    key_of(work, conversation)
    work.add(conversation)
    work.session.flush()
    put_event(work, conversation, "opened")
    return conversation


def _only_car(hub: Hub, work: Work, customer_id: int) -> int | None:
    """What it is about, where that is no question."""
    today = local_day(work.now, hub.here.zone)
    mine = select(Ownership.vehicle_id).where(Ownership.customer_id == customer_id, Ownership.since <= today)
    cars = set(work.session.scalars(mine.where((Ownership.until.is_(None)) | (Ownership.until > today))))
    return cars.pop() if len(cars) == 1 else None


def answer(work: Work, conversation: Conversation, text: str, **attributes: object) -> Post:
    """The bot's words; it never speaks once people have it."""
    if conversation.state != "bot":
        raise Denied("A person has this conversation.", "The bot does not speak beside them.")
    post, _ = put_words(work, conversation, "bot", text)
    post.attributes = attributes or None
    return post


# --- from the bot to people, and among them


def hand_off(
    hub: Hub, work: Work, conversation: Conversation, cause: str, tried: Sequence[str], summary: str = ""
) -> None:
    """Let it wait for a person, and give it to one who is there."""
    if conversation.state != "bot":
        return
    _queue(hub, work, conversation, conversation.desk, cause, tried, summary)
    put_event(work, conversation, "handed_off", cause=cause, desk=conversation.desk)
    lateness.turn(hub, work, conversation)
    drain(hub, work)


def take(hub: Hub, work: Work, conversation: Conversation, principal_id: int) -> None:
    """An advisor takes it by hand. Raises Denied when another has it."""
    if conversation.owner_id == principal_id:
        return
    if conversation.state == "assigned":
        raise Denied("Somebody else has this conversation.", "Ask them to pass it on.")
    if conversation.state == "closed":
        raise WrongInput("This conversation is closed.", "The customer can begin a new one.")
    if conversation.state == "bot":
        _queue(hub, work, conversation, conversation.desk, "passed_on", (), "")
        put_event(work, conversation, "handed_off", cause="passed_on", desk=conversation.desk)
    assign(work, conversation, principal_id, {"chosen": principal_id, "by": "hand", "candidates": []})
    lateness.turn(hub, work, conversation)


def reply(hub: Hub, work: Work, conversation: Conversation, principal_id: int, words: Words) -> tuple[Post, bool]:
    """The owner's answer to the customer."""
    _owned(conversation, principal_id)
    post, is_new = put_words(
        work, conversation, "staff", words.text, author_id=principal_id, client_id=words.client_id, files=words.files
    )
    conversation.seen_by_staff = max(conversation.seen_by_staff, post.seq)
    if is_new:
        lateness.turn(hub, work, conversation)
        answered.tell(hub, work, conversation, post)
    return post, is_new


def note(work: Work, conversation: Conversation, principal_id: int, words: Words) -> tuple[Post, bool]:
    """For colleagues' eyes; whoever works at the desk may write one."""
    return put_words(
        work, conversation, "staff", words.text, kind="note", author_id=principal_id, client_id=words.client_id
    )


def pass_on(hub: Hub, work: Work, conversation: Conversation, principal_id: int, to: int | None) -> None:
    """From its owner to another advisor, or back into the queue. Its promises run on."""
    _owned(conversation, principal_id)
    _queue(hub, work, conversation, conversation.desk, "passed_on", (), "")
    put_event(work, conversation, "passed_on", principal_id)
    if to is not None:
        assign(work, conversation, to, {"chosen": to, "by": "hand", "candidates": []})
    else:
        give(hub, work, conversation)
    lateness.turn(hub, work, conversation)
    drain(hub, work)


def take_back(hub: Hub, work: Work, conversation: Conversation) -> None:
    """Its owner has vanished while the customer waits."""
    _queue(hub, work, conversation, conversation.desk, "vanished", (), "")
    put_event(work, conversation, "vanished")
    give(hub, work, conversation)
    lateness.turn(hub, work, conversation)


def arrive(hub: Hub, work: Work, customer_id: int) -> None:
    """Somebody moved here with what waits for an answer: no pause that was agreed elsewhere holds, the promises run on."""
    waiting = (Conversation.customer_id == customer_id, Conversation.state == "waiting")
    for conversation in work.session.scalars(select(Conversation).where(*waiting).with_for_update()):
        resume(hub, work, conversation, None)
        lateness.turn(hub, work, conversation)
    drain(hub, work)


# --- rest and end


def pause(hub: Hub, work: Work, conversation: Conversation, principal_id: int, reason: str) -> None:
    """The end of the matter waits for the customer, for parts, for an approval; for so long at most."""
    _owned(conversation, principal_id)
    desk = desk_named(hub, conversation.desk)
    if reason not in PAUSES or reason not in desk.pauses:
        raise WrongInput("This desk knows no such pause.", f"It knows: {', '.join(desk.pauses)}.")
    if conversation.pause is None:
        conversation.pause, conversation.pause_ends_at = reason, work.now + timedelta(minutes=desk.pauses[reason])
        put_event(
            work, conversation, "paused", principal_id, reason=reason, until=conversation.pause_ends_at.isoformat()
        )
        lateness.turn(hub, work, conversation)
        drain(hub, work)


def resume(hub: Hub, work: Work, conversation: Conversation, principal_id: int | None) -> None:
    """By its owner, or (None) because the pause has lasted as long as it may."""
    if principal_id is not None:
        _owned(conversation, principal_id)
    if conversation.pause is not None:
        _go_on(work, conversation, principal_id)
        lateness.turn(hub, work, conversation)


def _go_on(work: Work, conversation: Conversation, principal_id: int | None = None) -> None:
    conversation.pause, conversation.pause_ends_at = None, None
    put_event(work, conversation, "resumed", principal_id)


def close(hub: Hub, work: Work, conversation: Conversation, principal_id: int | None) -> None:
    """By its owner, or by the customer (None). The next words begin a new one."""
    if conversation.state == "closed":
        return
    if principal_id is not None:
        _owned(conversation, principal_id)
    _end_handoff(work, conversation)
    conversation.state, conversation.owner_id, conversation.closed_at = "closed", None, work.now
    conversation.pause, conversation.pause_ends_at = None, None
    put_event(work, conversation, "closed", principal_id)
    lateness.turn(hub, work, conversation)
    drain(hub, work)


# --- the waiting for people


def _queue(
    hub: Hub, work: Work, conversation: Conversation, desk: str, cause: str, tried: Sequence[str], summary: str
) -> None:
    _end_handoff(work, conversation)
    handoff = Handoff(id=work.ids.next(), conversation_id=conversation.id, desk=desk, cause=cause, tried=list(tried),
                      asked_at=work.now)  # fmt: skip
    if summary:
        key = key_of(work, conversation)
        handoff.summary = work.vault.seal(key, summary.encode(), f"handoffs.summary:{handoff.id}")
    work.add(handoff)
    conversation.state, conversation.owner_id = "waiting", None
    work.session.flush()


def _end_handoff(work: Work, conversation: Conversation) -> None:
    for row in work.session.scalars(open_handoff(conversation)):
        row.ended_at = work.now
    work.session.flush()


def _owned(conversation: Conversation, principal_id: int) -> None:
    if conversation.owner_id != principal_id:
        raise Denied("This conversation is not yours.", "Take it first.")

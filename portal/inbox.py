"""The advisors' inbox: who waits and since when, one conversation at a time, and what can be done with it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, stream_with_context, url_for
from sqlalchemy import or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, PartDown, WrongInput
from hub.flow import briefs, conversations, posts, seats, strangers
from hub.flow.briefs import Brief
from hub.flow.conversations import Words
from hub.flow.desks import desk_named
from hub.flow.posts import Said
from hub.models import Appointment, Conversation, Customer, Principal, ReplyTimer, Seat, Vehicle, Visit, new_ref
from hub.web.webhooks import this_hub
from hub.work import Work
from portal import enclosing, guard, me
from portal.desks import ADVISORS
from portal.enclosing import Brought
from portal.guard import opens_to, takes_file
from portal.languages import OFFERED
from portal.pages import fill, page, this_portal
from portal.scope import Scope, scope_of
from portal.stream import Parts, events

bp = Blueprint("inbox", __name__, url_prefix="/desk/inbox")
SHOWN = 60  # conversations in the list, and posts of the one that is open
BEAT_EVERY = 10  # looks between two signs of life of the advisor's page


@dataclass(frozen=True)
class Waiting:
    """One conversation in the list. due_at: the moment its most urgent promise is broken or warns next."""

    ref: str
    state: str
    owner: str
    is_mine: bool
    language: str
    branch: str | None
    pause: str | None
    due_at: datetime | None
    is_late: bool
    since: datetime
    new: int


@dataclass(frozen=True)
class Opened:
    """stands: since when the car is with us, if it is. next_at: when they come next. stranger: what somebody says of themself
    whom nobody knows, by field; none of it is proved. read: our last words; types: the customer, just now."""

    row: Waiting
    said: Sequence[Said]
    car: str
    pauses: Sequence[str]
    brief: Brief | None
    stands: datetime | None
    next_at: datetime | None
    stranger: Mapping[str, str]
    read: bool
    types: bool


@bp.get("/")
@opens_to(*ADVISORS)
def queue() -> Response:
    return page("inbox.html", **_seen(this_hub(), request.args.get("c", ""), _me()))


def _me() -> int:
    person = guard.who()
    if person is None:
        raise NotFound("There is no such page.")
    return person.principal_id


def _seen(hub: Hub, ref: str, mine: int) -> dict[str, Any]:
    with hub.look() as session:
        scope = scope_of(ADVISORS)
        rows = _open_ones(session, scope, mine)
        chosen = _chosen(session, rows, ref)
        names = _names(session, [*rows, *chosen])
        late = _late(session, [*rows, *chosen])
        listed = [_waiting(row, names, late, mine) for row in rows]
        seat = session.get(Seat, mine)
        shown = next((row for row in chosen if _may_see(scope, row, mine)), None)
        opened = _opened(hub, session, shown, _waiting(shown, names, late, mine)) if shown else None
        here = seats.is_here(seat, hub.clock(), 60)
    return {
        "listed": listed,
        "opened": opened,
        "here": here,
        "now": hub.clock(),
        "names": names,
        "offered_words": OFFERED,
    }


def _chosen(session: Session, rows: Sequence[Conversation], ref: str) -> list[Conversation]:
    """The one with this ref, or none; most often it stands in the list, and was read."""
    listed = [row for row in rows if row.ref == ref]
    if listed or not ref:
        return listed
    return list(session.scalars(select(Conversation).where(Conversation.ref == ref)))


def _may_see(scope: Scope, row: Conversation, mine: int) -> bool:
    """Of their branches, of nobody's branch, and what was passed on to them."""
    return row.branch is None or row.owner_id == mine or scope.holds(row.branch)


def seen_by_me(session: Session, ref: str) -> Conversation:
    """Raises NotFound for one of another branch, as for none."""
    row = session.scalars(select(Conversation).where(Conversation.ref == ref)).one_or_none()
    if row is None or not _may_see(scope_of(ADVISORS), row, _me()):
        raise NotFound("There is no such conversation.")
    return row


def _open_ones(session: Session, scope: Scope, mine: int) -> list[Conversation]:
    theirs = or_(Conversation.branch.is_(None), Conversation.owner_id == mine, scope.where(Conversation.branch))
    wanted = select(Conversation).where(Conversation.state.in_(("waiting", "assigned")), theirs)
    order = (Conversation.pause.is_not(None), Conversation.due_at.asc().nulls_last(), Conversation.id)
    return list(session.scalars(wanted.order_by(*order).limit(SHOWN)))


def _names(session: Session, rows: Sequence[Conversation]) -> dict[int, str]:
    owners = {row.owner_id for row in rows if row.owner_id}
    found = select(Principal.id, Principal.title).where(Principal.id.in_(owners))
    return {key: title for key, title in session.execute(found)}


def _late(session: Session, rows: Sequence[Conversation]) -> set[int]:
    """Those whose customer waits longer than was promised."""
    running = (ReplyTimer.state == "running", ReplyTimer.broken_at.is_not(None))
    mine = ReplyTimer.conversation_id.in_([row.id for row in rows])
    return set(session.scalars(select(ReplyTimer.conversation_id).where(mine, *running)))


def _waiting(row: Conversation, names: Mapping[int, str], late: set[int], mine: int) -> Waiting:
    return Waiting(
        ref=row.ref,
        state=row.state,
        owner=names.get(row.owner_id or 0, ""),
        is_mine=row.owner_id == mine,
        language=row.language,
        branch=row.branch,
        pause=row.pause,
        due_at=row.due_at,
        is_late=row.id in late,
        since=row.changed_at,
        new=row.seq - row.seen_by_staff,
    )


def _opened(hub: Hub, session: Session, row: Conversation, listed: Waiting) -> Opened:
    key = posts.key_in(hub, session, row)
    car = session.get(Vehicle, row.vehicle_id) if row.vehicle_id else None
    title = " ".join(part for part in (car.make, car.model) if part) if car else ""
    said = posts.latest(hub, session, row, SHOWN, staff=True, key=key)
    pauses = tuple(desk_named(hub, row.desk).pauses)
    brief = briefs.brief_of(hub, session, row, key) if key else None
    stands, next_at, is_stranger = _context(hub, session, row)
    stranger = _claimed(hub, session, row) if is_stranger and key else {}
    ours = [one.seq for one in said if one.author == "staff" and one.kind == "said"]
    read, types = bool(ours) and ours[-1] <= row.seen_by_customer, row.customer_id in hub.bell.typists("customer")
    return Opened(listed, said, title, pauses, brief, stands, next_at, stranger, read, types)


def _context(hub: Hub, session: Session, row: Conversation) -> tuple[datetime | None, datetime | None, bool]:
    """Since when their car is with us, when they come next, and whether nobody knows who they are."""
    here = select(Visit.opened_at).where(Visit.customer_id == row.customer_id, Visit.status == "open")
    coming = (Appointment.customer_id == row.customer_id, Appointment.state == "booked")
    to_come = select(Appointment.starts_at).where(*coming, Appointment.starts_at > hub.clock())
    stands = here.order_by(Visit.opened_at.desc()).limit(1).scalar_subquery()
    next_at = to_come.order_by(Appointment.starts_at).limit(1).scalar_subquery()
    found = session.execute(select(stands, next_at, strangers.claimed(row.customer_id))).one()
    return found[0], found[1], bool(found[2])


def _claimed(hub: Hub, session: Session, row: Conversation) -> Mapping[str, str]:
    who = me.opened(hub, session, Customer.id == row.customer_id)[0]
    return {name: who.value(name) for name in ("name", "email", strangers.FROM)}


# --- what an advisor does


@bp.post("/sit")
@opens_to(*ADVISORS)
def sit() -> Response:
    """Here, and what waits comes; or away, and nothing does."""
    hub, state = this_hub(), "here" if request.form.get("state") == "here" else "away"
    languages = [code for code in request.form.getlist("language") if code in OFFERED] or list(OFFERED)
    with hub.begin() as work:
        seats.sit(work, _me(), languages, state)
        conversations.drain(hub, work)
    return _back("")


def _reply(file: Brought | None, hub: Hub, work: Work, row: Conversation, mine: int) -> None:
    client_id = request.form.get("client_id") or None
    customer = work.session.get_one(Customer, row.customer_id)
    if file and strangers.is_stranger(work.session, customer.id):
        raise WrongInput("A guest has no page on which this file could be opened.", "Send the words alone.")
    files = [enclosing.keep(hub, work, customer, file, client_id or new_ref())] if file else []
    conversations.reply(hub, work, row, mine, Words(request.form.get("text", ""), client_id, files))


def _note(_hub: Hub, work: Work, row: Conversation, mine: int) -> None:
    """A file would stand among the customer's documents, and a note is for colleagues."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        raise WrongInput("A note holds no file.", "Send it to the customer, or keep the note without it.")
    conversations.note(work, row, mine, Words(request.form.get("text", ""), request.form.get("client_id") or None))


Deed = Callable[[Hub, Work, Conversation, int], None]
DEEDS: Mapping[str, Deed] = {
    "take": conversations.take,
    "note": _note,
    "pass-on": lambda hub, work, row, mine: conversations.pass_on(hub, work, row, mine, None),
    "pause": lambda hub, work, row, mine: conversations.pause(hub, work, row, mine, request.form.get("reason", "")),
    "resume": conversations.resume,
    "close": conversations.close,
}


@bp.post("/<ref>/<deed>")
@opens_to(*ADVISORS)
@takes_file(enclosing.MOST)
def do(ref: str, deed: str) -> Response:
    hub, mine = this_hub(), _me()
    if deed not in {*DEEDS, "reply"}:
        raise NotFound("There is no such page.")
    file = enclosing.brought(hub) if deed == "reply" else None
    deeds: Mapping[str, Deed] = {**DEEDS, "reply": partial(_reply, file)}
    with enclosing.kept_or_gone(hub, file), hub.begin() as work:
        row = posts.locked(work, ref)
        if not _may_see(scope_of(ADVISORS), row, mine):
            raise NotFound("There is no such conversation.")
        deeds[deed](hub, work, row, mine)
        row.seen_by_staff = row.seq
    return _back(ref)


def _back(ref: str) -> Response:
    """Without a fragment, which would keep the browser from putting the cursor where the next words go."""
    return make_response(redirect(url_for("portal.inbox.queue", c=ref or None), 303))


# --- live


@bp.get("/stream")
@opens_to(*ADVISORS)
def stream() -> Response:
    """The list and the open conversation as they change; the page's sign of life as well. Raises PartDown."""
    hub, shared, mine, ref = this_hub(), this_portal(), _me(), request.args.get("c", "")
    if not shared.streams.acquire(blocking=False):
        raise PartDown("Several consoles are live already.", "This one can be looked at by hand; try again later.")
    secret, roles = guard.session_secret(), frozenset(ADVISORS)
    told = events(
        lambda beat: _parts(hub, ref, mine, beat), lambda: guard.still_open_to(hub, secret, roles), shared.wait
    )

    def until_down() -> Any:
        with suppress(OperationalError):
            yield from told

    response = Response(
        stream_with_context(until_down()), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(shared.streams.release)
    return response


def _parts(hub: Hub, ref: str, mine: int, beat: int) -> Parts:
    if beat % BEAT_EVERY == 0:
        with hub.begin() as work:
            if seats.beat(work, mine):
                conversations.drain(hub, work)
    values = _seen(hub, ref, mine)
    found = {"waiting": fill("_waiting.html", **values)}
    opened = ("said", "signs") if values["opened"] else ()
    return found | {name: fill(f"_{name}.html", **values) for name in opened}

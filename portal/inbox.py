"""The advisors' inbox: who waits and since when, one conversation at a time, and what can be done with it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, stream_with_context, url_for
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, PartDown, WrongInput
from hub.flow import assigning, briefs, conversations, posts, seats, strangers
from hub.flow.briefs import Brief
from hub.flow.conversations import Words
from hub.flow.desks import desk_named
from hub.flow.posts import Said
from hub.flow.queue import COLUMNS, STATES, Asked, Place, Reader, Waiting, listed, named, place_of
from hub.flow.sightings import note_seen
from hub.models import Appointment, Branch, Conversation, Customer, Seat, Vehicle, Visit, new_ref
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
from portal.tables import cut, table

bp = Blueprint("inbox", __name__, url_prefix="/desk/inbox")
SHOWN = 60  # conversations of one page, and posts of the one that is open
BEAT_EVERY = 10  # looks between two signs of life of the advisor's page


@dataclass(frozen=True)
class Opened:
    """stands: since when the car is with us, if it is. next_at: when they come next. stranger: what somebody says of themself
    whom nobody knows, by field; none of it is proved. read: our last words; types: the customer, just now. replies: prepared words in
    their language, by name."""

    row: Waiting
    customer_id: int
    said: Sequence[Said]
    car: str
    pauses: Sequence[str]
    brief: Brief | None
    stands: datetime | None
    next_at: datetime | None
    stranger: Mapping[str, str]
    read: bool
    types: bool
    replies: Mapping[str, str]


@bp.get("/")
@opens_to(*ADVISORS)
def queue() -> Response:
    """c: the conversation that is open; reply: with which prepared words the answer begins; state, branch: what is listed; after:
    the place behind which the list begins. That words of somebody were read is written down."""
    hub, asked, mine = this_hub(), _asked(), _me()
    values = _seen(hub, request.args.get("c", ""), mine, asked)
    with hub.look() as session:
        found = select(Branch.code, Branch.title).where(scope_of(ADVISORS).where(Branch.code))
        theirs = {code: title for code, title in session.execute(found.order_by(Branch.title))}
    if values["opened"] is not None:
        note_seen(hub, guard.principal(), [values["opened"].customer_id], "inbox")
    begun = values["opened"].replies.get(request.args.get("reply", ""), "") if values["opened"] else ""
    return page("inbox.html", **values, branches=theirs, states=("", *STATES), begun=begun)


@bp.get("/list.csv")
@opens_to(*ADVISORS)
def queue_table() -> Response:
    """All that the page's filter leaves, streamed: refs, states and clocks, no word of anybody. It names staff, so that it was taken
    along is written down."""
    hub, asked, reader = this_hub(), _asked(), Reader(_me(), scope_of(ADVISORS).branches)
    with hub.begin() as work:
        work.audit(guard.principal(), "inbox_table_taken", "region")

    def read(session: Session, place: Place | None, most: int) -> list[tuple[Place, tuple[object, ...]]]:
        found = listed(session, reader, replace(asked, after=place), most)
        return [(one.place, one.plain()) for one in found]

    return table(hub, f"conversations-{asked.state or 'open'}", COLUMNS, read)


def _me() -> int:
    person = guard.who()
    if person is None:
        raise NotFound("There is no such page.")
    return person.principal_id


def _asked() -> Asked:
    """An unknown word of an address filters nothing: old links go on working."""
    args = request.args
    state = args.get("state", "")
    return Asked(state if state in STATES else "", args.get("branch", "")[:32], place_of(args.get("after", "")))


def _seen(hub: Hub, ref: str, mine: int, asked: Asked) -> dict[str, Any]:
    with hub.look() as session:
        scope = scope_of(ADVISORS)
        reader = Reader(mine, scope.branches)
        found, after = cut(listed(session, reader, asked, SHOWN + 1), SHOWN, lambda one: one.place)
        chosen = named(session, ref, reader) if ref else None
        opened = _opened(hub, session, *chosen) if chosen and _may_see(scope, chosen[0], mine) else None
        here = seats.is_here(session.get(Seat, mine), hub.clock(), 60)
    return {
        "listed": found, "after": after, "asked": asked, "opened": opened, "here": here, "now": hub.clock(),
        "offered_words": OFFERED,
    }  # fmt: skip


def _may_see(scope: Scope, row: Conversation, mine: int) -> bool:
    """Of their branches, of nobody's branch, and what was passed on to them."""
    return row.branch is None or row.owner_id == mine or scope.holds(row.branch)


def seen_by_me(session: Session, ref: str) -> Conversation:
    """Raises NotFound for one of another branch, as for none."""
    row = session.scalars(select(Conversation).where(Conversation.ref == ref)).one_or_none()
    if row is None or not _may_see(scope_of(ADVISORS), row, _me()):
        raise NotFound("There is no such conversation.")
    return row


def _opened(hub: Hub, session: Session, row: Conversation, waiting: Waiting) -> Opened:
    key = posts.key_in(hub, session, row)
    car = session.get(Vehicle, row.vehicle_id) if row.vehicle_id else None
    title = " ".join(part for part in (car.make, car.model) if part) if car else ""
    said = posts.latest(hub, session, row, SHOWN, staff=True, key=key)
    desk = desk_named(hub, row.desk)
    brief = briefs.brief_of(hub, session, row, key) if key else None
    stands, next_at, is_stranger = _context(hub, session, row)
    stranger = _claimed(hub, session, row) if is_stranger and key else {}
    ours = [one.seq for one in said if one.author == "staff" and one.kind == "said"]
    read, types = bool(ours) and ours[-1] <= row.seen_by_customer, row.customer_id in hub.bell.typists("customer")
    return Opened(
        waiting, row.customer_id, said, title, tuple(desk.pauses), brief, stands, next_at, stranger, read, types,
        desk.replies_in(row.language),
    )  # fmt: skip


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
        assigning.drain(hub, work)
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
    here = _asked().here()
    return make_response(redirect(url_for("portal.inbox.queue", c=ref or None, **here), 303))


# --- live


@bp.get("/stream")
@opens_to(*ADVISORS)
def stream() -> Response:
    """The list and the open conversation as they change; the page's sign of life as well. Raises PartDown."""
    hub, shared, mine, ref = this_hub(), this_portal(), _me(), request.args.get("c", "")
    asked = _asked()
    if not shared.streams.acquire(blocking=False):
        raise PartDown("Several consoles are live already.", "This one can be looked at by hand; try again later.")
    secret, roles = guard.session_secret(), frozenset(ADVISORS)
    told = events(
        lambda beat: _parts(hub, ref, mine, asked, beat), lambda: guard.still_open_to(hub, secret, roles), shared.wait
    )

    def until_down() -> Any:
        with suppress(OperationalError):
            yield from told

    response = Response(
        stream_with_context(until_down()), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(shared.streams.release)
    return response


def _parts(hub: Hub, ref: str, mine: int, asked: Asked, beat: int) -> Parts:
    if beat % BEAT_EVERY == 0:
        with hub.begin() as work:
            if seats.beat(work, mine):
                assigning.drain(hub, work)
    values = _seen(hub, ref, mine, asked)
    found = {"waiting": fill("_waiting.html", **values)}
    opened = ("said", "signs") if values["opened"] else ()
    return found | {name: fill(f"_{name}.html", **values) for name in opened}

"""A customer and the garage's people: written by a form, read on the page, live where the browser can."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, make_response, redirect, request, stream_with_context, url_for
from sqlalchemy.exc import OperationalError

from hub.core import Hub
from hub.errors import NotFound, PartDown, WrongInput
from hub.flow import attendance, conversations, posts
from hub.flow.conversations import Words
from hub.flow.desks import desk_of
from hub.flow.posts import Said
from hub.models import Customer
from hub.web.webhooks import this_hub
from portal import enclosing, guard
from portal.assistant import Setting, ask_for_a_person, respond
from portal.guard import CUSTOMER, opens_to, takes_file
from portal.me import me
from portal.pages import fill, page, this_portal, tongue
from portal.stream import RETRY_MS, event

bp = Blueprint("chat", __name__, url_prefix="/my/chat")
SHOWN = 60  # posts on the page when it is opened
EVERY = 0.5  # seconds between two looks of a stream
BEATS = 1800
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,36}")
PLACE = re.compile(r"([0-9a-f]{32}):([0-9]{1,12})")


@dataclass(frozen=True)
class Thread:
    """The customer's last conversation as far as it was read. place: where to go on from, `ref:seq`. again: by their seq, posts
    from before that look different now, as a file of theirs was checked."""

    ref: str
    state: str
    said: Sequence[Said]
    again: Mapping[int, Said] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.ref}:{self.said[-1].seq if self.said else 0}" if self.ref else ""


def thread_of(hub: Hub, customer_id: int, place: str = "") -> Thread:
    """What came after a place; of a new conversation, and without a place, the last posts. A place is nobody's secret: whose
    conversation it is says the session."""
    found = PLACE.fullmatch(place)
    with hub.look() as session:
        row = conversations.last_of(session, customer_id)
        if row is None:
            return Thread("", "closed", ())
        if found and found[1] == row.ref:
            said = posts.read(hub, session, row, int(found[2]), staff=False)
            checked = [one.attributes["of"] for one in said if one.event == posts.CHECKED]
            return Thread(row.ref, row.state, said, posts.some(hub, session, row, checked) if checked else {})
        return Thread(row.ref, row.state, posts.latest(hub, session, row, SHOWN, staff=False))


@bp.get("/")
@opens_to(CUSTOMER)
def thread() -> Response:
    return _thread()


def _thread(status: int = 200, wrong: WrongInput | None = None) -> Response:
    """wrong: why the message was not sent; its words stay in the field."""
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
    desk = desk_of(hub, who.branch, tongue().code)
    answer_by = attendance.answer_by(hub, desk.name, hub.clock())
    is_open = attendance.is_open(hub, desk.calendar, hub.clock())
    seen = thread_of(hub, who.customer_id)
    return page(
        "my/chat.html",
        status,
        me=who,
        thread=seen,
        answer_by=answer_by,
        is_open=is_open,
        client_id=uuid.uuid4(),
        wrong=wrong,
    )


@bp.post("/")
@opens_to(CUSTOMER)
@takes_file(enclosing.MOST)
def write() -> Response:
    """The same message again, by a second click or after a lost line, is one message, and answered once."""
    hub, client_id = this_hub(), request.form.get("client_id", "")
    try:
        if not CLIENT_ID.fullmatch(client_id):
            raise WrongInput("This message has no name of its own.", "Open the page again and send it from there.")
        seq = _write(hub, client_id)
    except WrongInput as error:
        if isinstance(error, NotFound):
            raise
        return _thread(error.status, error)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(seq=seq)
    return make_response(redirect(url_for("portal.chat.thread") + "#end", 303))


def _write(hub: Hub, client_id: str) -> int:
    """The seq of the post."""
    file = enclosing.brought(hub)
    with enclosing.kept_or_gone(hub, file), hub.begin() as work:
        who = me(hub, work.session)
        customer = work.session.get_one(Customer, who.customer_id, with_for_update=True if file else None)
        files = [enclosing.keep(hub, work, customer, file, client_id)] if file else []
        words = Words(request.form.get("text", ""), client_id, files)
        conversation, post, is_new = conversations.write(hub, work, customer, words, tongue().code)
        if is_new:
            respond(_setting(hub), work, who, conversation, words)
        return post.seq


@bp.post("/person")
@opens_to(CUSTOMER)
def person() -> Response:
    """A customer who would rather speak with somebody gets somebody."""
    hub = this_hub()
    with hub.begin() as work:
        customer = work.session.get_one(Customer, me(hub, work.session).customer_id)
        ask_for_a_person(_setting(hub), work, customer)
    return make_response(redirect(url_for("portal.chat.thread") + "#end", 303))


def _setting(hub: Hub) -> Setting:
    return Setting(hub, this_portal().chain, tongue())


@bp.post("/close")
@opens_to(CUSTOMER)
def close() -> Response:
    """The customer needs nothing more."""
    hub = this_hub()
    with hub.look() as session:
        row = conversations.last_of(session, me(hub, session).customer_id)
    if row is None:
        raise NotFound("There is no such conversation.")
    with hub.begin() as work:
        conversations.close(hub, work, posts.locked_by_id(work, row.id), None)
    return make_response(redirect(url_for("portal.chat.thread"), 303))


# --- live


@bp.get("/stream")
@opens_to(CUSTOMER)
def stream() -> Response:
    """Posts as they come, from the place the browser names when it returns. Raises PartDown when too many pages are live."""
    hub, shared = this_hub(), this_portal()
    with hub.look() as session:
        customer_id = me(hub, session).customer_id
    if not shared.streams.acquire(blocking=False):
        raise PartDown("Many pages are live already.", "This one shows what is new when it is opened again.")
    secret, roles = guard.session_secret(), frozenset({CUSTOMER})
    place = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    told = following(
        lambda since: thread_of(hub, customer_id, since),
        lambda: guard.still_open_to(hub, secret, roles),
        shared.wait,
        place,
        lambda said: fill("my/_post.html", said=said),
    )
    response = Response(
        stream_with_context(_until_down(told)), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(shared.streams.release)
    return response


def following(
    look: Callable[[str], Thread], still: Callable[[], bool], wait: Callable[[float], None], place: str,
    draw: Callable[[Said], str], beats: int = BEATS,
) -> Iterator[str]:  # fmt: skip
    """Each post once, in the order of its seq, whatever the line does: the id of each event is the place to go on from."""
    yield f"retry: {RETRY_MS}\n\n"
    for _ in range(beats):
        if not still():
            yield event("end", {})
            return
        seen = look(place)
        for said in seen.said:
            place = f"{seen.ref}:{said.seq}"
            values = {"place": place, "html": draw(said)}
            if before := seen.again.get(said.attributes.get("of", 0)):
                values |= {"seq": str(before.seq), "again": draw(before)}
            yield f"id: {place}\n" + event("post", values)
        if not seen.said:
            yield ": beat\n\n"
        wait(EVERY)


def _until_down(told: Iterator[str]) -> Iterator[str]:
    with suppress(OperationalError):
        yield from told

"""A customer and the garage's people: written by a form, read on the page, live where the browser can."""

import re
import uuid
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, jsonify, make_response, redirect, request, url_for

from hub.core import Hub
from hub.errors import NotFound, PartDown, WrongInput
from hub.flow import attendance, conversations, posts
from hub.flow.conversations import Words
from hub.flow.desks import desk_of
from hub.flow.posts import Said
from hub.models import Customer
from hub.telling import Line, offer
from hub.web.webhooks import this_hub
from portal import enclosing, guard
from portal.assistant import Setting, ask_for_a_person, respond
from portal.guard import CUSTOMER, opens_to, takes_file
from portal.languages import Tongue
from portal.listening import Reader
from portal.me import me, my_id
from portal.pages import fill, page, this_portal, tongue
from portal.threads import thread_of, told

bp = Blueprint("chat", __name__, url_prefix="/my/chat")
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,36}")


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
        customer = work.session.get_one(Customer, my_id())
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
        row = conversations.last_of(session, my_id())
    if row is None:
        raise NotFound("There is no such conversation.")
    with hub.begin() as work:
        conversations.close(hub, work, posts.locked_by_id(work, row.id), None)
    return make_response(redirect(url_for("portal.chat.thread"), 303))


# --- live


@dataclass(frozen=True)
class Pen:
    """How a post is drawn for a reader: in their language, with addresses of the host they came by."""

    app: Flask
    tongue: Tongue
    origin: str

    def draw(self, said: Said) -> str:
        with self.app.test_request_context(base_url=self.origin):
            g.tongue, g.who = self.tongue, None
            return fill("my/_post.html", said=said)


@bp.get("/stream")
@opens_to(CUSTOMER)
def stream() -> Response:
    """Posts as they come, from the place the browser names when it returns. Raises PartDown when too many pages are live."""
    shared, asking, customer_id = this_portal(), guard.who(), my_id()
    if asking is None or not shared.lines.acquire(blocking=False):
        raise PartDown("Many pages are live already.", "This one shows what is new when it is opened again.")
    place = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    pen = Pen(current_app._get_current_object(), tongue(), request.host_url)  # type: ignore[attr-defined]
    reader = Reader(Line(), asking.session_id, customer_id, CUSTOMER, place, pen.draw)
    response = Response(offer(request.environ, reader.line), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: shared.listening.leave(reader))
    response.call_on_close(shared.lines.release)
    shared.listening.join(reader)
    return response


@bp.get("/news")
@opens_to(CUSTOMER)
def news() -> Response:
    """What came after a place, for a page whose line is cut off on its way each time. Answered at once: who asks again every few
    seconds holds no thread."""
    found = thread_of(this_hub(), my_id(), request.args.get("since", ""))
    return jsonify(posts=[told(found, said, lambda one: fill("my/_post.html", said=one)) for said in found.said])

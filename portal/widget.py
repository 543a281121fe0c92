"""The chat in a frame on a garage's own site: whoever asks there is a stranger, and is told nothing of anybody."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for
from sqlalchemy.exc import IntegrityError

from hub.core import Hub
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import attendance, conversations, strangers
from hub.flow.conversations import Words
from hub.flow.desks import desk_of
from hub.models import Customer
from hub.web.webhooks import this_hub
from hub.work import Work
from portal import guard, me
from portal.access import ADDRESS
from portal.assistant import Setting, ask_for_a_person, respond
from portal.guard import opens_to
from portal.languages import OFFERED
from portal.limits import network
from portal.pages import fill, page, this_portal, tongue
from portal.signs import heed
from portal.threads import Thread, thread_of, told

bp = Blueprint("widget", __name__)
COOKIE = "asked"
LONGEST_NAME = 80
SCRIPT = Path(__file__).with_name("static") / "widget.js"


@bp.before_request
def _only_where_it_is_wanted() -> None:
    if not this_hub().here.widget_origins:
        raise NotFound("There is no such page.")


@bp.get("/widget.js")
@opens_to()
def script() -> Response:
    """For a site's one script tag: our function, called with its words in each language and the chain's colour."""
    chain, languages = this_portal().chain, this_portal().languages
    words = {
        code: {
            "open": one.plain("Ask us"),
            "close": one.plain("Close the chat"),
            "title": one.plain("Chat with %(chain)s") % {"chain": chain.title},
            "dir": one.direction,
        }
        for code, one in ((code, languages.choose(code, None)) for code in OFFERED)
    }
    given = {"frame": url_for("portal.widget.talk"), "hue": chain.hue, "chroma": chain.chroma, "words": words}
    return Response(f"({SCRIPT.read_text()})({json.dumps(given)});\n", mimetype="text/javascript")


@bp.get("/widget/")
@opens_to()
def talk() -> Response:
    return _talk()


def _talk(status: int = 200, wrong: WrongInput | None = None) -> Response:
    """wrong: why nothing was sent; what was typed stays in the fields."""
    hub = this_hub()
    with hub.look() as session:
        row = strangers.came_before(hub, session, guard.cookie(COOKIE))
        customer_id, branch = (row.id, row.branch) if row else (None, None)
    desk = desk_of(hub, branch, tongue().code)
    return page(
        "widget.html",
        status,
        thread=thread_of(hub, customer_id) if customer_id else None,
        sent="sent" in request.args,
        site=_site(),
        answer_by=attendance.answer_by(hub, desk.name, hub.clock()),
        is_open=attendance.is_open(hub, desk.calendar, hub.clock()),
        client_id=request.form.get("client_id", "") if wrong else uuid4(),
        longest=LONGEST_NAME,
        kept=this_portal().strangers_kept,
        wrong=wrong,
    )


def _site() -> str:
    """The site around the frame, as far as its browser tells; one of those that hub.yaml names, or none."""
    told = request.form.get("site") or "{0.scheme}://{0.netloc}".format(urlsplit(request.headers.get("Referer", "")))
    return told if told in this_hub().here.widget_origins else ""


@bp.post("/widget/")
@opens_to()
def write() -> Response:
    """A first question, or more words of whoever asked before. The same form again is the same message."""
    if (refusal := _refusal()) is not None:
        return refusal
    try:
        ref, seq = _once_more(lambda: _write(this_hub()))
    except WrongInput as error:
        if isinstance(error, NotFound):
            raise
        return _talk(error.status, error)
    if request.accept_mimetypes.best == "application/json":
        return _kept(jsonify(seq=seq), ref)
    return _kept(_back(sent="1"), ref)


def _once_more(do: Any) -> Any:
    """The same form twice at the same moment: the second finds what the first has made."""
    try:
        return do()
    except IntegrityError:
        return do()


def _write(hub: Hub) -> tuple[str, int]:
    """(ref of whoever writes, seq of the post)"""
    try:
        once = str(UUID(request.form.get("client_id", "")))
    except ValueError:
        raise WrongInput(
            "This message has no name of its own.", "Open the page again and send it from there."
        ) from None
    words = Words(request.form.get("text", ""), once)
    with hub.begin() as work:
        customer = _known(hub, work) or _received(hub, work, once)
        conversation, post, is_new = conversations.write(hub, work, customer, words, tongue().code)
        if is_new:
            who = me.opened(hub, work.session, Customer.id == customer.id)[0]
            respond(_setting(hub), work, who, conversation, words, proved=False)
        return customer.ref, post.seq


def _known(hub: Hub, work: Work) -> Customer | None:
    return strangers.came_before(hub, work.session, guard.cookie(COOKIE))


def _received(hub: Hub, work: Work, once: str) -> Customer:
    asked = _Asked.read(request.form)
    if not this_portal().newcomers.allow(network(request.remote_addr)):
        raise WrongInput("Too many questions from here.", "Please wait ten minutes.")
    site = _site() or this_hub().here.origin
    return strangers.receive(hub, work, once, asked.name, asked.address, site, tongue().code)


@dataclass(frozen=True)
class _Asked:
    """Who they say they are."""

    name: str
    address: str

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "_Asked":
        """Raises WrongInput."""
        name = " ".join("".join(sign for sign in form.get("name", "") if sign.isprintable()).split())
        address = form.get("email", "").strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise WrongInput("We do not know your name yet.", "Write what we may call you.")
        if not (ADDRESS.fullmatch(address) and re.fullmatch(r"[\x21-\x7e\u00a1-\uffff]+", address)):
            raise WrongInput("This is no mail address.", "Our answer goes there, also when you have left this page.")
        return cls(name, address)


@bp.post("/widget/person")
@opens_to()
def person() -> Response:
    """Whoever would rather speak with somebody gets somebody."""
    hub = this_hub()
    with hub.begin() as work:
        customer = _known(hub, work)
        if customer is None:
            raise NotFound("There is no such conversation.")
        ask_for_a_person(_setting(hub), work, customer)
    return _back()


@bp.post("/widget/leave")
@opens_to()
def leave() -> Response:
    """The conversation stays with the garage, and this browser forgets it."""
    response = _back()
    guard.give_framed_cookie(response, COOKIE, "", 0)
    return response


@bp.get("/widget/news")
@opens_to()
def news() -> Response:
    """What came after a place. No other page may ask, although its browser would send the cookie along."""
    if request.headers.get("Sec-Fetch-Site") not in {None, "same-origin"}:
        raise Denied("This was asked from another page than ours.")
    hub = this_hub()
    with hub.look() as session:
        row = strangers.came_before(hub, session, guard.cookie(COOKIE))
        customer_id = row.id if row else None
    if customer_id is None:
        raise NotFound("There is no such conversation.")
    found: Thread = thread_of(hub, customer_id, request.args.get("since", ""))
    posts = [told(found, said, lambda one: fill("my/_post.html", said=one)) for said in found.said]
    return jsonify(posts=posts, read=found.read, typing=customer_id in hub.bell.typists("staff"))


@bp.post("/widget/sign")
@opens_to()
def sign() -> Response:
    """That they type, and how far they have read, of their own conversation."""
    hub = this_hub()
    with hub.look() as session:
        customer = strangers.came_before(hub, session, guard.cookie(COOKIE))
        row = conversations.last_of(session, customer.id) if customer else None
    if row is None:
        raise NotFound("There is no such conversation.")
    return heed(hub, row, "customer")


def _setting(hub: Hub) -> Setting:
    return Setting(hub, this_portal().chain, tongue())


def _back(sent: str | None = None) -> Response:
    return make_response(redirect(url_for("portal.widget.talk", lang=tongue().code, sent=sent) + "#end", 303))


def _kept(response: Response, ref: str) -> Response:
    lasts = int(strangers.LASTS.total_seconds())
    guard.give_framed_cookie(response, COOKIE, strangers.token(this_hub(), ref), lasts)
    return response


def _refusal() -> Response | None:
    """Where the line is open to others' eyes, and for whoever writes too often."""
    if not guard.may_carry_sessions():
        return _talk(422, WrongInput("Asking needs https here.", "Open the page with https in front."))
    if this_portal().questions.allow(network(request.remote_addr)):
        return None
    response = _talk(429, WrongInput("Too many questions from here.", "Please wait ten minutes."))
    response.headers["Retry-After"] = "600"
    return response

"""The operations desk: how the region stands, what flows, what died and how to mend it, and why somebody is where they are."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, stream_with_context, url_for
from sqlalchemy.exc import OperationalError

from hub.core import Hub
from hub.errors import NotFound, PartDown
from hub.flow import explain
from hub.voices import voice
from hub.web.webhooks import this_hub
from portal import guard, letters
from portal.desks import OPERATORS
from portal.feed import REF, motions
from portal.guard import opens_to
from portal.pages import fill, page, this_portal, tongue
from portal.standing import GOAL, standing_of
from portal.stream import Parts, events
from portal.verdicts import verdicts

bp = Blueprint("operations", __name__, url_prefix="/operations")
PARTS = ("standing", "connections", "letters", "segments", "flow")
SLOW_EVERY = 3  # beats: counts over all traffic are dearer than its last rows
DONE = ("replayed", "discarded")


@bp.get("/")
@opens_to(*OPERATORS)
def console() -> Response:
    return page("operations.html", **_seen(this_hub()), **_just_done())


def _seen(hub: Hub) -> dict[str, Any]:
    return {"standing": standing_of(hub), "goal": GOAL, "reasons": letters.REASONS, **_lately(hub)}


def _lately(hub: Hub) -> dict[str, Any]:
    with hub.look() as session:
        return {"causes": letters.causes(hub, session), "motions": motions(hub, session)}


def _just_done() -> dict[str, Any]:
    """What the form before this page did; only known words and a number come through."""
    done, count = request.args.get("done", ""), request.args.get("count", "0")
    return {
        "done": done if done in DONE else "",
        "done_count": int(count) if count.isascii() and count.isdecimal() else 0,
    }


@bp.post("/dead-letters/<int:letter_id>/replay")
@opens_to(*OPERATORS)
def replay(letter_id: int) -> Response:
    hub = this_hub()
    with hub.begin() as work:
        count = letters.replay(hub, work, letter_id, "all" in request.form, guard.principal())
    return _back("replayed", count)


@bp.post("/dead-letters/<int:letter_id>/discard")
@opens_to(*OPERATORS)
def discard(letter_id: int) -> Response:
    with this_hub().begin() as work:
        count = letters.discard(
            work, letter_id, "all" in request.form, request.form.get("reason", ""), guard.principal()
        )
    return _back("discarded", count)


def _back(done: str, count: int) -> Response:
    return make_response(redirect(url_for("portal.operations.console", done=done, count=count), 303))


@bp.get("/stream")
@opens_to(*OPERATORS)
def stream() -> Response:
    """The parts of the console as they change. Raises PartDown when too many watch: each stream holds a thread."""
    hub, shared = this_hub(), this_portal()
    seats = shared.streams
    if not seats.acquire(blocking=False):
        raise PartDown("Several consoles are live already.", "This one can be looked at by hand; try again later.")
    secret, roles = guard.session_secret(), frozenset(OPERATORS)
    told = events(lambda beat: _parts(hub, beat), lambda: guard.still_open_to(hub, secret, roles), shared.wait)
    response = Response(
        stream_with_context(_until_down(told)), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(seats.release)
    return response


def _until_down(told: Iterator[str]) -> Iterator[str]:
    """A database that goes away ends the stream; the browser comes back by itself until it is there again."""
    with suppress(OperationalError):
        yield from told


def _parts(hub: Hub, beat: int) -> Parts:
    if beat % SLOW_EVERY:
        return _filled(("letters", "flow"), {**_lately(hub), "reasons": letters.REASONS})
    return _filled(PARTS, _seen(hub))


def _filled(names: tuple[str, ...], values: Mapping[str, Any]) -> Parts:
    return {name: fill(f"_{name}.html", **values) for name in names}


@bp.get("/customers/<ref>/why")
@opens_to(*OPERATORS)
def why(ref: str) -> Response:
    if not REF.fullmatch(ref):
        raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
    hub = this_hub()
    return page(
        "why.html", ref=ref, verdicts=verdicts(explain.why(hub, ref, None, voice(tongue().code))), now=hub.clock()
    )

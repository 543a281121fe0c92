"""The page of a customer's points: every one explained, why this tier, what ends when; it changes as the programme tells us."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, stream_with_context
from sqlalchemy.exc import OperationalError

from hub.core import Hub
from hub.errors import PartDown
from hub.web.webhooks import this_hub
from portal import guard
from portal.chain import Chain
from portal.guard import CUSTOMER, opens_to
from portal.me import me
from portal.pages import fill, page, this_portal
from portal.points import card_of, ending, entries_of
from portal.stream import events

bp = Blueprint("points", __name__, url_prefix="/my/points")
EVERY = 0.4  # seconds between two looks: what the partner told us is on the open page within one
BEATS = 2000


@bp.get("/")
@opens_to(CUSTOMER)
def card() -> Response:
    hub = this_hub()
    return page("my/points.html", **_seen(hub, this_portal().chain))


def _seen(hub: Hub, chain: Chain) -> dict[str, Any]:
    with hub.look() as session:
        who = me(hub, session)
        found = card_of(session, who, chain.points, hub.clock())
        entries = entries_of(session, who, found) if found else []
    return {
        "me": who,
        "card": found,
        "entries": entries[::-1],
        "ends": ending(entries, chain.points, hub.clock()),
        "rules": chain.points,
    }


@bp.get("/stream")
@opens_to(CUSTOMER)
def stream() -> Response:
    """The card as it changes. Raises PartDown when too many pages are live: each holds a thread, and works without."""
    hub, shared = this_hub(), this_portal()
    seats = shared.streams
    if not seats.acquire(blocking=False):
        raise PartDown("Many pages are live already.", "This one shows what is new when it is opened again.")
    secret, roles = guard.session_secret(), frozenset({CUSTOMER})
    told = events(
        lambda _: {"points": fill("my/_points.html", **_seen(hub, shared.chain))},
        lambda: guard.still_open_to(hub, secret, roles),
        shared.wait,
        BEATS,
        EVERY,
    )
    response = Response(
        stream_with_context(_until_down(told)), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(seats.release)
    return response


def _until_down(told: Iterator[str]) -> Iterator[str]:
    with suppress(OperationalError):
        yield from told

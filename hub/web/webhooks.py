"""A partner knocks: verify the raw bytes, keep them, answer; all work is for later."""

from urllib.parse import parse_qs

from flask import Blueprint, Response, current_app, redirect, request

from hub.core import Hub, Partner
from hub.errors import NotFound, TooLarge
from hub.sdk import Knock, Receives

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
MOST_BYTES = 1_000_000


def this_hub() -> Hub:
    hub: Hub = current_app.extensions["hub"]
    return hub


@bp.post("/<connection>")
def receive(connection: str) -> Response:
    return _receive(connection, _body())


@bp.post("/<connection>/stop/<token>")
def stop(connection: str, token: str) -> Response:
    """One click of RFC 8058: only POST acts, as scanners follow every link. A person's own click is led back to the page."""
    body = _body()
    answer = _receive(connection, body)
    if "page" in parse_qs(body.decode("utf-8", "replace")):
        return redirect("?done=1", 303)  # type: ignore[return-value]
    return answer


def _receive(connection: str, body: bytes) -> Response:
    hub = this_hub()
    partner = hub.partner(connection)
    receiver = _receiver(partner)
    headers = {name.lower(): value for name, value in request.headers}
    knock = Knock(request.method, request.url, headers, body, hub.clock())
    incoming = receiver.verify(knock)
    current_app.extensions["knocking"].keep(hub, partner, incoming)
    answer = receiver.answer(knock)
    return Response(answer.body, answer.status, content_type=answer.content_type)


def _receiver(partner: Partner) -> Receives:
    if not isinstance(partner.connector, Receives):
        raise NotFound(f"“{partner.name}” takes no webhooks.")
    return partner.connector


def _body() -> bytes:
    """Read no more than we take, whatever the length header says."""
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge(f"A webhook may have {MOST_BYTES} bytes.", "Send less at a time.")
    body = request.stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"A webhook may have {MOST_BYTES} bytes.", "Send less at a time.")
    return body

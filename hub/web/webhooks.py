"""A partner knocks: verify the raw bytes, keep them, answer; all work is for later."""

from collections.abc import Sequence
from urllib.parse import parse_qs
from wsgiref.util import request_uri

from flask import Blueprint, Response, current_app, redirect, request

from hub.core import Hub, Partner
from hub.errors import NotFound, TooLarge, WrongInput, WrongSignature
from hub.flow import mailed
from hub.sdk import Incoming, Knock, TakesMailByWebhook
from hub.web.errors import problem

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
MOST_BYTES = 1_000_000
MOST_OF_MAIL = 5_000_000  # bytes of one, as at the door for LMTP
MOST_OF_FORM = 15_500_000  # bytes: in a form each byte of a mail may be three
REFUSED = 406  # by which providers of mail know that trying again is no use


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


@bp.post("/<connection>/mime")
def take_mail(connection: str) -> Response:
    """A mail that came back, from a provider who took it in for us: the same as by LMTP."""
    hub = this_hub()
    partner = hub.partner(connection)
    if not isinstance(partner.connector, TakesMailByWebhook):
        raise NotFound(f"“{partner.name}” takes no mail.")
    try:
        once, raw = partner.connector.mail(_knock(hub, _body(MOST_OF_FORM)))
        if len(raw) > MOST_OF_MAIL:
            raise TooLarge(f"A mail may have {MOST_OF_MAIL} bytes.")
        mailed.receive(hub, partner, raw, once)
    except WrongSignature:
        raise
    except (WrongInput, TooLarge) as error:
        return problem(REFUSED, error.code, error.what, error.hint)
    return Response(status=200)


def _knock(hub: Hub, body: bytes) -> Knock:
    headers = {name.lower(): value for name, value in request.headers}
    return Knock(request.method, request_uri(request.environ), headers, body, hub.clock())


def _receive(connection: str, body: bytes) -> Response:
    hub = this_hub()
    partner = hub.partner(connection)
    receiver = partner.receiver
    if receiver is None:
        raise NotFound(f"“{partner.name}” takes no webhooks.")
    knock = _knock(hub, body)
    incoming = receiver.verify(knock)
    _keep(hub, partner, incoming)
    answer = receiver.answer(knock)
    return Response(answer.body, answer.status, content_type=answer.content_type)


def _keep(hub: Hub, partner: Partner, incoming: Sequence[Incoming]) -> None:
    """What means something for a conversation goes with it in a transaction of its own; it is seldom."""
    if partner.reporter is not None:
        for one in incoming:
            if (failure := partner.reporter.report(one)) is not None:
                mailed.keep(hub, partner, [one], failure)  # kept twice is kept once
    current_app.extensions["knocking"].keep(hub, partner, incoming)


def _body(most: int = MOST_BYTES) -> bytes:
    """Read no more than we take, whatever the length header says."""
    if (request.content_length or 0) > most:
        raise TooLarge(f"A webhook may have {most} bytes.", "Send less at a time.")
    body = request.stream.read(most + 1)
    if len(body) > most:
        raise TooLarge(f"A webhook may have {most} bytes.", "Send less at a time.")
    return body

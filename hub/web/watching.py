"""GET /metrics: for a Prometheus on this machine, or one that holds the token."""

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, request

from hub.errors import Denied
from hub.metrics import MIME, TOKEN, exposition
from hub.web.webhooks import this_hub

bp = Blueprint("watching", __name__)
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP")  # a proxy on this machine asks for somebody who is not


@bp.get("/metrics")
def metrics() -> Response:
    """With HUB_METRICS_TOKEN set only whoever brings it as a bearer; without it, only this machine."""
    wanted = this_hub().settings.environ.get(TOKEN, "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (hmac.compare_digest(given.encode(), wanted.encode()) if wanted else _is_here()):
        raise Denied(
            "These numbers are not for everybody.", f"Ask on this machine, or set {TOKEN} and bring it as a bearer."
        )
    return Response(exposition(this_hub()), mimetype=None, content_type=MIME)


def _is_here() -> bool:
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in PASSED_ON)

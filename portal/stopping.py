"""The page behind the link that stops mails: looking changes nothing, one button does."""

from flask import Blueprint, Response, request

from portal.guard import opens_to
from portal.pages import page

bp = Blueprint("stopping", __name__)


@bp.get("/webhooks/<connection>/stop/<token>")
@opens_to()
def stop(connection: str, token: str) -> Response:
    """Says nothing about the link: who follows every link learns nothing from it. The button posts to the same address."""
    return page("stop.html", done="done" in request.args)

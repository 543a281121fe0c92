"""The region's front door: what this is, and where to go."""

from flask import Blueprint, Response

from portal.guard import opens_to
from portal.pages import page

bp = Blueprint("home", __name__)


@bp.get("/")
@opens_to()
def land() -> Response:
    return page("home.html")

"""The region's front door: what this is, and where to go."""

from flask import Blueprint, Response, make_response, redirect, url_for

from portal import guard
from portal.guard import opens_to
from portal.pages import page, this_portal

bp = Blueprint("home", __name__)


@bp.get("/")
@opens_to()
def land() -> Response:
    """A customer goes on to their own pages."""
    person = guard.who()
    if person and person.person_id is not None:
        return make_response(redirect(url_for("portal.my.home"), 303))
    return page("home.html")


@bp.get("/here")
@opens_to()
def here() -> Response:
    """Said by the script of a page that somebody uses: like any request it keeps the session, and it answers nothing."""
    return Response(status=204)


@bp.get("/brand.css")
@opens_to()
def brand() -> Response:
    """The chain's two tokens, outside of all layers, so that they win; lightness stays ours, and with it all contrast."""
    chain = this_portal().chain
    return Response(f":root{{--hue:{chain.hue:g};--chroma:{chain.chroma:g}}}", mimetype="text/css")

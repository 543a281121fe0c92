"""Coming in by a link that works once, and going out."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.access import revoke, use_sign_in_link
from hub.errors import WrongInput
from hub.web.webhooks import this_hub
from portal import guard
from portal.guard import opens_to
from portal.pages import page, this_portal, tongue

bp = Blueprint("access", __name__)
SECRET_LENGTH = 64  # a link's secret has 43 signs; whatever is longer is not looked up


@bp.get("/sign-in")
@opens_to()
def ask() -> Response:
    return page("sign_in.html", asked=False)


@bp.get("/sign-in/<secret>")
@opens_to()
def offer(secret: str) -> Response:
    """One button: a link that is fetched by a mail scanner or a preview is not used up. Says nothing about the link."""
    return page("sign_in_link.html", secret=secret, safe=guard.may_carry_sessions())


@bp.post("/sign-in/<secret>")
@opens_to()
def come_in(secret: str) -> Response:
    if not guard.may_carry_sessions():
        raise WrongInput("Signing in needs https here.", "Open the link with https in front.")
    _ = tongue().plain
    if not this_portal().attempts.allow(request.remote_addr or ""):
        response = page("problem.html", 429, what=_("Too many tries from here."), hint=_("Please wait ten minutes."))
        response.headers["Retry-After"] = "600"
        return response
    before = guard.who()
    with this_hub().begin() as work:
        session_secret = use_sign_in_link(work, secret) if len(secret) <= SECRET_LENGTH else None
        if session_secret and before:
            revoke(work, before.session_id)
    if session_secret is None:
        return page("sign_in_old.html", 410)
    response = _see(url_for("portal.home.land"))
    guard.give_session(response, session_secret)
    return response


@bp.post("/sign-out")
@opens_to()
def go_out() -> Response:
    person = guard.who()
    if person:
        with this_hub().begin() as work:
            revoke(work, person.session_id)
    response = _see(url_for("portal.home.land"))
    guard.take_session(response)
    return response


def _see(address: str) -> Response:
    return make_response(redirect(address, 303))

"""Coming in: by a passkey, by a link or a code from one's own mail, by a link somebody made, by the provider of staff; going out."""

import logging
import re
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, g, redirect, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from hub.access import comes_by_provider, passkeys, revoke, staff, use_sign_in_link
from hub.access.invitations import use_code, was_asked_here
from hub.access.provider import Provider
from hub.errors import Denied, HubError, NotFound, WrongInput
from hub.flow import arrivals
from hub.web.webhooks import this_hub
from hub.work import Work
from portal import browsers, guard
from portal.guard import opens_to
from portal.limits import network
from portal.pages import page, this_portal, tongue

log = logging.getLogger(__name__)
bp = Blueprint("access", __name__)
JSON = "application/json"
STATE_LENGTH = 400  # a state has 43 signs and the address of a page
SECRET_LENGTH = 64  # a link's secret has 43 signs; whatever is longer is not looked up
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@bp.get("/sign-in")
@opens_to()
def ask() -> Response:
    return page("sign_in.html", asked=False, to=_wanted(request.args))


@bp.post("/sign-in")
@opens_to()
def send() -> Response:
    """The same answer to everybody. What is done about it is done when the answer has gone, so that its time tells nothing."""
    if (refusal := _refusal()) is not None:
        return refusal
    address = request.form.get("email", "").strip()
    if not ADDRESS.fullmatch(address):
        return page("sign_in.html", 422, asked=False, to=_wanted(request.form), wrong=True)
    response = page("sign_in_sent.html", to=_wanted(request.form), wrong=False)
    browsers.give(response)
    hub, browser = this_hub(), browsers.mine()
    if this_portal().letters.allow(address.casefold()):
        response.call_on_close(lambda: _quietly(lambda: arrivals.ask(hub, address, browser)))
    return response


@bp.post("/sign-in/code")
@opens_to()
def by_code() -> Response:
    if (refusal := _refusal()) is not None:
        return refusal
    with this_hub().begin() as work:
        secret = use_code(work, browsers.mine(), request.form.get("code", "")[:20], browsers.device())
        if secret is not None:
            _arrived(work, secret)
    if secret is None:
        _note_refused("code")
        return page("sign_in_sent.html", 422, to=_wanted(request.form), wrong=True)
    return _let_in(secret, _wanted(request.form))


@bp.post("/sign-in/passkey/offer")
@opens_to()
def offer_passkey() -> Response:
    """What the page's script hands to the browser; refused like a page where somebody asks too often."""
    if (refusal := _refusal()) is not None:
        return refusal
    with this_hub().begin() as work:
        response = Response(passkeys.offer_sign_in(work, browsers.site(), browsers.mine()), mimetype=JSON)
    browsers.give(response)
    return response


@bp.post("/sign-in/passkey")
@opens_to()
def by_passkey() -> Response:
    if (refusal := _refusal()) is not None:
        return refusal
    to = _wanted(request.form)
    try:
        with this_hub().begin() as work:
            answer, browser = request.form.get("answer", ""), browsers.mine()
            secret = passkeys.use_passkey(work, browsers.site(), answer, browser, browsers.device())
            _arrived(work, secret)
    except WrongInput as error:
        _note_refused("passkey")
        return page("sign_in.html", 422, asked=False, to=to, refused=error)
    return _let_in(secret, to)


@bp.get("/sign-in/provider")
@opens_to()
def go_to_provider() -> Response:
    """A link and no form: our pages let no form lead elsewhere, and some providers pass people on once more."""
    provider = _provider()
    if (refusal := _refusal()) is not None:
        return refusal
    with this_hub().begin() as work:
        asked = staff.ask(work, browsers.mine(), _wanted(request.args))
    response = _see(provider.way_there(_back(), asked.state, asked.nonce, asked.verifier))
    browsers.give(response)
    return response


@bp.get("/sign-in/provider/back")
@opens_to()
def by_provider() -> Response:
    """No try is counted: without a state that this browser was given nobody is asked anything."""
    provider, hub, given = _provider(), this_hub(), request.args
    with hub.begin() as work:
        asked = staff.answered(work, given.get("state", "")[:STATE_LENGTH], browsers.secret())
    try:
        if asked is None:
            raise WrongInput("This sign-in was not begun in this browser, or too long ago.", "Begin it again.")
        if "error" in given or given.get("iss", provider.settings.issuer) != provider.settings.issuer:
            raise WrongInput("You were not let in there.", "Begin it again.")
        claims = provider.claims(_back(), given.get("code", ""), asked.nonce, asked.verifier)
        with hub.begin() as work:
            secret = staff.come_in(work, provider.settings, claims, browsers.device())
            if secret is not None:
                _arrived(work, secret)
        if secret is None:
            raise Denied("Your account opens nothing here.", "Ask whoever gives out accounts to put you into a group.")
    except HubError as error:
        _note_refused("provider")
        return page("sign_in.html", error.status, asked=False, to=asked.to if asked else "", refused=error)
    return _let_in(secret, asked.to)


@bp.get("/sign-in/<secret>")
@opens_to()
def offer(secret: str) -> Response:
    """One button: a link that is fetched by a mail scanner or a preview is not used up. Says nothing about the link."""
    with this_hub().look() as session:
        here = len(secret) > SECRET_LENGTH or was_asked_here(session, secret, browsers.mine(), this_hub().clock())
    return page("sign_in_link.html", secret=secret, safe=guard.may_carry_sessions(), here=here)


@bp.post("/sign-in/<secret>")
@opens_to()
def come_in(secret: str) -> Response:
    if (refusal := _refusal()) is not None:
        return refusal
    with this_hub().begin() as work:
        known = len(secret) <= SECRET_LENGTH
        found = use_sign_in_link(work, secret, browsers.mine(), browsers.device()) if known else None
        if found is not None:
            _arrived(work, found)
    if found is None:
        _note_refused("link")
        return page("sign_in_old.html", 410)
    return _let_in(found, "")


@bp.post("/sign-out")
@opens_to()
def go_out() -> Response:
    """Whoever came by a provider may still be signed in there; then a page says so, and how that ends, too."""
    person, away = guard.who(), None
    if person:
        with this_hub().begin() as work:
            revoke(work, person.session_id)
            by_provider = comes_by_provider(work.session, person.principal_id)
        provider = this_portal().provider if by_provider else None
        away = provider.way_out(url_for("portal.home.land", _external=True)) if provider else None
    g.who = None
    response = page("signed_out.html", away=away) if away else _see(url_for("portal.home.land"))
    guard.take_session(response)
    return response


def _provider() -> Provider:
    """Raises NotFound where staff come in by other ways."""
    found = this_portal().provider
    if found is None:
        raise NotFound("There is no such page.")
    return found


def _back() -> str:
    """The address that is registered with the provider."""
    return url_for("portal.access.by_provider", _external=True)


def _refusal() -> Response | None:
    """Where the line is open to others' eyes, and for whoever tries too often."""
    if not guard.may_carry_sessions():
        raise WrongInput("Signing in needs https here.", "Open the link with https in front.")
    if this_portal().attempts.allow(network(request.remote_addr)):
        return None
    _ = tongue().plain
    response = page("problem.html", 429, what=_("Too many tries from here."), hint=_("Please wait ten minutes."))
    response.headers["Retry-After"] = "600"
    return response


def _note_refused(by: str) -> None:
    """A try that failed, by what it was made; whoever tried is not known."""
    log.info("sign-in refused", extra={"endpoint": request.endpoint, "reason": by})


def _arrived(work: Work, secret: str) -> None:
    """The session before this one ends, and a person hears of a browser that is new to them."""
    if before := guard.who():
        revoke(work, before.session_id)
    arrivals.tell_if_new(this_hub(), work, secret)


def _let_in(secret: str, to: str) -> Response:
    response = _see(to or url_for("portal.home.land"))
    guard.give_session(response, secret)
    browsers.give(response)
    return response


def _wanted(given: Mapping[str, str]) -> str:
    """The page of ours that somebody wanted before they had to sign in; empty for anything else."""
    to = str(given.get("to", ""))
    return to if re.fullmatch(r"/(?![/\\])[\x21-\x7e]{0,300}", to) else ""


def _quietly(do: Callable[[], object]) -> None:
    """The answer has gone: nobody is there to see that a part is down, and the mail can be asked for again."""
    try:
        do()
    except (HubError, SQLAlchemyError) as error:
        log.warning("no mail to sign in", extra={"reason": type(error).__name__})


def _see(address: str) -> Response:
    return redirect(address, 303)  # type: ignore[return-value]

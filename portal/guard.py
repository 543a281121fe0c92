"""Who asks, and may they: the session is looked up at each request, a view without a list of roles opens to nobody."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from hub.access import SESSION_LASTS, SignedIn, seen_now, signed_in
from hub.access.sessions import SEEN_EVERY
from hub.actors import signed_in_as
from hub.core import Hub
from hub.errors import Denied, NotFound, ProofNeeded, SignInNeeded
from hub.web.intake import expect_file
from hub.web.webhooks import this_hub

View = TypeVar("View", bound=Callable[..., Any])
ROLES, FILE, PROOF = "opens_to", "takes_file", "needs_proof"  # attributes of a view
EVERYBODY = frozenset[str]()
CUSTOMER = "customer"
SAFE = {"GET", "HEAD", "OPTIONS"}
STATIC = "portal.static"


def opens_to(*roles: str) -> Callable[[View], View]:
    """Let holders of any of these roles in; without a role, everybody, signed in or not."""

    def mark(view: View) -> View:
        setattr(view, ROLES, frozenset(roles))
        return view

    return mark


def takes_file(most: int) -> Callable[[View], View]:
    """A form of this view may hold a file of so many bytes; a larger one is refused before it is read."""

    def mark(view: View) -> View:
        setattr(view, FILE, most)
        return view

    return mark


def needs_proof(view: View) -> View:
    """What can do harm opens to somebody who proved just now who they are, not to whoever finds an open browser."""
    setattr(view, PROOF, True)
    return view


def check() -> None:
    """Before each request. Raises SignInNeeded, ProofNeeded, Denied, and NotFound for a view that says nothing of roles."""
    most = getattr(current_app.view_functions.get(request.endpoint or ""), FILE, None)
    if most is not None:
        expect_file(most)
    g.who = None if request.endpoint == STATIC else _who(this_hub(), session_secret())
    if g.who is not None:
        _keep_seen(this_hub(), g.who)
    if request.method not in SAFE:
        _same_origin()
        if g.who is not None:
            _form_token()
    if request.endpoint == STATIC:
        return
    view = current_app.view_functions[request.endpoint or ""]
    roles = getattr(view, ROLES, None)
    if roles is None:
        raise NotFound("There is no such page.")
    if roles and g.who is None:
        raise SignInNeeded("Please sign in to see this page.")
    if roles and not roles & g.who.roles:
        raise Denied("This desk is not open to your role.", f"It opens to: {', '.join(sorted(roles))}.")
    if g.who is not None and getattr(view, PROOF, False) and not g.who.is_fresh(this_hub().clock()):
        raise ProofNeeded("Please prove once more that it is you.", "Then go on from where you were.")


def _keep_seen(hub: Hub, person: SignedIn) -> None:
    if hub.clock() - person.seen_at >= SEEN_EVERY:
        with hub.begin() as work:
            seen_now(work, person)


def _who(hub: Hub, secret: str | None) -> SignedIn | None:
    if not secret:
        return None
    with hub.look() as session:
        return signed_in(session, secret, hub.clock(), hub.settings.idle)


def who() -> SignedIn | None:
    """Who this request comes from."""
    found: SignedIn | None = g.get("who")
    return found


def holds(*roles: str) -> bool:
    """Has whoever asks any of these roles? For what a page shows to some of its readers only."""
    person = who()
    return person is not None and not person.roles.isdisjoint(roles)


def roles() -> frozenset[str]:
    """Of whoever asks, as policies of approval ask for them."""
    person = who()
    return person.roles if person is not None else EVERYBODY


def actor() -> str:
    """What whoever asks is called: to be shown, and no proof of who it is. Raises NotFound for nobody."""
    person = who()
    if person is None:
        raise NotFound("There is no such page.")
    return person.title


def principal() -> str:
    """As whom a deed is audited, and compared with others (hub.actors); empty for nobody."""
    person = who()
    return signed_in_as(person.principal_id) if person else ""


def still_open_to(hub: Hub, secret: str | None, roles: frozenset[str]) -> bool:
    """For answers that last: is the session still there, and does it still hold one of these roles? Its scope is told anew."""
    found = g.who = _who(hub, secret)
    return found is not None and bool(roles & found.roles)


# --- the cookie ----------------------------------------------------------------------------------------------------


def cookie_name(name: str = "session") -> str:
    """By https a name that no other host and no plain answer can set."""
    return f"__Host-{name}" if request.is_secure else name


def cookie(name: str) -> str:
    return request.cookies.get(cookie_name(name), "")


def give_cookie(response: Response, name: str, value: str, lasts: int) -> None:
    """The one way in which a page gives one: for this host, not for scripts, not along with what other sites send.
    lasts: seconds."""
    response.set_cookie(
        cookie_name(name), value, max_age=lasts, path="/", secure=request.is_secure, httponly=True, samesite="Lax"
    )


def give_framed_cookie(response: Response, name: str, value: str, lasts: int) -> None:
    """For our page in a frame on another site: kept for that site alone (CHIPS), so it tells nobody that two sites were visited."""
    response.set_cookie(
        cookie_name(name), value, max_age=lasts, path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )


def session_secret() -> str | None:
    return cookie("session") or None


def may_carry_sessions() -> bool:
    """By https, and on this machine: browsers hold *.localhost for safe, and everything else by plain http is not."""
    host = request.host.rpartition(":")[0] or request.host
    return request.is_secure or host == "localhost" or host.endswith(".localhost")


def give_session(response: Response, secret: str) -> None:
    give_cookie(response, "session", secret, int(SESSION_LASTS.total_seconds()))


def take_session(response: Response) -> None:
    """Also what the browser has kept of the pages; the choice of language stays."""
    response.delete_cookie(cookie_name(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


# --- forms ---------------------------------------------------------------------------------------------------------


def form_token() -> str:
    """Made of the session's secret, so that it needs no place of its own and dies with the session."""
    secret = session_secret()
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest() if secret else ""


def _same_origin() -> None:
    """Only our own pages may post. Every browser of the last years says where a post comes from; who does not is refused."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = request.host_url.rstrip("/")
    if site not in {None, "same-origin"} or origin not in {None, ours} or (site is None and origin is None):
        raise Denied("This form was sent from another page than ours.", "Open the page again and send it from there.")


def _form_token() -> None:
    if not hmac.compare_digest(request.form.get("token", "").encode(), form_token().encode()):
        raise Denied("This form is from an earlier session.", "Open the page again and send it from there.")

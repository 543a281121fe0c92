"""One's own account: the browsers that are signed in, and the passkeys; each can be ended from here."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, request, url_for

from hub.access import ROLES, SignedIn, comes_by_provider, passkeys, revoke, revoke_others, sessions_of
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.web.webhooks import this_hub
from portal import browsers, guard
from portal.guard import CUSTOMER, needs_proof, opens_to
from portal.me import me
from portal.pages import page

bp = Blueprint("account", __name__, url_prefix="/account")
NOW = timedelta(minutes=10)  # a session that was seen so long ago is in use


def mine() -> SignedIn:
    found = guard.who()
    assert found is not None  # noqa: S101 - every view here opens to roles only
    return found


@bp.get("/")
@opens_to(*ROLES)
def overview() -> Response:
    return show()


def show(status: int = 200, wrong: WrongInput | None = None) -> Response:
    hub, person = this_hub(), mine()
    with hub.look() as session:
        return page(
            "account.html",
            status,
            me=me(hub, session) if person.person_id else None,
            sessions=sorted(
                sessions_of(session, person.principal_id, hub.clock(), hub.settings.idle),
                key=lambda one: one.id != person.session_id,
            ),
            keys=passkeys.passkeys_of(session, person.principal_id),
            by_provider=comes_by_provider(session, person.principal_id),
            this=person.session_id,
            now=hub.clock(),
            lately=hub.clock() - NOW,
            idle=hub.settings.idle.customers if person.roles <= {CUSTOMER} else hub.settings.idle.staff,
            wrong=wrong,
        )


@bp.post("/sessions/<int:number>/end")
@opens_to(*ROLES)
@needs_proof
def end(number: int) -> Response:
    """Another session of one's own. Its streams notice within two seconds."""
    hub, person = this_hub(), mine()
    with hub.begin() as work:
        if number not in {
            one.id for one in sessions_of(work.session, person.principal_id, work.now, hub.settings.idle)
        }:
            raise NotFound("There is no such session.", "It may have ended already.")
        revoke(work, number)
    return _back()


@bp.post("/sessions/end")
@opens_to(*ROLES)
@needs_proof
def end_others() -> Response:
    with this_hub().begin() as work:
        revoke_others(work, mine())
    return _back()


@bp.post("/passkeys/offer")
@opens_to(*ROLES)
@needs_proof
def offer() -> Response:
    hub, person = this_hub(), mine()
    with hub.begin() as work:
        offered = passkeys.offer_new(work, browsers.site(), person.principal_id, _name(hub, person), browsers.mine())
    response = Response(offered, mimetype="application/json")
    browsers.give(response)
    return response


@bp.get("/passkeys/new")
@opens_to(*ROLES)
@needs_proof
def prove() -> Response:
    """Where one proves who one is before a passkey is made; then back to the page that makes it."""
    return _back()


@bp.post("/passkeys")
@opens_to(*ROLES)
@needs_proof
def keep() -> Response:
    try:
        with this_hub().begin() as work:
            answer, principal_id = request.form.get("answer", ""), mine().principal_id
            passkeys.keep_new(work, browsers.site(), principal_id, answer, browsers.mine(), browsers.device())
    except WrongInput as error:
        return show(422, error)
    return _back()


@bp.post("/passkeys/<int:number>/remove")
@opens_to(*ROLES)
@needs_proof
def remove(number: int) -> Response:
    with this_hub().begin() as work:
        if not passkeys.revoke_passkey(work, mine().principal_id, number):
            raise NotFound("There is no such passkey.", "It may have been removed already.")
    return _back()


def _name(hub: Hub, person: SignedIn) -> str:
    """What the device shows beside the passkey."""
    if not person.person_id:
        return person.title
    with hub.look() as session:
        who = me(hub, session)
        return who.value("email") or who.name


def _back() -> Response:
    return redirect(url_for("portal.account.overview"), 303)  # type: ignore[return-value]

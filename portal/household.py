"""Who else has a customer's car: invited by an address, seen by who owns it, and taken back at once."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.errors import NotFound, WrongInput
from hub.flow import entrusting
from hub.web.webhooks import this_hub
from portal.guard import CUSTOMER, opens_to, principal
from portal.me import me
from portal.pages import page
from portal.timeline import show

bp = Blueprint("household", __name__, url_prefix="/my/cars")


@bp.post("/<ref>/people")
@opens_to(CUSTOMER)
def invite(ref: str) -> Response:
    """The car's page with the address on it: it is shown this once."""
    hub, form = this_hub(), request.form
    try:
        with hub.begin() as work:
            owner_id = me(hub, work.session).customer_id
            secret = entrusting.invite(work, owner_id, ref, form.get("role", ""), form.get("called", ""), principal())
    except WrongInput as error:
        if isinstance(error, NotFound):
            raise
        return show(hub, ref, error.status, unsent=error)
    return show(hub, ref, given=url_for("portal.household.offer", secret=secret, _external=True))


@bp.post("/people/<ref>/end")
@opens_to(CUSTOMER)
def withdraw(ref: str) -> Response:
    hub = this_hub()
    with hub.begin() as work:
        car = entrusting.withdraw(hub, work, me(hub, work.session).customer_id, ref, principal())
    return make_response(redirect(url_for("portal.cars.history", ref=car) + "#people", 303))


@bp.get("/join/<secret>")
@opens_to(CUSTOMER)
def offer(secret: str) -> Response:
    """A button, the same for every address: it tells nothing of a car before it is taken."""
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
    return page("my/join.html", me=who, secret=secret, wrong=None)


@bp.post("/join/<secret>")
@opens_to(CUSTOMER)
def accept(secret: str) -> Response:
    hub = this_hub()
    try:
        with hub.begin() as work:
            car = entrusting.accept(hub, work, me(hub, work.session).customer_id, secret, principal())
    except WrongInput as error:
        with hub.look() as session:
            who = me(hub, session)
        return page("my/join.html", 422, me=who, secret=secret, wrong=error)
    return make_response(redirect(url_for("portal.cars.history", ref=car), 303))

"""What somebody without an account sees of one order: safety and how far it is, prices only for who pays; and who may see it."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import guests
from hub.flow.approvals import standing
from hub.flow.guests import Came
from hub.models import Branch, Vehicle, Visit
from hub.web.webhooks import this_hub
from portal.estimates import show
from portal.guard import CUSTOMER, cookie, give_cookie, opens_to, principal
from portal.limits import network
from portal.me import me
from portal.pages import page, this_portal, tongue
from portal.quotes import FIRST

bp = Blueprint("guests", __name__)
COOKIE = "guest"
HOURS = {str(int(one / timedelta(hours=1))): one for one in guests.LASTS}


@dataclass(frozen=True)
class Job:
    """A line. part: what it is about. price_minor: None for who does not pay."""

    part: str
    safety: str
    answer: str
    price_minor: int | None
    title: str = ""


@dataclass(frozen=True)
class Order:
    """state: in_work (the car is here), else of the estimate: waiting for an answer, or answered."""

    car: str
    branch: str
    state: str
    currency: str
    works: list[Job]

    @property
    def total_minor(self) -> int | None:
        prices = [one.price_minor for one in self.works if one.price_minor is not None and one.answer != "declined"]
        return sum(prices) if prices else None


# --- the guest


@bp.get("/guest/<secret>")
@opens_to()
def offer(secret: str) -> Response:
    """A button, the same for every address: what mail scanners fetch opens nothing, and tells nothing."""
    return page("guest_link.html", secret=secret, wrong=False)


@bp.post("/guest/<secret>")
@opens_to()
def come(secret: str) -> Response:
    hub = this_hub()
    if not this_portal().attempts.allow(network(request.remote_addr)):
        _ = tongue().plain
        response = page("problem.html", 429, what=_("Too many tries from here."), hint=_("Please wait ten minutes."))
        response.headers["Retry-After"] = "600"
        return response
    with hub.begin() as work:
        found = guests.come(work, secret)
    if found is None:
        return page("guest_link.html", 422, secret=secret, wrong=True)
    answer = make_response(redirect(url_for("portal.guests.order"), 303))
    give_cookie(answer, COOKIE, found.token, int(guests.SITTING.total_seconds()))
    return answer


@bp.get("/guest/")
@opens_to()
def order() -> Response:
    """Exactly the one order, in no words of the customer's. Raises NotFound."""
    hub, token = this_hub(), cookie(COOKIE)
    with hub.look() as session:
        found = guests.came_before(hub, session, token)
        if found is None:
            raise NotFound("There is nothing to see here.", "Ask whoever sent you the address for a new one.")
        seen = _order(session, found)
    return page("guest.html", order=seen)


def _order(session: Session, came: Came) -> Order:
    estimate = came.estimate
    priced = came.link.sees == "payer"
    car = session.get(Vehicle, estimate.vehicle_id) if estimate.vehicle_id else None
    visit = session.scalar(select(Visit.status).where(Visit.id == estimate.visit_id)) if estimate.visit_id else None
    branch = session.scalar(select(Branch.title).where(Branch.code == (estimate.branch or "")))
    works = [
        Job(line.part or line.code, line.safety, line.answer or "", line.price_minor if priced else None)
        for line in standing(session, estimate.id)
    ]
    return Order(
        car=" ".join(part for part in (car.make, car.model) if part) if car else "",
        branch=branch or "",
        state="in_work" if visit == "open" else "answered" if estimate.state == "answered" else "waiting",
        currency=estimate.currency,
        works=sorted(works, key=lambda work: FIRST.get(work.safety, len(FIRST))),
    )


# --- the customer


@bp.post("/my/estimates/<ref>/guests")
@opens_to(CUSTOMER)
def invite(ref: str) -> Response:
    """The page with the address on it: it is shown this once."""
    hub = this_hub()
    sees, lasts = request.form.get("sees", ""), HOURS.get(request.form.get("hours", ""), timedelta(0))
    try:
        with hub.begin() as work:
            secret = guests.invite(work, me(hub, work.session).customer_id, ref, sees, lasts, principal())
    except WrongInput as error:
        if isinstance(error, NotFound):
            raise
        return show(hub, ref, error.status, unsent=error)
    return show(hub, ref, given=url_for("portal.guests.offer", secret=secret, _external=True))


@bp.post("/my/estimates/guests/<ref>/end")
@opens_to(CUSTOMER)
def end(ref: str) -> Response:
    hub: Hub = this_hub()
    with hub.begin() as work:
        estimate = guests.end(work, me(hub, work.session).customer_id, ref, principal())
    return make_response(redirect(url_for("portal.estimates.one", ref=estimate) + "#guests", 303))

"""The pages of a customer's cars: what happened to each, the latest first, and how far it has come."""

from datetime import date

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.web.webhooks import this_hub
from portal.cars import Car, advice_of, car_of, cars_of, stops_of
from portal.curve import curve_of
from portal.guard import CUSTOMER, opens_to
from portal.history import MOST, chapters
from portal.me import me
from portal.needs import pace_of
from portal.pages import page, this_portal, tongue
from rules.calendar import local_day

bp = Blueprint("cars", __name__, url_prefix="/my/cars")
SHOWN = ("everything", "work", "advice", "readings")


@bp.get("/")
@opens_to(CUSTOMER)
def garage() -> Response:
    """All of them; somebody with one car is led to it."""
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
        cars = cars_of(session, who)
    if len(cars) == 1:
        return make_response(redirect(url_for("portal.cars.history", ref=cars[0].ref), 303))
    return page("my/cars.html", me=who, cars=cars)


@bp.get("/<ref>")
@opens_to(CUSTOMER)
def history(ref: str) -> Response:
    """show: what of the visits is wanted. before: the visit behind which the next page begins."""
    hub, chain = this_hub(), this_portal().chain
    show, before = request.args.get("show", ""), request.args.get("before", "")
    with hub.look() as session:
        who = me(hub, session)
        car = car_of(session, who, ref)
        advice = advice_of(session, who, [car]).get(car.id, [])
        told = chapters(
            session, who, car, chain, advice, int(before) if before.isascii() and before.isdecimal() else None
        )
        stops = stops_of(session, who, [car]).get(car.id, [])
    pace = pace_of(stops, _until(car, local_day(hub.clock(), hub.here.zone)))
    return page(
        "my/car.html",
        me=who,
        car=car,
        told=told[:MOST],
        more=len(told) > MOST,
        first_page=not before,
        count=len(stops),
        show=show if show in SHOWN else SHOWN[0],
        shown=SHOWN,
        pace=pace,
        curve=curve_of(stops, pace, mirrored=tongue().direction == "rtl"),
        readings=[stop for stop in stops if stop.km is not None][::-1],
    )


def _until(car: Car, today: date) -> date:
    """A car that was sold stands still on the day it was."""
    return min(today, car.until) if car.until else today

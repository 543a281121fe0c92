"""The pages of a customer's cars: what happened to each, the latest first, and how far it has come."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import entrusting
from hub.web.webhooks import this_hub
from portal.cars import Car, advice_of, car_of, cars_of, stops_of
from portal.curve import curve_of
from portal.guard import CUSTOMER, opens_to
from portal.history import MOST, chapters
from portal.me import Me, me
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
    return show(this_hub(), ref)


def show(hub: Hub, ref: str, status: int = 200, **more: Any) -> Response:
    """given: the address for somebody who is to have the car, too; unsent: why there is none."""
    chain = this_portal().chain
    wanted, before = request.args.get("show", ""), request.args.get("before", "")
    with hub.look() as session:
        who = me(hub, session)
        car = car_of(session, who, ref)
        advice = advice_of(session, who, [car]).get(car.id, [])
        told = chapters(
            session, who, car, chain, advice, int(before) if before.isascii() and before.isdecimal() else None
        )
        stops = stops_of(session, who, [car], coded=False).get(car.id, [])
        people = _people(session, who, car, hub.clock()) if car.role == "owner" and car.is_mine else None
    pace = pace_of(stops, _until(car, local_day(hub.clock(), hub.here.zone)))
    return page(
        "my/car.html",
        status,
        me=who,
        people=people,
        car=car,
        told=told[:MOST],
        more=len(told) > MOST,
        first_page=not before,
        count=len(stops),
        show=wanted if wanted in SHOWN else SHOWN[0],
        shown=SHOWN,
        pace=pace,
        curve=curve_of(stops, pace, mirrored=tongue().direction == "rtl"),
        readings=[stop for stop in stops if stop.km is not None][::-1],
        **{"given": None, "unsent": None, **more},
    )


@dataclass(frozen=True)
class Companion:
    """Somebody who has the car, too, or is invited. called: by its owner. since: they have it; invited_at and until: by when
    the address has to be used, for who has not used it. The moments tell apart who is called the same."""

    ref: str
    called: str
    role: str
    since: date | None
    invited_at: datetime
    until: datetime


def _people(session: Session, who: Me, car: Car, now: datetime) -> list[Companion]:
    rows = entrusting.given(session, who.customer_id, car.id)
    return [
        Companion(
            ref=row.ref,
            called=who.opened("car_invitations.called", row.id, row.called),
            role=row.role,
            since=since,
            invited_at=row.made_at,
            until=row.expires_at,
        )
        for row, since in rows
        if row.ownership_id is not None or row.expires_at > now
    ]


def _until(car: Car, today: date) -> date:
    """A car that was sold stands still on the day it was."""
    return min(today, car.until) if car.until else today

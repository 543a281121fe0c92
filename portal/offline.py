"""What a customer may let their device keep for when the line is lost: the next visits, what was done, bills and points, and no more."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Invoice
from hub.web.webhooks import this_hub
from portal import guard
from portal.cars import cars_of, stops_of
from portal.guard import CUSTOMER, opens_to
from portal.me import Me, me
from portal.my import works_of
from portal.pages import fill, this_portal, tongue
from portal.points import card_of
from portal.visits import booked

bp = Blueprint("offline", __name__, url_prefix="/my/offline")
VISITS, CARS, STOPS, BILLS = 6, 6, 10, 6  # at most, the next and the latest ones: a fleet fills no phone


@dataclass(frozen=True)
class Figures:
    """Of an invoice. number: in the garage's words. total_minor: with tax, in minor units of `currency`."""

    number: str
    on: date
    total_minor: int
    currency: str
    paid: bool


@bp.get("/")
@opens_to(CUSTOMER)
def copy() -> Response:
    """`who` it is of, for how many `days` it may be kept, and the part of a page to show, in their language as `lang` and `dir`.
    Neither name nor address nor VIN: a garage's page without a line needs none of them."""
    hub, words, chain = this_hub(), tongue(), this_portal().chain
    with hub.look() as session:
        who = me(hub, session)
        cars = [car for car in cars_of(session, who) if car.is_mine][:CARS]
        stops = stops_of(session, who, cars)
        done = [(car, stops.get(car.id, [])[::-1][:STOPS]) for car in cars]
        seen = {
            "visits": booked(session, who, hub.clock())[:VISITS],
            "bills": bills(session, who),
            "card": card_of(session, who, chain.points, hub.clock()),
            "works_of": works_of(chain, [stop for _, some in done for stop in some]),
        }
    html = fill("my/_offline.html", now=hub.clock(), cars=done, **seen)
    person = guard.who()
    return jsonify(
        who=str(person.principal_id) if person else "", days=hub.settings.offline.days,
        lang=words.tag, dir=words.direction, html=html,
    )  # fmt: skip


def bills(session: Session, who: Me) -> list[Figures]:
    """What was billed to them, the latest first."""
    wanted = (
        select(Invoice)
        .where(Invoice.customer_id == who.customer_id, Invoice.cancelled_at.is_(None))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(BILLS)
    )
    return [
        Figures(
            number=who.opened("invoices.number", row.id, row.number),
            on=row.issued_on,
            total_minor=row.total_minor,
            currency=row.currency,
            paid=row.paid_on is not None,
        )
        for row in session.scalars(wanted)
    ]

"""A customer's start page: what each car needs next and why, the next visit, the points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.web.webhooks import this_hub
from portal import signals
from portal.cars import Advice, Car, Stop, advice_of, cars_of, stops_of
from portal.chain import Chain
from portal.guard import CUSTOMER, opens_to
from portal.me import Me, me
from portal.needs import ORDER, Need, Pace, needs_of, pace_of
from portal.pages import page, this_portal
from portal.points import card_of
from portal.quotes import waiting
from portal.stage import Stage, stage_of
from portal.visits import booked
from rules.calendar import local_day

bp = Blueprint("my", __name__, url_prefix="/my")


@dataclass(frozen=True)
class Outlook:
    """One car, with what is known of its way so far and what comes."""

    car: Car
    stops: Sequence[Stop]
    advice: Sequence[Advice]
    needs: Sequence[Need]
    pace: Pace | None
    stage: Stage | None


def outlooks(hub: Hub, session: Session, who: Me, chain: Chain) -> list[Outlook]:
    """Of the cars they have now; the one that needs something first comes first."""
    cars = [car for car in cars_of(session, who) if car.is_mine]
    stops, advice = stops_of(session, who, cars), advice_of(session, who, cars)
    today = local_day(hub.clock(), hub.here.zone)
    found = []
    for car in cars:
        mine, told = stops.get(car.id, []), advice.get(car.id, [])
        needs = needs_of(mine, told, works_of(chain, mine), today)
        pace = pace_of(mine, today)
        found.append(Outlook(car, mine, told, needs, pace, stage_of(mine, needs, pace)))
    return sorted(found, key=lambda one: min((ORDER.index(need.lamp) for need in one.needs), default=len(ORDER)))


def works_of(chain: Chain, stops: Sequence[Stop]) -> Mapping[int, set[str]]:
    """Visit id -> kinds of work, by the codes of its lines; where the chain names none, its reason says it."""
    return {stop.id: {work for code in stop.codes if (work := chain.work_of(code))} or {stop.reason} for stop in stops}


@bp.get("/")
@opens_to(CUSTOMER)
def home() -> Response:
    """The car that was chosen, else the one that needs something first."""
    hub, chain = this_hub(), this_portal().chain
    signals.heed(hub)
    with hub.look() as session:
        who = me(hub, session)
        seen = outlooks(hub, session, who, chain)
        visits = booked(session, who, hub.clock())
        card = card_of(session, who, chain.points, hub.clock())
        asked = waiting(hub, session, who)
    shown = next((one for one in seen if one.car.ref == request.args.get("car")), seen[0] if seen else None)
    return page("my/home.html", me=who, seen=seen, shown=shown, visits=visits, card=card, asked=asked, now=hub.clock())

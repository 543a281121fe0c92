"""A customer's appointments: see, book, move, cancel, take along as a calendar file; works without script."""

import secrets
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import bookings
from hub.models import Branch
from hub.web.webhooks import this_hub
from portal.cars import cars_of
from portal.guard import CUSTOMER, opens_to
from portal.ics import calendar_file
from portal.me import Me, me
from portal.pages import page, this_portal
from portal.visits import Booked, booked
from rules.calendar import local_day, start_of

bp = Blueprint("visits", __name__, url_prefix="/my/visits")
DAYS = 14  # shown at once
FURTHEST = timedelta(days=120)
SERVICES = ("service", "inspection", "tyres", "cooling", "repair")
SAID = ("booked", "moved", "cancelled")


@bp.get("/")
@opens_to(CUSTOMER)
def coming() -> Response:
    hub = this_hub()
    said = request.args.get("done", "")
    with hub.look() as session:
        who = me(hub, session)
        visits = booked(session, who, hub.clock())
    return page("my/visits.html", me=who, visits=visits, done=said if said in SAID else "", now=hub.clock())


@bp.get("/new")
@opens_to(CUSTOMER)
def choose() -> Response:
    """branch, car, service, from: what has been chosen so far; each is a link or a field, so it works by hand."""
    return _choice(this_hub(), None)


@bp.get("/<int:visit>/move")
@opens_to(CUSTOMER)
def choose_other(visit: int) -> Response:
    return _choice(this_hub(), visit)


def _choice(hub: Hub, moved: int | None) -> Response:
    now = hub.clock()
    with hub.look() as session:
        who = me(hub, session)
        old = _own(session, who, now, moved) if moved is not None else None
        branches = session.scalars(select(Branch).order_by(Branch.title)).all()
        wanted = old.branch_code if old else request.args.get("branch") or who.branch
        branch = next((one for one in branches if one.code == wanted), branches[0] if branches else None)
        first = _first_day(request.args.get("from", ""), now, branch.zone if branch else hub.here.zone)
        days = _free_days(session, branch, first, now) if branch else []
        cars = [car for car in cars_of(session, who) if car.is_mine]
    service = request.args.get("service", "")
    return page(
        "my/book.html", me=who, old=old, branches=branches, branch=branch, days=days, cars=cars, services=SERVICES, first=first,
        car=request.args.get("car", ""), service=service if service in SERVICES else SERVICES[0], once=secrets.token_urlsafe(12),
        later=first + timedelta(days=DAYS), earlier=first - timedelta(days=DAYS) if first > local_day(now, hub.here.zone) else None,
    )  # fmt: skip


def _first_day(text: str, now: datetime, zone: str) -> date:
    """Today at the earliest, and not in some far year."""
    today = local_day(now, zone)
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(asked, today), today + FURTHEST)


def _free_days(session: Session, branch: Branch, first: date, now: datetime) -> list[tuple[date, list[datetime]]]:
    """Days of the branch with the moments that are free on each."""
    start, end = start_of(first, branch.zone), start_of(first + timedelta(days=DAYS), branch.zone)
    found: dict[date, list[datetime]] = {}
    for slot in bookings.free_starts(session, branch.id, max(start, now), end):
        found.setdefault(local_day(slot.starts_at, branch.zone), []).append(slot.starts_at)
    return list(found.items())


@bp.post("/")
@opens_to(CUSTOMER)
def book() -> Response:
    hub, form = this_hub(), request.form
    service = form.get("service", "")
    if service not in SERVICES:
        raise WrongInput("Say what the visit is for.", "Choose one of the list.")
    with hub.begin() as work:
        who = me(hub, work.session)
        wish = bookings.Wish(
            customer_ref=who.ref,
            vehicle_ref=form.get("car") or None,
            branch=form.get("branch", "")[:32],
            starts_at=_moment(form.get("at", "")),
            service=service,
            once=form.get("once", "")[:32],
        )
        bookings.book(hub, work, wish)
    return _done("booked")


@bp.post("/<int:visit>/move")
@opens_to(CUSTOMER)
def move(visit: int) -> Response:
    """Whose it is comes first: what else the form says is read for its owner only."""
    hub = this_hub()
    with hub.begin() as work:
        who = me(hub, work.session)
        _own(work.session, who, work.now, visit)
        bookings.move(hub, work, who.ref, visit, _moment(request.form.get("at", "")))
    return _done("moved")


@bp.post("/<int:visit>/cancel")
@opens_to(CUSTOMER)
def cancel(visit: int) -> Response:
    hub = this_hub()
    with hub.begin() as work:
        bookings.cancel(hub, work, me(hub, work.session).ref, visit)
    return _done("cancelled")


@bp.get("/<int:visit>/visit.ics")
@opens_to(CUSTOMER)
def file(visit: int) -> Response:
    hub = this_hub()
    with hub.look() as session:
        found = _mine(booked(session, me(hub, session), hub.clock()), visit)
    text = calendar_file(found, this_portal().chain.title, hub.here.host, hub.clock())
    answer = make_response(text)
    answer.headers.update(
        {"Content-Type": "text/calendar; charset=utf-8", "Content-Disposition": 'attachment; filename="visit.ics"'}
    )
    return answer


def _own(session: Session, who: Me, now: datetime, wanted: int) -> Booked:
    return _mine([one for one in booked(session, who, now) if one.is_mine], wanted)


def _mine(visits: list[Booked], wanted: int | None) -> Booked:
    found = next((one for one in visits if one.id == wanted), None)
    if found is None:
        raise NotFound("There is no such appointment among yours.", "Those to come stand under Visits.")
    return found


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongInput("Choose a time first.", "Each free time of the list can be chosen.") from None
    if found.tzinfo is None:
        raise WrongInput("Choose a time first.", "Each free time of the list can be chosen.")
    return found.astimezone(UTC)


def _done(what: str) -> Response:
    return make_response(redirect(url_for("portal.visits.coming", done=what), 303))

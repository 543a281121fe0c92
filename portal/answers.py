"""What the assistant says, from the customer's own rows: one function for each question, plain sentences in their language."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from flask import current_app
from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.desks import calendar_named, desk_of
from hub.models import Appointment, Branch, Invoice, Visit
from portal.cars import Advice, Car, advice_of, cars_of, within
from portal.chain import Chain
from portal.languages import Tongue
from portal.me import Me
from portal.points import card_of, ending, entries_of
from portal.visits import booked
from rules.calendar import local_day, start_of

READY = timedelta(days=3)  # how long after it was finished a car may still stand with us
DAYS_OPEN = 3  # told of the opening hours


@dataclass(frozen=True)
class Asking:
    """Who asks, where, when, and in which language they are answered."""

    hub: Hub
    session: Session
    who: Me
    chain: Chain
    tongue: Tongue
    now: datetime

    def say(self, sentence: str, **values: Any) -> str:
        """Of a page's sentence the words alone: a post is text."""
        return str(self.tongue.say(sentence, **values).striptags().replace("\u00a0", " "))

    def part(self, code: str) -> str:
        """What a part is called on the pages."""
        names = current_app.jinja_env.get_template("portal/_places.html").make_module({"_": self.tongue.say})
        return str(names.part_title(code)).strip()  # type: ignore[attr-defined]


def answer(asking: Asking, intent: str) -> str:
    return "\n".join(ANSWERS[intent](asking))


def _points(asking: Asking) -> Iterator[str]:
    rules = asking.chain.points
    card = card_of(asking.session, asking.who, rules, asking.now)
    if card is None:
        yield asking.say("You have no card with us yet. The team at the counter makes you one.")
        return
    yield asking.say("You have %(points)s points.", points=asking.tongue.number(card.points))
    ends = ending(entries_of(asking.session, asking.who, card), rules, asking.now)
    if ends:
        yield asking.say(
            "%(points)s of them end on %(day)s.",
            points=asking.tongue.number(ends[0].points),
            day=asking.tongue.day(ends[0].on),
        )
    else:
        yield asking.say("None of them end soon.")


def _appointment(asking: Asking) -> Iterator[str]:
    found = booked(asking.session, asking.who, asking.now)
    if not found:
        yield asking.say("You have no appointment. You can book one under Visits.")
        return
    one = found[0]
    yield asking.say(
        "Your next appointment: %(day)s, %(time)s, at %(branch)s.",
        day=asking.tongue.weekday(one.starts_at, one.zone),
        time=asking.tongue.clock(one.starts_at, one.zone),
        branch=one.branch,
    )
    if one.car:
        yield asking.say("It is for your %(car)s.", car=one.car)
    if one.is_mine:
        yield asking.say("You can move or cancel it under Visits.")


def _ready(asking: Asking) -> Iterator[str]:
    """Of their own cars, and of those that were entrusted to them since then."""
    cars = {car.id: car for car in cars_of(asking.session, asking.who) if car.is_mine}
    theirs = [within(asking.who, car, Visit) for car in cars.values()]
    visits = asking.session.scalars(
        select(Visit)
        .where(or_(false(), *theirs))
        .where(Visit.status.in_(("open", "closed")), Visit.opened_at > asking.now - timedelta(days=60))
        .order_by(Visit.opened_at)
    ).all()
    latest = {visit.vehicle_id: visit for visit in visits if visit.vehicle_id is not None}
    told = [line for car_id, visit in latest.items() for line in _state(asking, cars[car_id], visit)]
    yield from told or [asking.say("None of your cars is with us now.")]


def _state(asking: Asking, car: Car, visit: Visit) -> Iterator[str]:
    named = car.title or asking.say("Your car")
    if visit.status == "closed":
        if visit.closed_at is not None and visit.closed_at > asking.now - READY:
            at = asking.tongue.moment(visit.closed_at)
            yield asking.say("%(car)s: ready. The work was finished on %(moment)s.", car=named, moment=at)
        return
    yield asking.say("%(car)s: still with us.", car=named)
    if (until := _planned(asking, visit)) is not None:
        yield asking.say(
            "It is planned to be ready by %(day)s, %(time)s.",
            day=asking.tongue.weekday(until, visit.zone),
            time=asking.tongue.clock(until, visit.zone),
        )


def _planned(asking: Asking, visit: Visit) -> datetime | None:
    """The end of the appointment it came by, while that lies ahead: after that nobody was promised anything."""
    came = select(Appointment.ends_at).where(
        Appointment.customer_id == visit.customer_id, Appointment.vehicle_id == visit.vehicle_id,
        Appointment.local_day == local_day(visit.opened_at, visit.zone), Appointment.state == "arrived",
        Appointment.ends_at > asking.now,
    )  # fmt: skip
    return asking.session.scalars(came.order_by(Appointment.ends_at.desc())).first()


def _safe(asking: Asking) -> Iterator[str]:
    """What was seen on each car that touches its safety, in no words of the owner's and without a price. Where nothing was seen
    nothing is promised: what nobody looked at, nobody knows."""
    cars = [car for car in cars_of(asking.session, asking.who) if car.is_mine]
    advice = advice_of(asking.session, asking.who, cars)
    told = [line for car in cars for line in _seen_on(asking, car, advice.get(car.id, ()))]
    yield from told or [asking.say("There are no cars of yours here.")]
    yield asking.say("If something feels wrong, do not drive. Write what it is, and a person reads it.")


def _seen_on(asking: Asking, car: Car, advice: Sequence[Advice]) -> Iterator[str]:
    """The latest word on each part stands: what was mended since is told no more."""
    named = car.title or asking.say("Your car")
    latest = {one.part: one for one in advice}
    waiting = [one for one in latest.values() if one.state != "sold" and one.safety in ("critical", "important")]
    for one in sorted(waiting, key=lambda one: one.safety != "critical"):
        seen = {"car": named, "part": asking.part(one.part), "day": asking.tongue.day(one.made_on)}
        if one.safety == "critical":
            yield asking.say("%(car)s: %(part)s, seen on %(day)s. The car is not safe like this.", **seen)
        else:
            yield asking.say("%(car)s: %(part)s, seen on %(day)s. It can be driven, but plan it in soon.", **seen)
    if not waiting:
        yield asking.say("%(car)s: nothing that touches safety is waiting.", car=named)


def _hours(asking: Asking) -> Iterator[str]:
    """Of the customer's branch, by the calendar of the desk that serves it."""
    desk = desk_of(asking.hub, asking.who.branch, asking.tongue.code)
    calendar = calendar_named(asking.hub, desk.calendar)
    branch = asking.session.scalar(select(Branch.title).where(Branch.code == (asking.who.branch or "")))
    today = start_of(local_day(asking.now, calendar.zone), calendar.zone)
    days: dict[str, list[str]] = {}
    for start, end in islice(calendar.spans(today), 4 * DAYS_OPEN):
        opens, closes = (asking.tongue.clock(at, calendar.zone) for at in (start, end))
        days.setdefault(asking.tongue.weekday(start, calendar.zone), []).append(f"{opens}–{closes}")
    if desk.calendar == "always" or not days:
        yield asking.say("We answer here around the clock.")
        return
    yield asking.say("Opening hours of %(branch)s:", branch=branch) if branch else asking.say("Our opening hours:")
    yield from (f"{day}: {', '.join(spans)}" for day, spans in islice(days.items(), DAYS_OPEN))


def _invoice(asking: Asking) -> Iterator[str]:
    mine = (Invoice.customer_id == asking.who.customer_id, Invoice.cancelled_at.is_(None))
    row = asking.session.scalars(select(Invoice).where(*mine).order_by(Invoice.issued_at.desc()).limit(1)).first()
    if row is None:
        yield asking.say("There is no invoice for you yet.")
        return
    yield asking.say(
        "Your last invoice is of %(day)s: %(amount)s.",
        day=asking.tongue.day(row.issued_on),
        amount=asking.tongue.money(row.total_minor, row.currency),
    )
    if number := asking.who.opened("invoices.number", row.id, row.number):
        yield asking.say("Its number is %(number)s.", number=number)
    yield asking.say("You find it with your other papers under Documents.")


ANSWERS: Mapping[str, Callable[[Asking], Iterator[str]]] = {
    "points": _points,
    "appointment": _appointment,
    "ready": _ready,
    "safe": _safe,
    "hours": _hours,
    "invoice": _invoice,
}

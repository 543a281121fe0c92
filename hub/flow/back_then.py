"""A customer as they were known at an earlier moment: events, cars, scores and consents up to then, and the facts made of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow import seen
from hub.flow.batches import batches
from hub.flow.seen import Seen
from hub.models import Consent
from rules.calendar import local_day
from rules.catalogue import Catalogue
from rules.dependencies import Reads
from rules.views import EventSeen, ScoreSeen, VehicleSeen, View

Said: TypeAlias = Literal["granted", "withdrawn"]
ADVICE = ("recommendation_made", "recommendation_declined", "recommendation_sold")
BOOKINGS = ("booking_made", "booking_cancelled", "no_show", "visit")


class History:
    """All that is kept of one customer, in the order of time. consents: (at, purpose, channel, state)."""

    def __init__(self, now: Seen, zone: str, consents: Sequence[tuple[datetime, str, str, Said]] = ()) -> None:
        self.now, self.zone, self.consents = now, zone, consents
        self.told = {kind: sorted(events, key=lambda one: one.order) for kind, events in now.by_kind.items()}
        self.moments = {kind: [event.order[0] for event in events] for kind, events in self.told.items()}

    def at(self, moment: datetime) -> "BackThen":
        return BackThen(self, moment)


class BackThen(View):
    """What could be known at `moment`. A fact that is made of events, cars or bookings is made of those up to then; any
    other stands as it does today (`as_today`)."""

    def __init__(self, history: History, moment: datetime) -> None:
        self.history, self.moment = history, moment
        self.day = local_day(moment, history.zone)
        self.cut: dict[str, Sequence[EventSeen]] = {}

    def ref(self) -> str:
        return self.history.now.ref()

    def fact(self, name: str) -> Any:
        made = MADE.get(name)
        return made[1](self) if made is not None else self.history.now.fact(name)

    def events(self, kind: str) -> Sequence[EventSeen]:
        if kind not in self.cut:
            told = self.history.told.get(kind, ())
            self.cut[kind] = told[: bisect_right(self.history.moments[kind], self.moment)] if told else ()
        return self.cut[kind]

    def vehicles(self) -> Sequence[VehicleSeen]:
        """One that was handed on later is still theirs."""
        known = [car for car in self.history.now.vehicles() if car.since <= self.day]
        return [replace(car, until=None) if car.until is not None and car.until > self.day else car for car in known]

    def scores(self, name: str) -> Sequence[ScoreSeen]:
        return [score for score in self.history.now.scores(name) if score.as_of <= self.day]

    def consent(self, purpose: str, channel: str) -> Said | None:
        wanted, found = (purpose, channel), None
        for at, asked, by, state in self.history.consents:
            if at <= self.moment and (asked, by) == wanted:
                found = state
        return found


def histories(
    session: Session, catalogue: Catalogue, customer_ids: Iterable[int], reads: Reads, zone: str
) -> dict[int, History]:
    """By customer id. reads: what is going to be asked; what facts are made of is read along."""
    kinds = reads.events | {kind for name in reads.facts if name in MADE for kind in MADE[name][0]}
    cars = reads.vehicles or any(name.startswith(("vehicles.", "recommendations.")) for name in reads.facts)
    wider = replace(reads, events=frozenset(kinds), vehicles=cars)
    found = seen.load(session, catalogue, customer_ids, wider)
    told = _consents(session, found) if reads.consents else {}
    return {one: History(view, zone, told.get(view.person_id, ())) for one, view in found.items()}


def _consents(session: Session, found: Mapping[int, Seen]) -> dict[int, list[tuple[datetime, str, str, Said]]]:
    people: dict[int, list[tuple[datetime, str, str, Said]]] = defaultdict(list)
    columns = (Consent.person_id, Consent.at, Consent.purpose, Consent.channel, Consent.state)
    for ids in batches(sorted({view.person_id for view in found.values()})):
        rows = select(*columns).where(Consent.person_id.in_(ids)).order_by(Consent.at, Consent.id)
        for person_id, at, purpose, channel, state in session.execute(rows):
            people[person_id].append((at, purpose, channel, "granted" if state == "granted" else "withdrawn"))
    return people


def as_today(facts: Iterable[str]) -> list[str]:
    """Those that nobody can tell of an earlier day, beside what hardly ever changes."""
    return sorted(name for name in facts if name not in MADE and not name.startswith(("customer.", "region")))


# --- facts, made of what had happened by then


def _visits(view: BackThen) -> Sequence[EventSeen]:
    return view.events("visit")


def _first(view: BackThen) -> date | None:
    return min((event.local_day for event in _visits(view)), default=None)


def _last(view: BackThen) -> date | None:
    return max((event.local_day for event in _visits(view)), default=None)


def _currency(view: BackThen) -> str | None:
    """Amounts of two currencies are no sum."""
    found = {event.currency for event in _visits(view) if event.currency is not None}
    return found.pop() if len(found) == 1 else None


def _spend(view: BackThen) -> int | None:
    return sum(event.amount_minor or 0 for event in _visits(view)) if _currency(view) else None


def _odometer(view: BackThen) -> Any:
    read = [event.attributes.get("odometer") for event in _visits(view)]
    return next((one for one in reversed(read) if one is not None), None)


def _survey(view: BackThen) -> EventSeen | None:
    told = view.events("survey")
    return told[-1] if told else None


def _advised(view: BackThen) -> dict[int | None, str]:
    """Each piece of advice with its latest word, but for cars that went: those took theirs along."""
    cars = view.vehicles()
    gone = {car.id for car in cars if car.until is not None} - {car.id for car in cars if car.until is None}
    told = sorted((event for kind in ADVICE for event in view.events(kind)), key=lambda event: event.order)
    return {event.about_id: event.kind for event in told if event.vehicle_id not in gone}


def _cars(view: BackThen) -> list[VehicleSeen]:
    return [car for car in view.vehicles() if car.until is None]


def _booked(view: BackThen) -> date | None:
    """The next day that was booked by then, and neither cancelled nor over."""
    gone = {event.about_id for kind in BOOKINGS[1:3] for event in view.events(kind)}
    days = [
        event.local_day + timedelta(days=int(event.attributes.get("lead_days") or 0))
        for event in view.events("booking_made")
        if event.about_id is None or event.about_id not in gone
    ]
    last = _last(view) or date.min
    return min((day for day in days if day >= view.day and day > last), default=None)


MADE: Mapping[str, tuple[tuple[str, ...], Callable[[BackThen], Any]]] = {
    "visits.count": (("visit",), lambda view: len(_visits(view))),
    "visits.first_on": (("visit",), _first),
    "visits.last_on": (("visit",), _last),
    "visits.last_odometer": (("visit",), _odometer),
    "spend.total": (("visit",), _spend),
    "spend.currency": (("visit",), _currency),
    "complaints.count": (("complaint",), lambda view: len(view.events("complaint"))),
    "survey.nps_last": (("survey",), lambda view: one.attributes.get("score") if (one := _survey(view)) else None),
    "survey.nps_last_on": (("survey",), lambda view: one.local_day if (one := _survey(view)) else None),
    "recommendations.open_count": (ADVICE, lambda view: list(_advised(view).values()).count(ADVICE[0])),
    "recommendations.declined_count": (ADVICE, lambda view: list(_advised(view).values()).count(ADVICE[1])),
    "appointments.missed_count": (("no_show",), lambda view: len(view.events("no_show"))),
    "appointments.next_on": (BOOKINGS, _booked),
    "vehicles.count": ((), lambda view: len(_cars(view))),
    "vehicles.oldest_on": (
        (),
        lambda view: min((day for car in _cars(view) if (day := car.facts.get("age"))), default=None),
    ),
}

"""What a journey is about, and which events and days belong to it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.calendar import Moment, local_day, start_of
from rules.history import fields_pass
from rules.journeys.documents import Anchor, Awaited, JourneyRule, Key
from rules.journeys.timing import at_time
from rules.views import EventSeen, VehicleSeen, View

SERVICE_KM, SERVICE_DAYS = 15_000, 365  # a service is due after so many kilometres, or so long, whichever comes first
CAR_DAYS = {"vehicle.first_registered": "age", "vehicle.owned_since": "owned_since"}  # anchor -> fact of a car
ANCHORS: dict[Key, tuple[str, ...]] = {
    "customer": (),
    "vehicle": (*CAR_DAYS, "vehicle.service_due"),
    "recommendation": ("event.day",),
    "appointment": ("event.day", "appointment.day"),
    "fleet": ("event.day",),
}


@dataclass(frozen=True)
class Subject:
    """id: of the customer, vehicle, recommendation or appointment. event_id: by which event it came in, if by one."""

    id: int
    event_id: int | None = None


class About(View):
    """A customer as a journey about one of their cars sees them: `vehicle` asks about that car alone."""

    def __init__(self, view: View, vehicle_id: int) -> None:
        self.view = view
        self.vehicle_id = vehicle_id
        self.ref, self.place, self.fact = view.ref, view.place, view.fact  # type: ignore[method-assign]
        self.events, self.scores, self.consent = view.events, view.scores, view.consent  # type: ignore[method-assign]

    def vehicles(self) -> Sequence[VehicleSeen]:
        return [car for car in self.view.vehicles() if car.id == self.vehicle_id]


def seen_by(rule: JourneyRule, view: View, subject: Subject) -> View:
    return About(view, subject.id) if rule.key == "vehicle" else view


def subject_of(rule: JourneyRule, event: EventSeen, customer_id: int) -> Subject | None:
    """Whom an event is about; None where it says nothing of this journey's key."""
    ids = {"customer": customer_id, "vehicle": event.vehicle_id}
    found = ids.get(rule.key, event.about_id)
    return Subject(found, event.id) if found is not None else None


def entry_event(rule: JourneyRule, view: View, subject: Subject) -> EventSeen | None:
    """The event it came in by, if that still stands. An appointment or a piece of advice that was told again, with another
    day, is found by what it is about."""
    kind = getattr(rule.entry.door, "awaited", None)
    if kind is None:
        return None
    told = list(view.events(kind.kind.name))
    same = [event for event in told if event.id == subject.event_id]
    if same or rule.key not in ("recommendation", "appointment"):
        return same[0] if same else None
    return max((event for event in told if event.about_id == subject.id), key=lambda one: one.order, default=None)


def car_of(rule: JourneyRule, view: View, subject: Subject) -> int | None:
    if rule.key == "vehicle":
        return subject.id
    event = entry_event(rule, view, subject)
    return event.vehicle_id if event else None


def matching(
    rule: JourneyRule,
    awaited: Iterable[Awaited],
    view: View,
    subject: Subject,
    since: datetime,
    now: datetime,
) -> EventSeen | None:
    """The first of these events within [since, now], by the time it happened and not by when it was told."""
    moment = Moment(now, rule.zone)
    found = (
        event
        for one in awaited
        for event in view.events(one.kind.name)
        if since <= event.order[0] <= now
        and event.id != subject.event_id
        and belongs(rule, one, event, view, subject)
        and fields_pass(one.where, event, moment)
    )
    return min(found, key=lambda event: event.order, default=None)


def belongs(rule: JourneyRule, awaited: Awaited, event: EventSeen, view: View, subject: Subject) -> bool:
    if awaited.of == "customer" or rule.key == "customer":
        return True
    if awaited.of == "subject" and rule.key != "vehicle":
        return event.about_id == subject.id
    return event.vehicle_id is not None and event.vehicle_id == car_of(rule, view, subject)


# --- days that are waited for


def moment_of(rule: JourneyRule, anchor: Anchor, view: View, subject: Subject) -> datetime | None:
    """When the anchor's moment is, as things stand; None while there is no such day."""
    day = day_of(rule, anchor.name, view, subject)
    if day is None:
        return None
    if anchor.shift is not None:
        day = anchor.shift.before(day) if anchor.back else anchor.shift.after(day)
    return at_time(start_of(day, rule.zone), anchor.clock, rule.zone)


def day_of(rule: JourneyRule, name: str, view: View, subject: Subject) -> date | None:
    if name in CAR_DAYS or name == "vehicle.service_due":
        car = next((one for one in view.vehicles() if one.id == subject.id and one.until is None), None)
        if car is None:
            return None
        return car.facts.get(CAR_DAYS[name]) if name in CAR_DAYS else service_due(view, car)
    if name in ("event.day", "appointment.day"):
        event = entry_event(rule, view, subject)
        ahead = event.attributes.get("lead_days", 0) if event and name == "appointment.day" else 0
        return event.local_day + timedelta(days=int(ahead)) if event else None
    value = view.fact(name)
    return local_day(value, rule.zone) if isinstance(value, datetime) else value


def service_due(view: View, car: VehicleSeen) -> date | None:
    """The day on which the car will have gone SERVICE_KM since its last visit, or SERVICE_DAYS after it, whichever is first.

    Kilometres a day are those between its first and its last reading; None for a car that was never here."""
    visits = sorted((event for event in view.events("visit") if event.vehicle_id == car.id), key=lambda one: one.order)
    if not visits:
        return None
    latest = visits[-1].local_day + timedelta(days=SERVICE_DAYS)
    read = [
        (event.local_day, km) for event in visits if isinstance(km := event.attributes.get("odometer"), int | float)
    ]
    days = (read[-1][0] - read[0][0]).days if read else 0
    driven = read[-1][1] - read[0][1] if read else 0
    if days < 30 or driven <= 0:  # too little to tell a rate from
        return latest
    return min(latest, read[-1][0] + timedelta(days=round(SERVICE_KM * days / driven)))


def subjects(rule: JourneyRule, view: View, customer_id: int) -> Iterator[Subject]:
    """All that a customer has of the journey's key, where it can be told without an event."""
    if rule.key == "customer":
        yield Subject(customer_id)
    elif rule.key == "vehicle":
        yield from (Subject(car.id) for car in view.vehicles() if car.until is None)

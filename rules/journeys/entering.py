"""Who comes in: by an event, a segment, a day or a schedule; once, again, one after another or side by side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from rules.bucket import PLACES, place
from rules.calendar import Moment, Span, local_day, start_of
from rules.history import fields_pass
from rules.journeys.documents import ByDate, ByEvent, BySchedule, JourneyRule
from rules.journeys.engine import deal
from rules.journeys.subjects import Subject, moment_of, seen_by, subject_of, subjects
from rules.journeys.timing import MORNING, at_time, later
from rules.predicate import holds
from rules.views import EventSeen, View

CONTROL_SHARE = 0.05  # of everybody, a quarter of the year at a time
SIDE_BY_SIDE = 20  # the most ways of one subject at a time in a parallel journey
BEHIND = timedelta(minutes=30)  # how much later than those who go first
FULL = "full"  # the reason of one that has to wait at the door: no day that moves moves it
OPEN = ("expected", "queued", "waiting", "parked")


@dataclass(frozen=True)
class Past:
    """One way that this subject went before. state: as Enrollment has it."""

    generation: int
    state: str
    ended_at: datetime | None


Verdict = Literal["enter", "queue", "restart", "inside", "never_again", "too_soon"]


def admission(rule: JourneyRule, past: Sequence[Past], now: datetime) -> Verdict:
    """May this subject come in, as far as its own past goes?"""
    inside = [one for one in past if one.state in OPEN and one.state != "expected"]
    if inside and rule.mode == "parallel":
        return "enter" if len(inside) < SIDE_BY_SIDE else "inside"
    if inside:
        return "restart" if rule.mode == "restart" else "queue" if rule.mode == "queued" else "inside"
    ended = [one.ended_at for one in past if one.ended_at is not None]
    if not ended or rule.again == "always":
        return "enter"
    if isinstance(rule.again, Span):
        return "enter" if later(max(ended), rule.again, rule.zone) <= now else "too_soon"
    return "never_again"


def waits_until(
    rule: JourneyRule, view: View, subject: Subject, now: datetime, tried: bool, room: Callable[[], bool]
) -> datetime | None:
    """Until when somebody who may come in has to wait; None where they come in now. Those who go first come at once and the
    others after them; whoever finds the day full comes back the next morning. tried: they have waited already. room: is
    there a place left today, and if so it is taken."""
    ahead = rule.entry.ahead
    first = ahead is None or holds(ahead, seen_by(rule, view, subject), now, rule.zone)
    if not first and not tried:
        return now + BEHIND
    if room():
        return None
    morning = at_time(start_of(local_day(now, rule.zone) + timedelta(days=1), rule.zone), MORNING, rule.zone)
    return morning if first else morning + BEHIND


def let_in(rule: JourneyRule, view: View, subject: Subject, now: datetime) -> bool:
    """Does the entry's own condition hold?"""
    when = rule.entry.when
    return when is None or holds(when, seen_by(rule, view, subject), now, rule.zone)


def by_events(
    rule: JourneyRule, view: View, customer_id: int, events: Sequence[EventSeen], now: datetime
) -> Iterator[tuple[Subject, EventSeen]]:
    """Of events that were just told, those that let somebody in."""
    door = rule.entry.door
    if not isinstance(door, ByEvent):
        return
    moment, oldest = Moment(now, rule.zone), door.fresh.before(local_day(now, rule.zone))
    for event in sorted(events, key=lambda one: one.order):
        fits = event.kind == door.awaited.kind.name and event.local_day > oldest
        subject = subject_of(rule, event, customer_id) if fits else None
        if subject is not None and fields_pass(door.awaited.where, event, moment):
            yield subject, event


def expected(rule: JourneyRule, view: View, customer_id: int, now: datetime) -> dict[Subject, datetime]:
    """Of a journey that is entered on a day: when each subject is to come in next, as things stand."""
    door, found = rule.entry.door, {}
    if not isinstance(door, ByDate):
        return {}
    for subject in subjects(rule, view, customer_id):
        moment = moment_of(rule, door.anchor, view, subject)
        if moment is not None and door.every is not None:
            moment = _next(rule, moment, door.every, now)
        if moment is not None and moment > now - timedelta(days=1):  # what is longer past was missed before we looked
            found[subject] = moment
    return found


def _next(rule: JourneyRule, first: datetime, every: Span, now: datetime) -> datetime | None:
    """Each time is counted from the first, so that the last of a month comes back after a shorter one."""
    for times in range(400):
        moment = later(first, Span(every.count * times, every.unit), rule.zone) if times else first
        if moment > now - timedelta(days=1):
            return moment
    return None


def due_next(rule: JourneyRule, now: datetime) -> datetime | None:
    """When a schedule next lets people in, after now; None for other journeys."""
    door = rule.entry.door
    return _due_next(door, now, rule.zone) if isinstance(door, BySchedule) else None


@lru_cache(maxsize=64)  # whoever plays many people asks for the same moments again and again
def _due_next(door: BySchedule, now: datetime, zone: str) -> datetime | None:
    today = local_day(now, zone)
    for ahead in range(800):
        day = today + timedelta(days=ahead)
        if _is_on(door, day) and (moment := datetime.combine(day, door.clock, ZoneInfo(zone)).astimezone(UTC)) > now:
            return moment
    return None


def _is_on(door: BySchedule, day: date) -> bool:
    match door.every:
        case "day":
            return True
        case "week":
            return day.isoweekday() == door.on[0]
        case "month":
            return day.day == door.on[0]
        case "year":
            return (day.month, day.day) == door.on


# --- who is left alone, so that it can be told what a journey is worth


def quarter_of(now: datetime, zone: str) -> str:
    day = local_day(now, zone)
    return f"{day.year}q{(day.month + 2) // 3}"


def held_back(rule: JourneyRule, customer_id: int, ref: str, now: datetime) -> list[tuple[str, str, str]]:
    """(experiment, unit, arm) of the global control and of the journey's own holdout; nothing where it is exempt. An arm of
    `control` or `held` means that nothing is done for them."""
    if rule.exempt:
        return []
    control = f"global_control:{quarter_of(now, rule.zone)}"
    drawn = place(control, ref) / PLACES
    unit = f"customer:{customer_id}"
    found = [(control, unit, "control" if drawn < CONTROL_SHARE else "open")]
    if found[0][2] == "open" and rule.holdout:
        arms = {"held": rule.holdout, "treated": 1 - rule.holdout}
        found.append((f"holdout:{rule.name}", unit, deal(f"holdout:{rule.name}", ref, arms)))
    return found

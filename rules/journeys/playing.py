"""The same engine on a virtual clock: one customer's history goes by, and nothing is sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.hours import Calendar
from rules.journeys.documents import ByDate, ByEvent, BySegment, JourneyRule
from rules.journeys.engine import Effect, Known, Place, Turn, start, turn
from rules.journeys.entering import (
    FULL,
    OPEN,
    Past,
    admission,
    by_events,
    due_next,
    expected,
    held_back,
    let_in,
    waits_until,
)
from rules.journeys.subjects import Subject, subjects
from rules.journeys.timing import later
from rules.views import EventSeen, View


@dataclass(frozen=True)
class Change:
    """Something that happened to the customer. moved: the segment that was entered (True) or left."""

    at: datetime
    events: tuple[EventSeen, ...] = ()
    moved: tuple[str, bool] | None = None


@dataclass(frozen=True)
class Row:
    """One line of the trace."""

    at: datetime
    node: str
    outcome: str
    detail: Mapping[str, Any]
    way: int


@dataclass
class Way:
    """One enrollment in play. state, reason: as Enrollment has them."""

    subject: Subject
    state: str
    place: Place | None = None
    wake_at: datetime | None = None
    entered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    arms: dict[tuple[str, str], str] = field(default_factory=dict)


class Stage:
    """One customer on one journey. view_at: what was known at a moment. tasks_at: (node, visit) -> outcome of tasks that
    were done by then. arms: experiment -> arm, for a play that is to go a certain way; else they are dealt as in life.
    room: is there room on that day, and if so it is taken. alone_at: did they ask to be left alone by then?"""

    def __init__(
        self,
        rule: JourneyRule,
        customer_id: int,
        view_at: Callable[[datetime], View],
        calendars: Mapping[str, Calendar],
        *,
        arms: Mapping[str, str] | None = None,
        tasks_at: Callable[[datetime], Mapping[tuple[str, int], str]] = lambda now: {},
        room: Callable[[datetime], bool] = lambda now: True,
        alone_at: Callable[[datetime], bool] = lambda now: False,
    ) -> None:
        self.rule, self.customer_id, self.view_at, self.calendars = rule, customer_id, view_at, calendars
        self.arms = arms
        self.tasks_at, self.room, self.alone_at = tasks_at, room, alone_at
        self.ways: list[Way] = []
        self.rows: list[Row] = []
        self.effects: list[tuple[datetime, Effect, Subject]] = []

    def play(self, begin: datetime, changes: Sequence[Change], until: datetime) -> None:
        """From begin to until. changes: in the order of time."""
        waiting, schedule = list(changes), due_next(self.rule, begin)
        self._look(begin, Change(begin))
        while True:
            wakes = [way.wake_at for way in self.ways if way.wake_at is not None]
            coming = [*(change.at for change in waiting[:1]), *wakes, *([schedule] if schedule else [])]
            now = min(coming, default=None)
            if now is None or now > until:
                return
            change = waiting.pop(0) if waiting and waiting[0].at == now else Change(now)
            if schedule is not None and schedule <= now:
                self._scheduled(now)
                schedule = due_next(self.rule, now)
            self._look(now, change)

    def _look(self, now: datetime, change: Change) -> None:
        if self.alone_at(now):
            for way in [one for one in self.ways if one.state in ("waiting", "expected", "queued")]:
                self._end(way, "left_alone", now)
            return
        view = self.view_at(now)
        self._let_in(view, change, now)
        self._expect(view, now)
        for way in [one for one in self.ways if one.state in ("waiting", "expected", "queued")]:
            self._move(way, view, now)

    # --- coming in

    def _let_in(self, view: View, change: Change, now: datetime) -> None:
        door = self.rule.entry.door
        if isinstance(door, ByEvent):
            for subject, _ in by_events(self.rule, view, self.customer_id, change.events, now):
                self._come(view, subject, now)
        if not isinstance(door, BySegment) or change.moved is None or change.moved[0] != door.segment:
            return
        entered = change.moved[1]
        if door.side == "stays":
            self._stay(entered, door, now)
        elif entered == (door.side == "enters"):
            self._come(view, Subject(self.customer_id), now)

    def _stay(self, entered: bool, door: BySegment, now: datetime) -> None:
        self.ways = [way for way in self.ways if way.state != "expected"]
        if entered and door.dwell is not None:
            end = later(now, door.dwell, self.rule.zone)
            self.ways.append(Way(Subject(self.customer_id), "expected", wake_at=end))

    def _scheduled(self, now: datetime) -> None:
        view = self.view_at(now)
        for subject in subjects(self.rule, view, self.customer_id):
            self._come(view, subject, now)

    def _expect(self, view: View, now: datetime) -> None:
        """Days that are waited for may have moved, come, or gone."""
        if not isinstance(self.rule.entry.door, ByDate):
            return
        wanted = expected(self.rule, view, self.customer_id, now)
        open_ones = {way.subject.id: way for way in self.ways if way.state == "expected"}
        past = {way.subject.id: way.entered_at for way in self.ways if way.entered_at is not None}
        for subject, moment in wanted.items():
            if subject.id in open_ones:
                if open_ones[subject.id].reason != FULL:
                    open_ones[subject.id].wake_at = moment
            elif moment > (past.get(subject.id) or moment.min.replace(tzinfo=moment.tzinfo)):
                self.ways.append(Way(subject, "expected", wake_at=moment))
        gone = open_ones.keys() - {subject.id for subject in wanted}
        self.ways = [
            way for way in self.ways if way.state != "expected" or way.reason == FULL or way.subject.id not in gone
        ]

    def _come(self, view: View, subject: Subject, now: datetime, reason: str = "") -> None:
        if not let_in(self.rule, view, subject, now):
            return
        past = [Past(n, way.state, way.ended_at) for n, way in enumerate(self.ways) if way.subject.id == subject.id]
        verdict = admission(self.rule, past, now)
        if verdict == "restart":
            for way in self.ways:
                if way.subject.id == subject.id and way.state in OPEN:
                    self._end(way, "restarted", now)
        if verdict in ("enter", "restart", "queue"):
            way = Way(subject, "queued" if verdict == "queue" else "waiting", reason=reason)
            self.ways.append(way)
            if verdict != "queue":
                self._enter(way, view, now)

    def _enter(self, way: Way, view: View, now: datetime) -> None:
        held = held_back(self.rule, self.customer_id, view.ref(), now) if self.arms is None else []
        way.arms = {(experiment, unit): arm for experiment, unit, arm in held}
        alone = {*way.arms.values(), (self.arms or {}).get("holdout")} & {"held", "control"}
        tried = way.reason == FULL
        later_on = None if alone else waits_until(self.rule, view, way.subject, now, tried, lambda: self.room(now))
        if later_on is not None:
            way.state, way.reason, way.wake_at = "expected", FULL, later_on
            return
        way.state, way.reason, way.entered_at, way.wake_at = "waiting", "", now, now
        if alone:
            self._end(way, "held", now, state="held")
        else:
            way.place = start(self.rule, way.subject, now, now)

    # --- going on

    def _move(self, way: Way, view: View, now: datetime) -> None:
        if way.state == "expected":
            if way.wake_at is not None and way.wake_at <= now:
                self.ways.remove(way)
                self._come(view, way.subject, now, way.reason)
                for other in [one for one in self.ways if one.place is not None and one.entered_at == now]:
                    self._move(other, view, now)
            return
        if way.state == "queued":
            if any(one.state == "waiting" and one.subject.id == way.subject.id for one in self.ways):
                return
            self._enter(way, view, now)
        if way.place is not None and way.state == "waiting":
            self._take(way, turn(self.rule, way.place, self._known(view, way, now), now), now)

    def _known(self, view: View, way: Way, now: datetime) -> Known:
        forced = _Forced(self.arms) if self.arms is not None else way.arms
        return Known(view, self.customer_id, self.calendars, forced, self.tasks_at(now))

    def _take(self, way: Way, found: Turn, now: datetime) -> None:
        index = self.ways.index(way)
        self.rows += [Row(now, one.node, one.outcome, one.detail, index) for one in found.log]
        self.effects += [(now, effect, way.subject) for effect in found.effects]
        way.place, way.wake_at = found.place, found.wake_at
        way.arms |= {(one.experiment, one.unit): one.arm for one in found.dealt}
        if found.place is None:
            self._end(way, found.ended, now)

    def _end(self, way: Way, reason: str, now: datetime, state: str = "done") -> None:
        way.state, way.reason, way.ended_at, way.place, way.wake_at = state, reason, now, None, None


class _Forced(Mapping[tuple[str, str], str]):
    """Arms by experiment, whatever the unit."""

    def __init__(self, arms: Mapping[str, str]) -> None:
        self.by_name = arms

    def __getitem__(self, key: tuple[str, str]) -> str:
        return self.by_name[key[0]]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def __len__(self) -> int:
        return len(self.by_name)

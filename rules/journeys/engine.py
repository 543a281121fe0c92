"""One person's next steps, as a pure function: where they are, what is known and what time it is in; a log, effects,
exposures, and when to look again out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from rules.bucket import PLACES, place
from rules.flips import next_flip
from rules.hours import Calendar
from rules.journeys.documents import (
    Branch,
    JourneyRule,
    Jump,
    Message,
    Plugged,
    Split,
    Stop,
    Task,
    Telling,
    Update,
    Wait,
    Webhook,
)
from rules.journeys.leaving import leaving
from rules.journeys.plugged import answered
from rules.journeys.subjects import Subject, car_of, matching, moment_of, seen_by
from rules.journeys.timing import before, later
from rules.predicate import Trace, holds, trace
from rules.views import View
from rules.wording import words

AT_ONCE = 50  # instant steps in one turn; whoever needs more goes on in the next
MOST_WORDS = 8  # tests of a case that the log keeps


@dataclass(frozen=True)
class Place:
    """Where somebody stands. since: when the node was begun, None while it is still to be; began: since when goals and
    exits count; visits: how often each node was begun."""

    subject: Subject
    node: str
    since: datetime | None
    began: datetime
    visits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What a turn may look at. arms: (experiment, unit) -> the arm that was dealt before. tasks: (node, visit) -> what a
    person made of it. calendars: business hours by name. fleets: vehicle -> the fleet it belongs to now. shares: experiment ->
    arm -> share, where it follows success and is no longer that of the document."""

    view: View
    customer_id: int
    calendars: Mapping[str, Calendar]
    arms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    tasks: Mapping[tuple[str, int], str] = field(default_factory=dict)
    fleets: Mapping[int, int] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    node: str
    outcome: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a step wants done. visit: the how many-eth time at this node, so that the key is unique. due: of a task."""

    node: str
    visit: int
    action: Message | Task | Webhook | Update | Telling
    due: datetime | None = None


@dataclass(frozen=True)
class Dealt:
    experiment: str
    unit: str
    arm: str


@dataclass(frozen=True)
class Turn:
    """What came of a look. place: None once it is over, and then `ended` says how: done, goal, or the reason of an exit."""

    place: Place | None
    log: tuple[Logged, ...]
    effects: tuple[Effect, ...]
    dealt: tuple[Dealt, ...]
    wake_at: datetime | None
    ended: str = ""


def start(rule: JourneyRule, subject: Subject, now: datetime, began: datetime) -> Place:
    return Place(subject, rule.first, None, min(began, now))


def turn(rule: JourneyRule, here: Place, known: Known, now: datetime) -> Turn:
    """As far as somebody gets now: to a wait that is not over, out by a goal or an exit, or to the end."""
    view = seen_by(rule, known.view, here.subject)
    left = leaving(rule, view, here.subject, here.began, now)
    if left is not None:
        return Turn(None, (Logged(here.node, left.reason, left.detail),), (), (), None, left.reason)
    steps = _Steps(rule, replace(known, view=view), now)
    return steps.go(here)


class _Steps:
    """The steps of one turn, one after another."""

    def __init__(self, rule: JourneyRule, known: Known, now: datetime) -> None:
        self.rule, self.known, self.view, self.now = rule, known, known.view, now
        self.log: list[Logged] = []
        self.effects: list[Effect] = []
        self.dealt: list[Dealt] = []

    def go(self, here: Place) -> Turn:
        for _ in range(AT_ONCE):
            here = self._begin(here)
            found = self._outcome(here)
            if found is None:
                return self._turn(here, self._wake(here))
            outcome, detail = found
            self.log.append(Logged(here.node, outcome, detail))
            following = self.rule.nodes[here.node].ways.get(outcome)
            if following is None:
                action = self.rule.nodes[here.node].action
                return self._turn(None, None, action.reason if isinstance(action, Stop) else "done")
            here = Place(here.subject, following, None, here.began, here.visits)
        return self._turn(here, self.now)

    def _turn(self, here: Place | None, wake_at: datetime | None, ended: str = "") -> Turn:
        return Turn(here, tuple(self.log), tuple(self.effects), tuple(self.dealt), wake_at, ended)

    def _begin(self, here: Place) -> Place:
        """Count the visit and say what is wanted, once."""
        if here.since is not None:
            return here
        action, visit = self.rule.nodes[here.node].action, here.visits.get(here.node, 0) + 1
        here = replace(here, since=self.now, visits={**here.visits, here.node: visit})
        if isinstance(action, Message | Task | Webhook | Update):
            due = self._due(here, action) if isinstance(action, Task) else None
            self.effects.append(Effect(here.node, visit, action, due))
        return here

    def _due(self, here: Place, task: Task) -> datetime | None:
        """By business hours, from when it was given out."""
        span = timedelta(minutes=task.within.minutes)
        return self.known.calendars[task.calendar].after(here.since or self.now, span)

    def _outcome(self, here: Place) -> tuple[str, Mapping[str, Any]] | None:
        """(outcome, detail), or None while it is still to be waited for."""
        match self.rule.nodes[here.node].action:
            case Message() | Webhook():
                return "put", {}
            case Update():
                return "done", {}
            case Stop(reason):
                return "stop", {"reason": reason}
            case Wait() as action:
                return self._waited(here, action)
            case Branch() as action:
                return self._branched(action)
            case Split() as action:
                return self._split(here, action)
            case Task() as action:
                return self._worked(here, action)
            case Plugged() as action:
                return self._plugged(here, action)
            case Jump() as action:
                return ("again" if here.visits[here.node] <= action.at_most else "enough"), {}

    def _plugged(self, here: Place, action: Plugged) -> tuple[str, Mapping[str, Any]]:
        """What the step sees is what it declared, and nothing else."""
        facts = {name: self.view.fact(name) for name in action.step.facts}
        found = answered(action.step, action.given, facts, self.now)
        if found.words and action.step.cause:
            telling = Telling(action.step.cause, dict(found.words))
            self.effects.append(Effect(here.node, here.visits[here.node], telling))
        return found.outcome, {"plugin": action.step.name, **({"told": dict(found.words)} if found.words else {})}

    def _waited(self, here: Place, wait: Wait) -> tuple[str, Mapping[str, Any]] | None:
        until = self.over_at(here, wait)
        edge = min(until, self.now) if until else self.now
        began = here.since or self.now
        since = before(began, wait.look_back, self.rule.zone) if wait.look_back else began
        event = matching(self.rule, wait.events, self.view, here.subject, since, edge)
        if event is not None:
            return "happened", {"event": event.id, "kind": event.kind}
        return ("over", {}) if until is not None and until <= self.now else None

    def over_at(self, here: Place, wait: Wait) -> datetime | None:
        """When a wait is over by itself, as things stand now: a day that moved moves it, too."""
        end = None
        if wait.anchor is not None:
            end = moment_of(self.rule, wait.anchor, self.view, here.subject)
        elif wait.span:
            end = later(here.since or self.now, wait.span, self.rule.zone, wait.clock)
        if end is None or wait.opens is None:
            return end
        return next((opens for opens, _ in self.known.calendars[wait.opens].spans(end)), None)

    def _branched(self, branch: Branch) -> tuple[str, Mapping[str, Any]]:
        for name, condition in branch.cases:
            if holds(condition, self.view, self.now, self.rule.zone):
                return name, {"because": because(trace(condition, self.view, self.now, self.rule.zone))}
        tried = [trace(condition, self.view, self.now, self.rule.zone) for _, condition in branch.cases]
        return "else", {"because": [line for one in tried for line in because(one)][:MOST_WORDS]}

    def _split(self, here: Place, split: Split) -> tuple[str, Mapping[str, Any]]:
        unit = unit_of(self.rule, split.unit, self.known, here.subject)
        arm = self.known.arms.get((split.experiment, unit), "")
        if (
            arm not in split.arms
        ):  # nobody yet, or one that the document no longer has: whoever was dealt it is dealt anew
            learned = self.known.shares.get(split.experiment, {})
            arm = deal(split.experiment, unit, learned if learned.keys() == split.arms.keys() else split.arms)
        self.dealt.append(Dealt(split.experiment, unit, arm))
        return arm, {"experiment": split.experiment}

    def _worked(self, here: Place, task: Task) -> tuple[str, Mapping[str, Any]] | None:
        outcome = self.known.tasks.get((here.node, here.visits[here.node]))
        if outcome is not None:
            return "done", {"outcome": outcome}
        due = self._due(here, task)
        return ("late", {}) if due is not None and due <= self.now else None

    def _wake(self, here: Place) -> datetime | None:
        """The first moment at which time alone could move this: the end of the wait, or an exit that comes true."""
        match self.rule.nodes[here.node].action:
            case Wait() as action:
                end = self.over_at(here, action)
            case Task() as action:
                end = self._due(here, action)
            case _:
                end = None
        exits = [one.when for one in self.rule.exits if one.when is not None]
        flips = [next_flip(condition, self.view, self.now, self.rule.zone) for condition in exits]
        return min((moment for moment in (end, *flips) if moment is not None), default=None)


def unit_of(rule: JourneyRule, unit: str, known: Known, subject: Subject) -> str:
    """What is drawn as one: `customer:17`, `vehicle:8`, `fleet:3`, `branch:berlin-mitte`; the customer where there is no such
    thing. A fleet is the journey's own, or that of the car it is about, or of the first of the customer's cars that has one."""
    if unit == "vehicle" and (car := car_of(rule, known.view, subject)) is not None:
        return f"vehicle:{car}"
    if unit == "fleet" and (fleet := _fleet_of(rule, known, subject)) is not None:
        return f"fleet:{fleet}"
    if unit == "branch" and (branch := known.view.fact("customer.branch")):
        return f"branch:{branch}"
    return f"customer:{known.customer_id}"


def _fleet_of(rule: JourneyRule, known: Known, subject: Subject) -> int | None:
    if rule.key == "fleet":
        return subject.id
    car = car_of(rule, known.view, subject)
    cars = [car] if car is not None else sorted(one.id for one in known.view.vehicles())
    return next((known.fleets[one] for one in cars if one in known.fleets), None)


def deal(experiment: str, unit: str, arms: Mapping[str, float]) -> str:
    """The same arm for the same unit on every machine; each experiment draws anew."""
    drawn, edge, last = place(experiment, unit) / PLACES, 0.0, ""
    for arm, share in arms.items():
        edge, last = edge + share, arm if share else last
        if drawn < edge and share:
            return arm
    return last


def because(found: Trace) -> list[str]:
    """The tests of a verdict in words, those that decided it first."""
    return [
        f"{'yes' if leaf.holds else 'no'}: {'; asked: '.join(filter(None, words(leaf)))}" for leaf in _leaves(found)
    ][:MOST_WORDS]


def _leaves(found: Trace) -> list[Trace]:
    return [leaf for part in found.parts for leaf in _leaves(part)] if found.parts else [found]

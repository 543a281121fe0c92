"""A journey as its YAML says it: who comes in by which door, the steps as a graph, and when somebody leaves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal, TypeAlias

from rules.calendar import Span
from rules.catalogue import EventKind
from rules.errors import Mark
from rules.journeys.measures import Guardrail
from rules.journeys.plugged import PluginStep, Word
from rules.journeys.timing import Duration, Elapsed
from rules.tree import Condition, FieldTest

Key: TypeAlias = Literal["customer", "vehicle", "recommendation", "appointment", "fleet"]
Of: TypeAlias = Literal["subject", "vehicle", "customer"]


@dataclass(frozen=True)
class Awaited:
    """An event of a kind. of: of the journey's own subject, of the car it is about, or whatever the customer does."""

    kind: EventKind
    where: tuple[FieldTest, ...]
    of: Of
    mark: Mark


# --- what a step does


@dataclass(frozen=True)
class Message:
    """outcomes: put."""

    channel: str
    template: str
    purpose: str


@dataclass(frozen=True)
class Anchor:
    """A day that is waited for, and that may move: `name` is a fact, one of the car, or `event.day`. The moment is
    `clock` of that day, `shift` after it or, where `back`, before it."""

    name: str
    shift: Span | None
    back: bool
    clock: time


@dataclass(frozen=True)
class Wait:
    """For a time (`span`, up to `clock` of that day), for a day (`anchor`), for the first of `events`, or for whichever
    comes first. look_back: events shortly before the wait count, too. opens: a calendar, until whose next open minute it
    lasts when its own time is over. outcomes: over, and happened where there are events."""

    span: Duration | None
    clock: time | None
    anchor: Anchor | None
    events: tuple[Awaited, ...]
    look_back: Duration | None
    opens: str | None = None


@dataclass(frozen=True)
class Branch:
    """The first case that holds. outcomes: the names of the cases, and else."""

    cases: tuple[tuple[str, Condition], ...]


@dataclass(frozen=True)
class Split:
    """An experiment. arms: arm -> share, one in all. floor: shares follow success, and none falls below it; None: they stay
    as they are written. guardrails: of each arm beside the one that others are compared with. outcomes: the arms."""

    experiment: str
    unit: str
    arms: Mapping[str, float]
    floor: float | None = None
    guardrails: tuple[Guardrail, ...] = ()


@dataclass(frozen=True)
class Task:
    """Work for a person, due `within` of open time of `calendar`. outcomes: done, late."""

    role: str
    title: str
    within: Elapsed
    calendar: str


@dataclass(frozen=True)
class Webhook:
    """outcomes: put."""

    event: str
    to: str


@dataclass(frozen=True)
class Update:
    """An event is written into the customer's history, where facts and rules can read it. outcomes: done."""

    kind: EventKind


@dataclass(frozen=True)
class Plugged:
    """A step that a plugin brings. given: what the document gives it, typed. outcomes: the step's own."""

    step: PluginStep
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Telling:
    """What a plugin's step wants told: an effect, and no step of its own."""

    cause: str
    words: Mapping[str, Word]


@dataclass(frozen=True)
class Jump:
    """Back to an earlier step, `at_most` so many times. outcomes: again, enough."""

    to: str
    at_most: int


@dataclass(frozen=True)
class Stop:
    """outcomes: none; the journey ends here."""

    reason: str


Action: TypeAlias = Message | Wait | Branch | Split | Task | Webhook | Update | Plugged | Jump | Stop


@dataclass(frozen=True)
class Node:
    """ways: outcome -> the node that follows, None where the journey ends."""

    id: str
    action: Action
    ways: Mapping[str, str | None]
    mark: Mark


# --- how people come in and leave


@dataclass(frozen=True)
class ByEvent:
    """fresh: an event that is older when it is told lets nobody in."""

    awaited: Awaited
    fresh: Span


@dataclass(frozen=True)
class BySegment:
    """side: enters or leaves; stays: so long inside, without a break."""

    segment: str
    side: Literal["enters", "leaves", "stays"]
    dwell: Span | None


@dataclass(frozen=True)
class ByDate:
    """When the anchor's moment comes; every: and again and again after it."""

    anchor: Anchor
    every: Span | None


@dataclass(frozen=True)
class BySchedule:
    """every: day, week, month or year. on: the weekday from 1, the day of the month, or [month, day]."""

    every: Literal["day", "week", "month", "year"]
    on: tuple[int, ...]
    clock: time


Door: TypeAlias = ByEvent | BySegment | ByDate | BySchedule


@dataclass(frozen=True)
class Entry:
    """when: must hold at that moment. per_day: how many may come in on one local day; the others wait for the next. ahead:
    whom it holds for comes in at once, and all others half an hour later, so that a full day is full of the right people."""

    door: Door
    when: Condition | None
    per_day: int | None
    ahead: Condition | None = None


@dataclass(frozen=True)
class Exit:
    """By an event, or as soon as a condition holds."""

    name: str
    event: Awaited | None
    when: Condition | None


@dataclass(frozen=True)
class Trial:
    """A test that stands in the document: given, when, then. happens: (local day, time, what), as `playing` reads it."""

    name: str
    given: Mapping[str, Any]
    start: date
    happens: tuple["Happening", ...]
    arms: Mapping[str, str]
    then: tuple[tuple[date, str, str], ...]
    ends: str
    until: date | None
    mark: Mark


@dataclass(frozen=True)
class Happening:
    """what: event, sets (facts), enters, leaves, consent, withdrawn (an event is taken back), done (a task), erased."""

    day: date
    clock: time
    what: str
    value: Any


@dataclass(frozen=True)
class Worth:
    """What one message is expected to bring: chance x uplift x margin, less its price; the currency's minor units. service: whose
    score of this customer, where there is one, says chance and margin instead."""

    chance: float
    uplift: float
    margin_minor: int
    currency: str
    service: str = ""


@dataclass(frozen=True)
class JourneyRule:
    """again: never, always, or a span since the last time. exempt: legal, safety or booking, and then nobody is held
    back; holdout: the share that is. worth: by it journeys give way to each other where somebody may be told one thing only.
    guardrails: of whoever is treated beside the holdout. segments: hashes of the segments that it reads are part of `hash`."""

    name: str
    title: str
    owner: str
    zone: str
    key: Key
    purpose: str
    mode: Literal["single", "restart", "queued", "parallel"]
    again: Literal["never", "always"] | Span
    entry: Entry
    exits: tuple[Exit, ...]
    goals: tuple[Awaited, ...]
    holdout: float
    exempt: str
    nodes: Mapping[str, Node]
    first: str
    trials: tuple[Trial, ...]
    hash: str
    mark: Mark
    worth: Worth | None = None
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(node.action for node in self.nodes.values() if isinstance(node.action, Message))

    @property
    def splits(self) -> tuple[Split, ...]:
        return tuple(node.action for node in self.nodes.values() if isinstance(node.action, Split))

    @property
    def conditions(self) -> Iterator[Condition]:
        """All that it asks, wherever it stands."""
        if self.entry.when is not None:
            yield self.entry.when
        if self.entry.ahead is not None:
            yield self.entry.ahead
        yield from (leave.when for leave in self.exits if leave.when is not None)
        for node in self.nodes.values():
            if isinstance(node.action, Branch):
                yield from (condition for _, condition in node.action.cases)

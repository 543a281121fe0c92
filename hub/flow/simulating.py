"""A journey played over the last months of everybody: the same engine on a virtual clock; nothing is sent, nothing written."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import ConfigError, NotFound
from hub.flow import ledger
from hub.flow.back_then import History, as_today, histories
from hub.flow.in_force import reads_of, versions_in_force
from hub.flow.levels import calendars
from hub.flow.roi import roi
from hub.flow.side_by_side import Prices, Spoken, spoken
from hub.models import Customer, Exposure, Person, Profile, called
from rules.calendar import local_day
from rules.dependencies import Reads, dependencies
from rules.documents import SegmentRule
from rules.hours import Calendar
from rules.journeys.documents import BySegment, JourneyRule, Task
from rules.journeys.moves import moves
from rules.journeys.picture import Counts, counts_of
from rules.journeys.playing import Change, Stage

AT_ONCE = 500  # customers of one read
CLOSE = timedelta(hours=24)  # two messages to one person within it are a clash
REACH = timedelta(days=30)  # after an entry, in which a margin is looked at as within reach
Progress = Callable[[int, int], None]


@dataclass
class Forecast:
    """What would have come of it. Days are local days of the journey's zone. sends: (day, channel); tasks: (day, role); goals: day.
    sends are those that would have gone; unsent: why -> messages that gave way to others until they were too old, or found no room
    within the caps. clashes: messages that came within a day of another to the same person; turned_away: entries that found their day full.
    margin: currency -> what those who came in, or were held back, brought in the 30 days after. expected: currency -> margin
    that would not have come otherwise, (middle, low, high), where the holdout has proved any. as_today: facts taken as they
    are now."""

    journey: str
    since: date
    until: date
    people: int = 0
    held: int = 0
    entries: Counter[date] = field(default_factory=Counter)
    sends: Counter[tuple[date, str]] = field(default_factory=Counter)
    tasks: Counter[tuple[date, str]] = field(default_factory=Counter)
    goals: Counter[date] = field(default_factory=Counter)
    unsent: Counter[str] = field(default_factory=Counter)
    clashes: int = 0
    turned_away: int = 0
    full_days: set[date] = field(default_factory=set)
    log: Counter[tuple[str, str]] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    margin: Counter[str] = field(default_factory=Counter)
    expected: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    as_today: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def counts(self, rule: JourneyRule) -> Counts:
        """For the picture."""
        log = [(node, outcome, count) for (node, outcome), count in self.log.items()]
        entered = sum(self.entries.values())
        return counts_of(rule, log, here=self.here, entered=entered, held=self.held, ended=self.ended)

    def as_json(self) -> dict[str, Any]:
        return {
            "journey": self.journey, "since": self.since.isoformat(), "until": self.until.isoformat(),
            "people": self.people, "entered": sum(self.entries.values()), "held": self.held,
            "entries": _days(self.entries), "goals": _days(self.goals),
            "sends": [{"day": day.isoformat(), "channel": by, "count": n} for (day, by), n in sorted(self.sends.items())],
            "tasks": [{"day": day.isoformat(), "role": by, "count": n} for (day, by), n in sorted(self.tasks.items())],
            "unsent": dict(sorted(self.unsent.items())),
            "clashes": self.clashes, "turned_away": self.turned_away, "full_days": len(self.full_days),
            "ended": dict(self.ended), "inside": sum(self.here.values()), "margin_within_reach": dict(self.margin),
            "expected_margin": self.expected,
            "as_today": self.as_today, "seconds": round(self.seconds, 2),
        }  # fmt: skip


def _days(found: Counter[date]) -> dict[str, int]:
    return {day.isoformat(): count for day, count in sorted(found.items())}


def simulate(
    hub: Hub, rule: JourneyRule, months: int = 12, branch: str | None = None, told: Progress = lambda done, of: None
) -> Forecast:
    """The last months of everybody, or of one branch, beside the other journeys in force: whoever this one writes to is played on
    those, too, and its messages go as sending lets them. told: how many of how many are done. Raises NotFound."""
    began, now = time.monotonic(), hub.clock()
    begin = now - timedelta(days=round(months * 365.25 / 12))
    found = Forecast(rule.name, local_day(begin, rule.zone), local_day(now, rule.zone))
    segments = hub.book.current().segments
    reads = _reads(rule, segments)
    found.as_today = as_today(reads.facts)
    with hub.look() as session:
        ids = _everybody(session, branch)
        earned: dict[int, list[ledger.Earned]] = {}
        for one in ledger.margins(session, found.since, found.until):
            earned.setdefault(one.customer_id, []).append(one)
        names = calendars(hub)
        others = [
            one.rule for one in versions_in_force(hub, session) if one.rule.name != rule.name and one.rule.messages
        ]
        beside = _Beside(hub, session, others, names, begin, now)
        for start in range(0, len(ids), AT_ONCE):
            batch = ids[start : start + AT_ONCE]
            stages = {
                customer_id: played(rule, customer_id, history, names, segments, begin, now, _Room(rule, found))
                for customer_id, history in histories(session, hub.book.catalogue, batch, reads, rule.zone).items()
            }
            sent = beside.spoken(rule, stages)
            for customer_id, stage in stages.items():
                _add(found, rule, stage, sent[customer_id], earned.get(customer_id, ()))
            told(start + len(batch), len(ids))
    found.expected = _expected(hub, rule, found)
    found.people, found.seconds = len(ids), time.monotonic() - began
    return found


def _expected(hub: Hub, rule: JourneyRule, found: Forecast) -> dict[str, tuple[int, int, int]]:
    """What the journey's own holdout has proved per head so far, for as many heads; nothing where it has proved nothing."""
    mine = (Exposure.experiment == f"holdout:{rule.name}", Exposure.arm == "treated")
    with hub.look() as session:
        treated = session.scalar(select(func.count()).select_from(Exposure).where(*mine)) or 0
    if not treated:
        return {}
    try:
        proof = roi(hub, found.since, found.until, rule.name)["campaigns"][rule.name]["proof"]
    except ConfigError:  # nobody brings the statistics
        return {}
    heads = sum(found.entries.values()) / treated
    return {
        currency: (round(one["incremental"] * heads), *(round(edge * heads) for edge in one["interval"]))
        for currency, one in proof.items()
        if one["incremental"] is not None and one.get("proved")
    }


def one_person(hub: Hub, rule: JourneyRule, customer_ref: str, months: int = 12) -> Stage:
    """The last months of one customer, step by step. Raises NotFound."""
    now, segments = hub.clock(), hub.book.current().segments
    with hub.look() as session:
        customer_id = session.scalar(select(Customer.id).where(called(customer_ref)))
        found = histories(session, hub.book.catalogue, [customer_id or 0], _reads(rule, segments), rule.zone)
    if customer_id is None or customer_id not in found:
        raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
    begin = now - timedelta(days=round(months * 365.25 / 12))
    return played(rule, customer_id, found[customer_id], calendars(hub), segments, begin, now)


def played(
    rule: JourneyRule,
    customer_id: int,
    history: History,
    names: Mapping[str, Calendar],
    segments: Mapping[str, SegmentRule],
    begin: datetime,
    until: datetime,
    room: Callable[[datetime], bool] = lambda now: True,
) -> Stage:
    """One customer from begin to until."""
    stage = Stage(rule, customer_id, history.at, names, room=room)
    stage.play(begin, sorted(_changes(rule, history, segments, begin, until), key=lambda one: one.at), until)
    return stage


def _changes(
    rule: JourneyRule, history: History, segments: Mapping[str, SegmentRule], begin: datetime, until: datetime
) -> Iterator[Change]:
    for kind, moments in history.moments.items():
        for moment, event in zip(moments, history.told[kind], strict=True):
            if begin < moment <= until:
                yield Change(moment, (event,))
    yield from (Change(at) for at, *_ in history.consents if begin < at <= until)
    door = rule.entry.door
    if isinstance(door, BySegment) and door.segment in segments:
        segment = segments[door.segment]
        happened = sorted(moment for several in history.moments.values() for moment in several)
        for at, inside in moves(segment.when, history.at, happened, begin, until, segment.zone):
            yield Change(at, moved=(door.segment, inside))


def _reads(rule: JourneyRule, segments: Mapping[str, SegmentRule]) -> Reads:
    door, found = rule.entry.door, reads_of([rule])
    facts = frozenset(name for one in rule.conditions for name in dependencies(one).facts)
    found = replace(found, facts=found.facts | facts)
    if isinstance(door, BySegment) and door.segment in segments:
        found = found.joined(dependencies(segments[door.segment].when))
    return found


def _everybody(session: Any, branch: str | None) -> list[int]:
    """Whose data may be used."""
    free = (Person.erased_at.is_(None), Person.restricted_at.is_(None))
    ids = select(Customer.id).join(Person, Person.id == Customer.person_id).where(*free).order_by(Customer.id)
    ids = ids.join(Profile, Profile.customer_id == Customer.id)
    if branch is None:
        return list(session.scalars(ids))
    known = set(session.scalars(select(Profile.branch).distinct()))
    if branch not in known:
        raise NotFound(f"There is no branch “{branch}”.", f"Branches: {', '.join(sorted(filter(None, known)))}.")
    return list(session.scalars(ids.where(Profile.branch == branch)))


class _Room:
    """The places of each day, of all customers together: whoever is played earlier takes them first, so that it is counted how
    many come in on a day, and not who."""

    def __init__(self, rule: JourneyRule, found: Forecast) -> None:
        self.rule, self.found = rule, found

    def __call__(self, now: datetime) -> bool:
        day, most = local_day(now, self.rule.zone), self.rule.entry.per_day
        if most is not None and self.found.entries[day] >= most:
            self.found.turned_away += 1
            self.found.full_days.add(day)
            return False
        self.found.entries[day] += 1
        return True


class _Beside:
    """The other journeys, played for those alone whom this one would write to."""

    def __init__(
        self, hub: Hub, session: Session, others: Sequence[JourneyRule], names: Mapping[str, Calendar], begin: datetime,
        until: datetime,
    ) -> None:  # fmt: skip
        self.hub, self.session, self.others, self.names = hub, session, others, names
        self.begin, self.until = begin, until
        self.segments, self.rules = hub.book.current().segments, hub.book.now().sending
        self.reads = [_reads(one, self.segments) for one in others]

    def spoken(self, rule: JourneyRule, stages: Mapping[int, Stage]) -> Mapping[int, Sequence[Spoken]]:
        """customer -> what becomes of this journey's messages."""
        prices = Prices(self.hub, self.session, list(stages))
        wants = {one: list(prices.wants(rule, stage)) for one, stage in stages.items()}
        if self.rules.caps and (asked := [one for one, several in wants.items() if several]):
            for other, reads in zip(self.others, self.reads, strict=True):
                found = histories(self.session, self.hub.book.catalogue, asked, reads, other.zone)
                for one, history in found.items():
                    stage = played(other, one, history, self.names, self.segments, self.begin, self.until)
                    wants[one] += prices.wants(other, stage)
        return {
            one: [found for found in spoken(self.rules, several, self.until) if found.journey == rule.name]
            for one, several in wants.items()
        }


def _add(
    found: Forecast, rule: JourneyRule, stage: Stage, sent: Sequence[Spoken], earned: Sequence[ledger.Earned]
) -> None:
    zone = rule.zone
    for way in stage.ways:
        if way.entered_at is None:
            continue
        day = local_day(way.entered_at, zone)
        if way.state == "held":
            found.held += 1
        elif way.place is not None:
            found.here[way.place.node] += 1
        else:
            found.ended[way.reason] += 1
        for one in earned:
            if day <= one.day <= day + REACH:
                found.margin[one.currency] += one.margin_minor
    found.log.update((row.node, row.outcome) for row in stage.rows)
    found.goals.update(local_day(row.at, zone) for row in stage.rows if row.outcome == "goal")
    for at, effect, _ in stage.effects:
        if isinstance(effect.action, Task):
            found.tasks[local_day(at, zone), effect.action.role] += 1
    found.unsent.update(message.why for message in sent if message.sent_at is None)
    gone = [(message.sent_at, message.channel) for message in sent if message.sent_at is not None]
    found.sends.update((local_day(at, zone), channel) for at, channel in gone)
    found.clashes += sum(at - before < CLOSE for (before, _), (at, _) in pairwise(gone))

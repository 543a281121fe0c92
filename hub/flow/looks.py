"""One look at a batch of customers: who comes in, who goes on, who leaves; read once, judged by pure rules, written once."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from hub.core import Hub
from hub.flow import bandits, seen
from hub.flow.batches import among
from hub.flow.enrollments import LIVE, Ledger, Row, entered_since, pasts, place_of
from hub.flow.in_force import Version, reads_of, rules_of
from hub.flow.levels import calendars
from hub.flow.seen import Seen
from hub.flow.segments import Move
from hub.models import Assignment, Customer, Event, Person
from hub.work import Work
from rules.calendar import local_day, start_of
from rules.journeys.documents import ByEvent, BySegment, JourneyRule
from rules.journeys.engine import Known, turn
from rules.journeys.entering import FULL, admission, by_events, expected, held_back, let_in, waits_until
from rules.journeys.subjects import Subject, subjects
from rules.journeys.timing import later

log = logging.getLogger(__name__)


class Look:
    """One look at a batch of customers: what is known of them is read once for all journeys."""

    def __init__(self, hub: Hub, work: Work, versions: Sequence[Version], ids: Sequence[int]) -> None:
        self.hub, self.work, self.versions, self.ids = hub, work, versions, ids
        self.ledger = Ledger(hub, work)
        self.came: dict[str, int] = {}  # journey -> who came in today, as far as this look knows
        self.live = self.ledger.live(ids)
        old = {row["version_id"] for row in self.live} - {version.id for version in versions}
        self.rules: dict[int, JourneyRule | None] = {version.id: version.rule for version in versions}
        self.rules |= dict(rules_of(hub, work.session, old)) if old else {}
        known = [rule for rule in self.rules.values() if rule is not None]
        work.session.flush()
        reads = reads_of(known)
        self.views = seen.load(work.session, hub.book.catalogue, ids, reads) if known else {}
        self.calendars = calendars(hub)
        self.fleets, self.shares = self._fleets(known), bandits.shares_in_force(work.session, known)
        if known:
            self.ledger.load_arms(ids, self._units(known))
            self.ledger.load_tasks(self.live)
        self.silent = self._silent() if self.live or known else set()

    def _fleets(self, rules: Iterable[JourneyRule]) -> dict[int, int]:
        """Of the cars that are looked at, which fleet each belongs to today; nothing where no split asks for it."""
        if not any(split.unit == "fleet" for rule in rules for split in rule.splits):
            return {}
        cars, today = {car.id for view in self.views.values() for car in view.vehicles()}, self.work.now.date()
        theirs = (
            among(Assignment.vehicle_id, cars),
            Assignment.superseded_at.is_(None),
            Assignment.since <= today,
            Assignment.until.is_(None) | (Assignment.until > today),
        )
        return {
            car: fleet
            for car, fleet in self.work.session.execute(
                select(Assignment.vehicle_id, Assignment.fleet_id).where(*theirs)
            )
        }

    def _units(self, rules: Iterable[JourneyRule]) -> set[str]:
        kinds = {split.unit for rule in rules for split in rule.splits}
        cars = {f"vehicle:{car.id}" for view in self.views.values() for car in view.vehicles()}
        places = {f"branch:{view.fact('customer.branch')}" for view in self.views.values()}
        fleets = {f"fleet:{one}" for one in self.fleets.values()} | {
            f"fleet:{event.about_id}"
            for rule in rules if rule.key == "fleet" and isinstance(rule.entry.door, ByEvent)
            for view in self.views.values() for event in view.events(rule.entry.door.awaited.kind.name)
        }  # fmt: skip
        found = {"vehicle": cars, "branch": places, "fleet": fleets}
        return {unit for kind in kinds & found.keys() for unit in found[kind]}

    def _silent(self) -> set[int]:
        """Customers whose data may not be used: they asked to be forgotten, or to be left alone."""
        closed = Person.erased_at.is_not(None) | Person.restricted_at.is_not(None)
        rows = select(Customer.id).join(Person, Person.id == Customer.person_id)
        return set(self.work.session.scalars(rows.where(among(Customer.id, self.ids), closed)))

    def take(self, moves: Sequence[Move]) -> set[int]:
        for version in self.versions:
            self._by_door(version, moves)
        for row in self.live:
            self._go(row)
        return self.ledger.write()

    def let_in_all(self, entry: str) -> set[int]:
        """Everybody of the batch by every version: a schedule, or those who are in a segment when a journey begins."""
        for version in self.versions:
            wanted = [
                one.id for customer_id, view in self.views.items() for one in subjects(version.rule, view, customer_id)
            ]
            self.ledger.past(version.rule.name, wanted)
            for customer_id, view in self.views.items():
                for subject in subjects(version.rule, view, customer_id):
                    self._come(version, customer_id, view, subject, entry)
        for row in self.live:
            self._go(row)
        return self.ledger.write()

    # --- coming in

    def _by_door(self, version: Version, moves: Sequence[Move]) -> None:
        door = version.rule.entry.door
        if isinstance(door, ByEvent):
            for customer_id, told in self._told(door.awaited.kind.name).items():
                view = self.views[customer_id]
                new = [event for event in view.events(door.awaited.kind.name) if event.id in told]
                for subject, _ in by_events(version.rule, view, customer_id, new, self.work.now):
                    self._come(version, customer_id, view, subject, "event")
        elif isinstance(door, BySegment):
            for move in moves:
                known = self.views.get(move.customer_id)
                if move.segment == door.segment and known is not None:
                    self._moved(version, door, move, known)
        else:
            self._expect(version)

    def _told(self, kind: str) -> Mapping[int, set[int]]:
        """Events of a kind that came with this very transaction, by customer."""
        found: dict[int, set[int]] = defaultdict(set)
        new = (among(Event.customer_id, self.views), Event.kind == kind, Event.received_at == self.work.now)
        for customer_id, event_id in self.work.session.execute(select(Event.customer_id, Event.id).where(*new)):
            found[customer_id].add(event_id)
        return found

    def _moved(self, version: Version, door: BySegment, move: Move, view: Seen) -> None:
        subject = Subject(move.customer_id)
        if door.side != "stays":
            if move.entered == (door.side == "enters"):
                self._come(version, move.customer_id, view, subject, "segment")
            return
        mine = [
            row for row in self.live if row["journey"] == version.rule.name and row["customer_id"] == move.customer_id
        ]
        for row in mine:
            if row["state"] == "expected" and not move.entered:
                self.ledger.end(row, "exited", "left_the_segment")
        if move.entered and door.dwell is not None:
            end = later(self.work.now, door.dwell, version.rule.zone)
            past = self.ledger.past(version.rule.name, [subject.id])[subject.id]
            self._foresee(version, move.customer_id, subject, past, "segment", end)

    def _expect(self, version: Version) -> None:
        """Days that are waited for may have come, moved or gone."""
        rule, now = version.rule, self.work.now
        wanted = {
            (customer_id, subject.id): moment
            for customer_id, view in self.views.items()
            if customer_id not in self.silent
            for subject, moment in expected(rule, view, customer_id, now).items()
        }
        mine = [row for row in self.live if row["journey"] == rule.name and row["state"] == "expected"]
        for row in mine:
            moment = wanted.pop((row["customer_id"], row["subject_id"]), None)
            if row["reason"] == FULL:
                continue
            if moment is None:
                self.ledger.end(row, "exited", "no_such_day")
            elif moment != row["wake_at"]:
                self.ledger.change(row, wake_at=moment)
        past = self.ledger.past(rule.name, [subject_id for _, subject_id in wanted]) if wanted else {}
        for (customer_id, subject_id), moment in wanted.items():
            known = past.get(subject_id, [])
            seen_before = max((at for one in known for at in (one["entered_at"], one["ended_at"]) if at), default=None)
            if any(one["state"] in LIVE for one in known) or (seen_before is not None and seen_before >= moment):
                continue
            if known and rule.again == "never":
                continue
            row = self._foresee(version, customer_id, Subject(subject_id), known, "date", moment)
            self.live.append(row)

    def _foresee(
        self, version: Version, customer_id: int, subject: Subject, past: Sequence[Row], entry: str, moment: datetime
    ) -> Row:
        more = {"state": "expected", "entry": entry, "wake_at": moment}
        return self.ledger.make(version.id, version.rule, customer_id, subject, past, **more)

    def _come(self, version: Version, customer_id: int, view: Seen, subject: Subject, entry: str) -> None:
        rule, now = version.rule, self.work.now
        if customer_id in self.silent or not let_in(rule, view, subject, now):
            return
        past = self.ledger.past(rule.name, [subject.id])[subject.id]
        if subject.event_id and any(one["event_id"] == subject.event_id for one in past):
            return
        verdict = admission(rule, pasts(past), now)
        if verdict not in ("enter", "restart", "queue"):
            return
        if verdict == "restart":
            for row in self.live:
                if (row["journey"], row["subject_id"], row["state"]) == (rule.name, subject.id, "waiting"):
                    self.ledger.end(row, "exited", "restarted")
        state = "queued" if verdict == "queue" else "waiting"
        row = self.ledger.make(version.id, rule, customer_id, subject, past, state=state, entry=entry)
        self.live.append(row)
        if state == "waiting":
            self._enter(row, rule, view)

    def _enter(self, row: Row, rule: JourneyRule, view: Seen) -> None:
        """Through the door, unless the day is full; dealt into the holdout or the control before anything is done."""
        now, ledger = self.work.now, self.ledger
        held = held_back(rule, row["customer_id"], view.ref(), now)
        held = [(name, unit, ledger.arms.get((name, unit), arm)) for name, unit, arm in held]
        by = next((name for name, _, arm in held if arm in ("held", "control")), "")
        subject, tried = Subject(row["subject_id"], row["event_id"]), row["reason"] == FULL
        later_on = None if by else waits_until(rule, view, subject, now, tried, lambda: self._room(rule))
        if later_on is not None:
            ledger.change(row, state="expected", reason=FULL, wake_at=later_on)
            return
        ledger.expose(row, rule, held)
        ledger.change(row, entered_at=now, since=None, node=rule.first, state="waiting", reason="", wake_at=now)
        if by:
            ledger.end(row, "held", by)

    def _room(self, rule: JourneyRule) -> bool:
        """Is the day not full yet? Whoever is held back takes nobody's place."""
        if rule.entry.per_day is None:
            return True
        if rule.name not in self.came:
            today = start_of(local_day(self.work.now, rule.zone), rule.zone)
            self.came[rule.name] = entered_since(self.work, rule.name, today)
        self.came[rule.name] += 1
        return self.came[rule.name] <= rule.entry.per_day

    # --- going on

    def _go(self, row: Row) -> None:
        rule, view = self.rules.get(row["version_id"]), self.views.get(row["customer_id"])
        if row["state"] not in LIVE:
            return
        if row["customer_id"] in self.silent:
            self.ledger.end(row, "exited", "left_alone")
        elif rule is None or view is None:
            self.ledger.change(row, state="parked", wake_at=None, reason="its version cannot be read")
        elif row["state"] == "expected":
            self._due(row, rule, view)
        elif row["state"] == "queued":
            self._follow(row, rule, view)
        if row["state"] == "waiting" and rule is not None and view is not None:
            self._turn(row, rule, view)

    def _due(self, row: Row, rule: JourneyRule, view: Seen) -> None:
        """An entry whose moment has come; the condition and the past are asked now, not when it was foreseen."""
        if row["wake_at"] is None or row["wake_at"] > self.work.now:
            return
        subject = Subject(row["subject_id"], row["event_id"])
        others = [one for one in self.ledger.past(rule.name, [subject.id])[subject.id] if one["id"] != row["id"]]
        if not let_in(rule, view, subject, self.work.now):
            self.ledger.end(row, "exited", "not_let_in")
        elif admission(rule, pasts(others), self.work.now) not in ("enter", "restart"):
            self.ledger.end(row, "exited", "not_again")
        else:
            self._enter(row, rule, view)

    def _follow(self, row: Row, rule: JourneyRule, view: Seen) -> None:
        """Its turn in the queue: nobody of the same subject is before it."""
        before = [one for one in self.ledger.past(rule.name, [row["subject_id"]])[row["subject_id"]]
                  if one["state"] in ("waiting", "queued") and one["generation"] < row["generation"]]  # fmt: skip
        if not before:
            self._enter(row, rule, view)

    def _turn(self, row: Row, rule: JourneyRule, view: Seen) -> None:
        known = Known(view, row["customer_id"], self.calendars, self.ledger.arms, self.ledger.tasks[row["id"]], self.fleets,
                      self.shares)  # fmt: skip
        try:
            found = turn(rule, place_of(row), known, self.work.now)
        except Exception as error:  # a defect of ours in one way stops no other: a step is pure, so nothing was written
            log.exception("step failed", extra={"reason": type(error).__name__})
            self.ledger.change(row, state="parked", wake_at=None, reason=type(error).__name__)
            return
        self.ledger.take(row, rule, found)
        if found.place is None and rule.mode == "queued":
            for other in self.live:
                if (other["journey"], other["subject_id"], other["state"]) == (rule.name, row["subject_id"], "queued"):
                    self.ledger.change(other, wake_at=self.work.now)

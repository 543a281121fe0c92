"""Enrollments as rows: read for a batch of customers at once, changed in memory, and written in a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.core import Hub
from hub.flow import orders
from hub.flow.batches import among, batches, these
from hub.flow.orders import Order
from hub.models import Enrollment, Exposure, StepLog, Task, table
from hub.work import Work
from rules.journeys.documents import JourneyRule, Message
from rules.journeys.engine import Place, Turn
from rules.journeys.entering import Past
from rules.journeys.subjects import Subject

Row = dict[str, Any]
LIVE = ("expected", "queued", "waiting")
ENROLLMENT = table(Enrollment)
ON_THEIR_WAY = (
    select(ENROLLMENT).where(these(ENROLLMENT.c.customer_id), ENROLLMENT.c.state.in_(LIVE)).order_by(ENROLLMENT.c.id)
)


class Ledger:
    """What one transaction reads and writes of enrollments. The caller holds the customers' locks."""

    def __init__(self, hub: Hub, work: Work) -> None:
        self.hub, self.work = hub, work
        self.made: list[Row] = []
        self.changed: dict[int, Row] = {}
        self.log: list[Row] = []
        self.dealt: list[Row] = []
        self.orders: list[Order] = []
        self.over: list[tuple[Row, str]] = []
        self.fresh: set[int] = set()
        self.known: dict[tuple[str, int], list[Row]] = {}
        self.arms: dict[tuple[str, str], str] = {}
        self.tasks: dict[int, dict[tuple[str, int], str]] = defaultdict(dict)

    # --- reading

    def live(self, customer_ids: Iterable[int]) -> list[Row]:
        """Whoever is on a way or expected, in the order in which they came."""
        found: list[Row] = []
        for ids in batches(sorted(customer_ids)):
            found += [dict(row) for row in self.work.session.execute(ON_THEIR_WAY, {"ids": ids}).mappings()]
        return found

    def past(self, journey: str, subject_ids: Iterable[int]) -> dict[int, list[Row]]:
        """Every way of these subjects on this journey, those of this transaction included."""
        wanted = sorted(set(subject_ids))
        missing = [one for one in wanted if (journey, one) not in self.known]
        self.known |= {(journey, one): [] for one in missing}
        names = ("id", "subject_id", "generation", "state", "entered_at", "ended_at", "event_id", "wake_at")
        for ids in batches(missing):
            mine = (ENROLLMENT.c.journey == journey, among(ENROLLMENT.c.subject_id, ids))
            rows = select(*(ENROLLMENT.c[name] for name in names)).where(*mine)
            for row in self.work.session.execute(rows).mappings():
                self.known[journey, row["subject_id"]].append(dict(row))
        return {one: [{**row, **self.changed.get(row["id"], {})} for row in self.known[journey, one]] for one in wanted}

    def load_arms(self, customer_ids: Iterable[int], units: Iterable[str]) -> None:
        """What these customers, and whatever else is drawn as one, were dealt before: the first row decides."""
        columns = select(Exposure.experiment, Exposure.unit, Exposure.arm).order_by(
            Exposure.at.desc(), Exposure.id.desc()
        )
        for ids in batches(sorted(customer_ids)):
            rows = self.work.session.execute(columns.where(among(Exposure.customer_id, ids)))
            self.arms |= {(experiment, unit): arm for experiment, unit, arm in rows}
        for names in batches(sorted(units)):
            rows = self.work.session.execute(columns.where(Exposure.unit.in_(names)))
            self.arms |= {(experiment, unit): arm for experiment, unit, arm in rows}

    def load_tasks(self, rows: Sequence[Row]) -> None:
        for ids in batches(sorted(row["id"] for row in rows)):
            done = select(Task.enrollment_id, Task.node, Task.visit, Task.outcome)
            for one, node, visit, outcome in self.work.session.execute(
                done.where(among(Task.enrollment_id, ids), Task.state == "done")
            ):
                self.tasks[one][node, visit] = outcome

    # --- changing

    def make(
        self, version_id: int, rule: JourneyRule, customer_id: int, subject: Subject, past: Sequence[Row], **more: Any
    ) -> Row:
        """A new row with the next generation; **more: its state and entry, and what goes with them."""
        row = {
            "id": self.work.ids.next(),
            "journey": rule.name,
            "version_id": version_id,
            "customer_id": customer_id,
            "subject_id": subject.id,
            "generation": 1 + max((one["generation"] for one in past), default=0),
            "event_id": subject.event_id,
            "node": None,
            "seq": 0,
            "visits": {},
            "made_at": self.work.now,
            **dict.fromkeys(("entered_at", "since", "wake_at", "goal_at", "ended_at")),
            "reason": "",
            **more,
        }
        self.made.append(row)
        self.fresh.add(row["id"])
        self.known.setdefault((rule.name, subject.id), []).append(row)
        return row

    def change(self, row: Row, **values: Any) -> None:
        row.update(values)
        if row["id"] not in self.fresh:
            self.changed.setdefault(row["id"], {"id": row["id"]}).update(values)

    def expose(self, row: Row, rule: JourneyRule, dealt: Iterable[tuple[str, str, str]]) -> None:
        for experiment, unit, arm in dealt:
            self.arms[experiment, unit] = arm
            same = {"journey": rule.name, "enrollment_id": row["id"], "entry": row["entry"], "at": self.work.now}
            self.dealt.append(
                {"experiment": experiment, "unit": unit, "arm": arm, "customer_id": row["customer_id"], **same}
            )

    def take(self, row: Row, rule: JourneyRule, found: Turn) -> None:
        """Write down what came of a look."""
        seq = row["seq"]
        for one in found.log:
            seq += 1
            self.note(row, seq, one.node, one.outcome, {**one.detail, **self._unreached(rule, one.node)})
        self.expose(row, rule, [(one.experiment, one.unit, one.arm) for one in found.dealt])
        self.orders += [Order(rule, row, effect) for effect in found.effects]
        here = found.place
        if here is None:
            goal = {"goal_at": self.work.now} if found.ended == "goal" else {}
            self.end(row, "done" if found.ended in ("done", "goal") else "exited", found.ended, seq=seq, **goal)
        elif found.log or (here.node, here.since, found.wake_at) != (row["node"], row["since"], row["wake_at"]):
            visits = dict(here.visits)
            self.change(row, node=here.node, since=here.since, visits=visits, wake_at=found.wake_at, seq=seq)

    def _unreached(self, rule: JourneyRule, node: str) -> Mapping[str, str]:
        """Why a message goes nowhere, where that can be told already."""
        action = rule.nodes[node].action
        lost = isinstance(action, Message) and not orders.reachable(self.hub, action)
        return {"unsent": "no_channel"} if lost else {}

    def note(self, row: Row, seq: int, node: str, outcome: str, detail: Mapping[str, Any]) -> None:
        line = {"enrollment_id": row["id"], "seq": seq, "node": node, "outcome": outcome[:40], "at": self.work.now}
        self.log.append({**line, "detail": dict(detail)})

    def end(self, row: Row, state: str, reason: str, **more: Any) -> None:
        self.change(row, state=state, reason=reason, ended_at=self.work.now, wake_at=None, **more)
        self.over.append((row, reason))

    # --- writing

    def write(self) -> set[int]:
        """All of it, in the order that the tables need; answers customers into whose history something was written."""
        session = self.work.session
        self.work.insert_all(Enrollment, self.made)
        for batch in _alike(self.changed.values()):
            session.execute(update(Enrollment), batch)
        self.work.insert_all(StepLog, self.log)
        if self.dealt:
            insert = sqlite_insert if self.work.region.on_sqlite else pg_insert
            once = insert(Exposure).on_conflict_do_nothing(index_elements=["experiment", "unit", "customer_id"])
            own = {"region": self.work.region.code}
            session.execute(once, [{"id": self.work.ids.next(), **own, **row} for row in self.dealt])
        for reason in {reason for _, reason in self.over if reason != "done"}:
            orders.cancel(self.hub, self.work, [row for row, why in self.over if why == reason], f"journey: {reason}")
        gone = {row["id"] for row, reason in self.over if reason not in ("done", "goal")}
        return orders.put(self.hub, self.work, [one for one in self.orders if one.enrollment["id"] not in gone])


def _alike(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows with the same columns together, as one statement takes them."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(sorted(row))].append(row)
    return list(groups.values())


def place_of(row: Row) -> Place:
    subject = Subject(row["subject_id"], row["event_id"])
    return Place(subject, row["node"], row["since"], row["entered_at"], row["visits"])


def pasts(rows: Sequence[Row]) -> list[Past]:
    return [Past(row["generation"], row["state"], row["ended_at"]) for row in rows]


def entered_since(work: Work, journey: str, since: Any) -> int:
    """How many came in from a moment on, beside those who are held back."""
    mine = (Enrollment.journey == journey, Enrollment.entered_at >= since, Enrollment.state != "held")
    return work.session.scalar(select(func.count()).select_from(Enrollment).where(*mine)) or 0

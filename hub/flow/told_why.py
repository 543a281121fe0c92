"""Why somebody is on a journey, how far they came, and why not: the trace of every way, and the door as it stands now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import seen
from hub.flow.enrollments import ENROLLMENT, LIVE, pasts
from hub.flow.in_force import reads_of, versions_in_force
from hub.models import Customer, Exposure, Message, StepLog, Task, called
from rules.explain import explain
from rules.journeys.documents import ByEvent, BySegment, JourneyRule
from rules.journeys.entering import admission

# Why nobody came in: the closed list, in words.
NOT_IN: Mapping[str, str] = {
    "inside": "they are on it already",
    "never_again": "they were on it once, and it says never again",
    "too_soon": "they were on it lately",
    "enter": "nothing opened the door yet",
    "queue": "they would come in behind the way they are on",
    "restart": "they would begin anew",
}


def why(hub: Hub, customer_ref: str, journey: str | None = None) -> list[dict[str, Any]]:
    """One answer per journey in force, and per journey that they were on. Raises NotFound."""
    with hub.look() as session:
        customer_id = session.scalar(select(Customer.id).where(called(customer_ref)))
        if customer_id is None:
            raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
        rules = {one.rule.name: one.rule for one in versions_in_force(hub, session)}
        mine = ENROLLMENT.c.customer_id == customer_id
        rows = [
            dict(row) for row in session.execute(select(ENROLLMENT).where(mine).order_by(ENROLLMENT.c.id)).mappings()
        ]
        names = sorted(rules.keys() | {row["journey"] for row in rows})
        if journey is not None and journey not in names:
            raise NotFound(f"There is no journey “{journey}”.", f"Journeys: {', '.join(names) or 'none'}.")
        sent = _messages(hub, session, customer_ref)
        wanted = [journey] if journey else names
        asked = [rules[name] for name in wanted if name in rules]
        view = seen.load(session, hub.book.catalogue, [customer_id], reads_of(asked)).get(customer_id)
        trace = _Trace(session, customer_id, [row["id"] for row in rows if row["journey"] in wanted])
        found = []
        for name in wanted:
            ways = [_way(trace, row, sent) for row in rows if row["journey"] == name]
            door = _door(hub, rules.get(name), view, [row for row in rows if row["journey"] == name])
            found.append({"journey": name, "ways": ways, "door": door, "dealt": trace.dealt[name]})
        return found


class _Trace:
    """What some ways left behind, read at once: steps and tasks by the enrollment's id, arms by journey."""

    def __init__(self, session: Session, customer_id: int, ids: Sequence[int]) -> None:
        self.steps: dict[int, list[StepLog]] = defaultdict(list)
        for one in session.scalars(select(StepLog).where(StepLog.enrollment_id.in_(ids)).order_by(StepLog.seq)):
            self.steps[one.enrollment_id].append(one)
        self.tasks: dict[int, list[dict[str, Any]]] = defaultdict(list)
        columns = (Task.enrollment_id, Task.title, Task.state, Task.outcome)
        rows = session.execute(select(*columns).where(Task.enrollment_id.in_(ids)).order_by(Task.id))
        for enrollment_id, title, state, outcome in rows:
            if enrollment_id is not None:
                self.tasks[enrollment_id].append({"title": title, "state": state, "outcome": outcome})
        self.dealt: dict[str, list[dict[str, str]]] = defaultdict(list)
        dealt = select(Exposure.journey, Exposure.experiment, Exposure.arm, Exposure.at).order_by(Exposure.id)
        for name, experiment, arm, at in session.execute(dealt.where(Exposure.customer_id == customer_id)):
            self.dealt[name].append({"experiment": experiment, "arm": arm, "at": at.isoformat()})


def _way(trace: _Trace, row: Mapping[str, Any], sent: Mapping[str, list[dict[str, str]]]) -> dict[str, Any]:
    steps = [
        {"at": one.at.isoformat(), "step": one.node, "outcome": one.outcome, **one.detail,
         "messages": sent.get(f"j{row['id']}:{one.node}", [])}
        for one in trace.steps[row["id"]]
    ]  # fmt: skip
    return {
        "state": row["state"],
        "entry": row["entry"],
        "entered_at": _iso(row["entered_at"]),
        "ended_at": _iso(row["ended_at"]),
        "reason": row["reason"],
        "at": row["node"],
        "wakes_at": _iso(row["wake_at"]),
        "steps": steps,
        "tasks": trace.tasks[row["id"]],
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None


def _messages(hub: Hub, session: Session, customer_ref: str) -> dict[str, list[dict[str, str]]]:
    """By `j<enrollment>:<node>`: what became of each message, and why it did not go."""
    found: dict[str, list[dict[str, str]]] = {}
    partners = {partner.id: partner.name for partner in hub.partners.values()}
    mine = (Message.entity == customer_ref, Message.connection_id.in_(partners))
    columns = (Message.effect_key, Message.connection_id, Message.state, Message.why, Message.reason)
    for key, connection, state, why, reason in session.execute(select(*columns).where(*mine).order_by(Message.id)):
        mark = key.rpartition("/")[2].rpartition(":")[0]
        found.setdefault(mark, []).append({"by": partners[connection], "state": state, "why": why, "reason": reason})
    return found


def _door(hub: Hub, rule: JourneyRule | None, view: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Could they come in now, and what stands in the way."""
    if rule is None or view is None:
        return {"open": False, "because": ["no version of it is in force"]}
    opens = rule.entry.door
    waits = {
        ByEvent: lambda door: f"an event {door.awaited.kind.name} opens it",
        BySegment: lambda door: f"segment {door.segment} opens it: {door.side}",
    }.get(type(opens), lambda door: "a day opens it")(opens)
    expected = [row["wake_at"].isoformat() for row in rows if row["state"] == "expected" and row["wake_at"]]
    verdict = admission(rule, pasts(rows), hub.clock()) if rule.key == "customer" else "enter"
    lines = [waits, *(f"expected at {one}" for one in expected)]
    if not any(row["state"] in LIVE for row in rows):
        lines.append(NOT_IN[verdict])
    holds = True
    if rule.entry.when is not None:
        told = explain(rule.entry.when, view, hub.clock(), rule.zone)
        lines, holds = [*lines, *told.sentences], told.holds
    return {"open": verdict in ("enter", "queue", "restart") and holds, "because": lines}

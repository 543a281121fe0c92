"""Whom a branch calls today: safety findings first, then by expected margin, a part drawn by lot and left alone, accuracy told.

A list is made by whoever says how many calls can be made, and looking at it writes nothing. A clock would put people on lists of
days on which nobody calls, and let them rest for a month for it. A list that is written down with its first outcome only would be
another one for each who looks, and would lose those left alone: they have no outcome, and the comparison with those who were
called is honest only where both were drawn at the same moment."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import insights, proven, scores
from hub.flow.batches import among
from hub.flow.bulk import write_all
from hub.flow.insights import Candidate, Reason
from hub.models import Appointment, Branch, Customer, Need, Outreach, Profile, Score, Vehicle, table
from hub.services import read_services
from hub.work import Work

OUTCOMES = ("booked", "later", "declined", "unreached", "wrong")
RESTED = timedelta(days=30)  # nobody is called again before
CONTROL = 10  # one in so many is left alone
SCORER = "need"
HORIZON = 182  # days, where no card says
MEASURES = ("precision", "lift", "auc", "ap", "brier", "ece")
OF_CALLS = ("precision", "lift")  # who is left alone belongs to the others only


@dataclass(frozen=True)
class Entry:
    """A line of the list. rank: from 1, without those left alone. churn: the score, where there is one. language: of the
    customer. car: what it is called, or empty."""

    id: int
    customer_ref: str
    language: str | None
    vehicle_id: int | None
    car: str
    rank: int
    safety: bool
    service: str
    chance: float
    churn: float | None
    value_minor: int
    currency: str | None
    reasons: tuple[str, ...]
    outcome: str | None
    outcome_by: str | None


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval. rows: calls that it is told from."""

    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Measure:
    """name: one of MEASURES. backtest: of lists of this length before the model was in force. live: of this branch's lists since.
    lot: what cars drawn by lot would give, where that says something."""

    name: str
    backtest: Figure | None
    live: Figure | None
    lot: float | None


@dataclass(frozen=True)
class Listed:
    """entries: none where nobody made a list today. accuracy: of lists of this length in the backtest, see accuracy_of. live: what
    advisors noted of all lists, outcome -> count. proven: what came true since, see hub.flow.proven. controls: how many were left
    alone for comparison. measures: the figures of accuracy and proven, side by side."""

    branch: str
    day: date
    entries: tuple[Entry, ...]
    accuracy: Mapping[str, Any]
    live: Mapping[str, int]
    proven: Mapping[str, Any]
    controls: int
    measures: tuple[Measure, ...] = ()


def make(hub: Hub, branch: str, capacity: int, who: str, one_in: int = CONTROL) -> int:
    """Make today's list, or lengthen it to `capacity` calls; who is on it stays. Of `one_in` customers one is left alone.
    Answers how many calls were added: none where it is that long already, so that asked twice is made once.

    Raises NotFound for a branch that is not."""
    day = scores.today(hub)
    with hub.begin() as work:
        held = work.session.scalar(select(Branch.id).where(Branch.code == branch).with_for_update())
        if held is None:
            known = ", ".join(work.session.scalars(select(Branch.code).order_by(Branch.code)))
            raise NotFound(f"There is no branch “{branch}” in {hub.region_code}.", f"Branches: {known or 'none'}.")
        mine = (Outreach.branch == branch, Outreach.listed_on == day, Outreach.control.is_(False))
        before = work.session.scalar(select(func.count()).where(*mine)) or 0
        chosen = _choose(hub, work.session, branch, day, capacity - before, one_in) if before < capacity else []
        if chosen:
            _write(work, branch, day, before, chosen)
            calls = sum(not control for _, control in chosen)
            work.audit(who, "outreach_listed", "branch", held, calls=calls, left_alone=len(chosen) - calls)
        return sum(not control for _, control in chosen)


def listed(hub: Hub, branch: str) -> Listed:
    """Today's list as it was made; empty before that."""
    day = scores.today(hub)
    with hub.look() as session:
        return _read(hub, session, branch, day)


def note(work: Work, entry_id: int, outcome: str, who: str) -> Outreach:
    """What came of a call; a later word replaces an earlier one. Raises NotFound, WrongInput."""
    if outcome not in OUTCOMES:
        raise WrongInput(f"“{outcome}” is no outcome.", f"Outcomes: {', '.join(OUTCOMES)}.")
    row = work.session.get(Outreach, entry_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such line on a list.")
    row.outcome, row.outcome_at, row.outcome_by = outcome, work.now, who
    work.audit(who, "outreach_noted", "customer", row.customer_id, outcome=outcome)
    return row


def _choose(
    hub: Hub, session: Session, branch: str, day: date, capacity: int, one_in: int
) -> list[tuple[Candidate, bool]]:
    """Per customer the best permitted action; as many to call as there is capacity, and those drawn to be left alone."""
    free = _free(session, branch, day)
    found = list(insights.best(hub, session, free, read_services(hub.settings.config)))
    refs = {one: ref for one, ref in session.execute(select(Customer.id, Customer.ref).where(among(Customer.id, free)))}
    chosen: list[tuple[Candidate, bool]] = []
    calls = 0
    for one in sorted(found, key=lambda one: (not one.safety, -one.value_minor, one.customer_id)):
        if calls == capacity or (one.value_minor <= 0 and not one.safety):
            break
        control = not one.safety and _drawn(refs[one.customer_id], day, one_in)  # nobody is left alone with a danger
        calls += not control
        chosen.append((one, control))
    return chosen


def _free(session: Session, branch: str, day: date) -> list[int]:
    """Customers of the branch with a need, who have no appointment, and were on no list lately."""
    rested = select(Outreach.customer_id).where(Outreach.listed_on > day - RESTED)
    booked = select(Appointment.customer_id).where(Appointment.state == "booked", Appointment.local_day >= day)
    wanted = (Profile.branch == branch, Profile.customer_id.not_in(rested), Profile.customer_id.not_in(booked))
    needy = select(Need.customer_id).where(Need.customer_id == Profile.customer_id).exists()
    return list(session.scalars(select(Profile.customer_id).where(*wanted, needy)))


def _drawn(ref: str, day: date, one_in: int) -> bool:
    """The same customer and month give the same lot, whoever draws it."""
    digest = hashlib.sha256(f"outreach:{day:%Y-%m}:{ref}".encode()).digest()
    return int.from_bytes(digest[:4]) % one_in == 0


def _write(work: Work, branch: str, day: date, rank: int, chosen: Sequence[tuple[Candidate, bool]]) -> None:
    """rank: of the last call that is on the list already."""
    needs = {row.id: row for row in work.session.execute(
        select(Need.id, Need.value, Need.currency, Need.reasons, Need.model)
        .where(among(Need.id, [one.need_id for one, _ in chosen]))
    )}  # fmt: skip
    churn = _churn(work.session, [one.customer_id for one, _ in chosen])
    rows = []
    for one, control in chosen:
        rank += not control
        need = needs[one.need_id]
        rows.append({
            "customer_id": one.customer_id, "vehicle_id": one.vehicle_id, "branch": branch, "listed_on": day, "rank": rank,
            "control": control, "safety": one.safety, "service": one.service, "churn": churn.get(one.customer_id),
            "chance": need.value, "value_minor": one.value_minor, "currency": need.currency,
            "reasons": [Reason.of(why).code for why in need.reasons], "model": need.model,
        })  # fmt: skip
    write_all(work, Outreach, rows)


def _churn(session: Session, ids: Sequence[int]) -> dict[int, float | None]:
    """The score that stands, however many days of them there are."""
    last = (
        select(Score.value).where(Score.customer_id == Customer.id, Score.name == "churn")
        .order_by(Score.as_of.desc(), Score.id.desc()).limit(1).scalar_subquery()
    )  # fmt: skip
    return {one: value for one, value in session.execute(select(Customer.id, last).where(among(Customer.id, ids)))}


def _read(hub: Hub, session: Session, branch: str, day: date) -> Listed:
    told = table(Outreach)  # past the ORM: a list may be ten thousand long
    rows = session.execute(
        select(told, Customer.ref.label("customer_ref"), Customer.language, Vehicle.make, Vehicle.model.label("car"))
        .join(Customer, Customer.id == told.c.customer_id).outerjoin(Vehicle, Vehicle.id == told.c.vehicle_id)
        .where(told.c.branch == branch, told.c.listed_on == day).order_by(told.c.rank, told.c.id)
    ).all()  # fmt: skip
    entries = tuple(
        Entry(row.id, row.customer_ref, row.language, row.vehicle_id, row.car or row.make or "", row.rank, row.safety, row.service,
              row.chance, row.churn, row.value_minor, row.currency, tuple(row.reasons), row.outcome, row.outcome_by)
        for row in rows if not row.control
    )  # fmt: skip
    counts = session.execute(
        select(Outreach.outcome, func.count()).where(Outreach.branch == branch, Outreach.outcome.is_not(None))
        .group_by(Outreach.outcome)
    )  # fmt: skip
    live = {str(outcome): count for outcome, count in counts}
    accuracy = accuracy_of(hub, len(entries))
    horizon, services = accuracy.get("horizon_days", HORIZON), read_services(hub.settings.config)
    came = proven.proven(session, branch, day, horizon, services)
    return Listed(branch, day, entries, accuracy, live, came, len(rows) - len(entries), measures_of(accuracy, came))


def accuracy_of(hub: Hub, length: int) -> Mapping[str, Any]:
    """From the card of the model in force, of the list length nearest to this one: `precision` with its interval, `by_lot` (cars
    drawn by lot that were given the same services), `lift` (one over the other), auc, ap, brier and ece on such lists, and
    `metrics`: of all cars and services. Empty where there is no model."""
    shelf = scores.shelf_of(hub)
    version = shelf.champion(SCORER)
    if version is None:
        return {}
    card = shelf.card(SCORER, version)
    told = card.get("precision_at", {})
    if not told:
        return {}
    nearest = min(told, key=lambda one: (abs(int(one) - length), int(one)))
    metrics = {"metrics": card.get("metrics", {}), "horizon_days": card.get("horizon_days", HORIZON)}
    return {"list_length": int(nearest), "model": version, **told[nearest], **metrics}


def measures_of(accuracy: Mapping[str, Any], came: Mapping[str, Any]) -> tuple[Measure, ...]:
    """Those of MEASURES that one of both tells, in their order."""
    calls, control = came.get("calls", {}), came.get("control", {})
    since = {**came, "precision": calls.get("precision"), "precision_interval": calls.get("interval")}
    then = {**accuracy, "precision_interval": accuracy.get("interval")}
    rows, listed = accuracy.get("rows", 0), calls.get("rows", 0)
    both = listed + control.get("rows", 0)
    lots = {"precision": came.get("by_lot", accuracy.get("by_lot")), "lift": 1.0, "auc": 0.5}
    found = (
        Measure(
            name, _figure(then, name, rows), _figure(since, name, listed if name in OF_CALLS else both), lots.get(name)
        )
        for name in MEASURES
    )
    return tuple(one for one in found if one.backtest or one.live)


def measured_rows(found: Listed) -> Iterator[Sequence[object]]:
    """The measures as a table: a header, then a row for each of backtest and live."""
    yield ("branch", "day", "measure", "source", "value", "low", "high", "calls", "by_lot")
    for one in found.measures:
        for source, told in (("backtest", one.backtest), ("live", one.live)):
            if told:
                yield (
                    found.branch,
                    found.day.isoformat(),
                    one.name,
                    source,
                    told.value,
                    told.low,
                    told.high,
                    told.rows,
                    one.lot,
                )


def _figure(told: Mapping[str, Any], name: str, rows: int) -> Figure | None:
    if told.get(name) is None or not told.get(f"{name}_interval"):
        return None
    low, high = told[f"{name}_interval"]
    return Figure(told[name], low, high, rows)

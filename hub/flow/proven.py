"""What came true of a branch's lists since they were made, beside those who were left alone by lot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hub.flow.batches import among
from hub.flow.measures import apart, measures, ratio, share
from hub.models import Line, Outreach, Ownership, Profile, Visit, table
from hub.services import Services

Numbers = NDArray[Any]

BACK = timedelta(days=730)  # lists that are looked at
FEWEST, PEOPLE = (
    20,
    10,
)  # calls whose time is over, and customers called; of fewer nothing is said, as no interval would be true
EPOCH = date(1970, 1, 1)


def proven(session: Session, branch: str, day: date, horizon: int, services: Services) -> Mapping[str, Any]:
    """Of the branch's lists whose horizon (days) was over on that day; empty where they were fewer than FEWEST calls
    or PEOPLE customers.

    calls: rows, precision (the share of whom the service was done within the horizon) with its interval. control: the same of those
    left alone; gain: how far both are apart. by_lot: how many of the branch's cars were given the same services in the same time;
    lift: the precision of the calls over it. auc, ap, brier, ece and gap (promised less came): of both together. Each has its
    interval. Dangers are not among them, as nobody is left alone with one."""
    rows = _listed(session, branch, day - BACK, day - timedelta(days=horizon))
    called, chance = np.array([not row.control for row in rows], bool), np.array([row.chance for row in rows], float)
    whose = np.array([row.customer_id for row in rows])
    if called.sum() < FEWEST or len(np.unique(whose[called])) < PEOPLE:
        return {}
    came = _came(session, rows, horizon, services)
    usual = _by_lot(session, branch, rows, horizon, services)
    calls, control = share(came[called]), share(came[~called])
    return {
        "calls": calls,
        "control": control,
        **apart(calls, control),
        "by_lot": round(float(usual[called].mean()), 4),
        **ratio("lift", came[called], usual[called], whose[called]),
        **measures(chance, came, whose),
    }


def _listed(session: Session, branch: str, first: date, last: date) -> Sequence[Any]:
    told = table(Outreach).c
    columns = (told.customer_id, told.vehicle_id, told.service, told.listed_on, told.chance, told.control)
    mine = (told.branch == branch, told.listed_on > first, told.listed_on <= last, told.safety.is_(False))
    return session.execute(select(*columns).where(*mine, told.vehicle_id.is_not(None)).order_by(told.id)).all()


def _came(session: Session, rows: Sequence[Any], horizon: int, services: Services) -> Numbers:
    """1 where the service was done for the car after the day of the list and within the horizon."""
    done: dict[tuple[int, str], list[date]] = defaultdict(list)
    cars = among(Visit.vehicle_id, sorted({row.vehicle_id for row in rows}))
    for car, day, service in _done(session, cars, rows, horizon, services):
        done[car, service].append(day)
    return np.array(
        [_within(done.get((row.vehicle_id, row.service), ()), row.listed_on, horizon) for row in rows], float
    )


def _by_lot(session: Session, branch: str, rows: Sequence[Any], horizon: int, services: Services) -> Numbers:
    """Of each row: the share of all cars of the branch that were given its service after its day and within the horizon."""
    theirs = select(Profile.customer_id).where(Profile.branch == branch)
    owned = (Ownership.role == "owner", Ownership.customer_id.in_(theirs))
    spans = session.execute(select(Ownership.since, Ownership.until).where(*owned)).all()
    came = np.sort([(since - EPOCH).days for since, _ in spans])
    went = np.sort([(until - EPOCH).days for _, until in spans if until is not None])
    cars = Visit.vehicle_id.in_(select(Ownership.vehicle_id).where(*owned))
    done: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for car, day, service in _done(session, cars, rows, horizon, services):
        done[service].append((car, (day - EPOCH).days))
    ends = {name: _once(given) for name, given in done.items()}
    found: dict[tuple[str, date], float] = {}
    for service, listed in {(row.service, row.listed_on) for row in rows}:
        day = (listed - EPOCH).days
        before, days = ends.get(service, (np.zeros(0), np.zeros(0)))
        given = ((before <= day) & (days > day) & (days <= day + horizon)).sum()
        there = np.searchsorted(came, day, "right") - np.searchsorted(went, day, "right")
        found[service, listed] = float(given / there) if there else 0.0
    return np.array([found[row.service, row.listed_on] for row in rows])


def _once(given: Sequence[tuple[int, int]]) -> tuple[Numbers, Numbers]:
    """(day of the same car's time before, day) of each time: a car is counted where the time before lies outside the window."""
    cars, days = np.array(sorted(set(given))).T
    same = np.append(False, cars[1:] == cars[:-1])
    return np.where(same, np.roll(days, 1), -1), days


def _done(
    session: Session, cars: ColumnElement[bool], rows: Sequence[Any], horizon: int, services: Services
) -> list[tuple[int, date, str]]:
    """(car, day, service) of what was done for these cars while the rows waited for it, the earliest first."""
    wanted = {row.service for row in rows}
    codes = sorted(wanted | {code for code, service in services.by_code.items() if service in wanted})
    first, last = min(row.listed_on for row in rows), max(row.listed_on for row in rows) + timedelta(days=horizon)
    lines = (
        select(Visit.vehicle_id, Visit.local_day, func.lower(Line.code))
        .join(Line, Line.visit_id == Visit.id)
        .where(cars, Visit.status == "closed", Visit.local_day > first, Visit.local_day <= last)
        .where(Line.kind == "labour", Line.withdrawn_at.is_(None), func.lower(Line.code).in_(codes))
        .order_by(Visit.local_day)
    )
    told = ((car, day, services.by_code.get(code, code)) for car, day, code in session.execute(lines))
    return [one for one in told if one[2] in wanted]


def _within(days: Sequence[date], after: date, horizon: int) -> bool:
    return bisect_right(days, after) < bisect_right(days, after + timedelta(days=horizon))

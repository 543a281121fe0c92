"""What came true of a branch's lists since they were made, beside those who were left alone by lot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CompoundSelect, Date, Select, cast, func, literal, null, select, union, union_all
from sqlalchemy.orm import Session

from hub.flow.batches import among
from hub.flow.measures import apart, measures, ratio, share
from hub.models import Line, Outreach, Ownership, Profile, Visit, table
from hub.services import Services

Numbers = NDArray[Any]

BACK = timedelta(days=730)  # lists that are looked at
FEWEST = 20  # calls whose time is over; of fewer nothing is said
PEOPLE = 10  # customers that were called; of fewer no interval would be true
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
    cars = _cars(session, branch, rows, horizon, services)
    came = np.array(
        [_within(cars.done[row.service].get(row.vehicle_id, ()), row.listed_on, horizon) for row in rows], float
    )
    usual = _by_lot(cars, rows, horizon)
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


@dataclass(frozen=True)
class Cars:
    """Of the branch and of its lists. spans: (since, until) of each ownership in the branch, `theirs` its cars. done: service -> car ->
    days on which it was done, the earliest first."""

    spans: Collection[tuple[date, date | None]]
    theirs: Set[int]
    done: Mapping[str, Mapping[int, Sequence[date]]]


def _cars(session: Session, branch: str, rows: Sequence[Any], horizon: int, services: Services) -> Cars:
    """One question of two halves, as a page may ask a dozen in all: who owned which car when, and what was done for which when."""
    owned = (
        Ownership.role == "owner",
        Ownership.customer_id.in_(select(Profile.customer_id).where(Profile.branch == branch)),
    )
    owners = select(Ownership.vehicle_id, Ownership.since, Ownership.until, literal("")).where(*owned)
    listed = select(Ownership.vehicle_id).where(among(Ownership.vehicle_id, sorted({row.vehicle_id for row in rows})))
    cars = union(select(Ownership.vehicle_id).where(*owned), listed)
    spans: list[tuple[date, date | None]] = []
    theirs: set[int] = set()
    found: dict[str, dict[int, set[date]]] = {row.service: defaultdict(set) for row in rows}
    told: Iterable[Any] = session.execute(union_all(owners, _done(rows, horizon, services, cars)))
    for car, day, until, code in told:
        if not code:
            spans.append((day, until))
            theirs.add(car)
        elif (service := services.by_code.get(code, code)) in found:
            found[service][car].add(day)
    ordered = {service: {car: sorted(days) for car, days in done.items()} for service, done in found.items()}
    return Cars(spans, theirs, ordered)


def _done(rows: Sequence[Any], horizon: int, services: Services, cars: CompoundSelect[Any]) -> Select[Any]:
    """(car, day, nothing, code) of what was done while the rows waited for it."""
    wanted = {row.service for row in rows}
    codes = sorted(wanted | {code for code, service in services.by_code.items() if service in wanted})
    first, last = min(row.listed_on for row in rows), max(row.listed_on for row in rows) + timedelta(days=horizon)
    return (
        select(Visit.vehicle_id, Visit.local_day, cast(null(), Date), func.lower(Line.code))
        .join(Line, Line.visit_id == Visit.id)
        .where(Visit.vehicle_id.in_(cars), Visit.status == "closed", Visit.local_day > first, Visit.local_day <= last)
        .where(Line.kind == "labour", Line.withdrawn_at.is_(None), func.lower(Line.code).in_(codes))
    )


def _by_lot(cars: Cars, rows: Sequence[Any], horizon: int) -> Numbers:
    """Of each row: the share of all cars of the branch that were given its service after its day and within the horizon."""
    came = np.sort([(since - EPOCH).days for since, _ in cars.spans])
    went = np.sort([(until - EPOCH).days for _, until in cars.spans if until is not None])
    times = {
        name: _times({car: days for car, days in done.items() if car in cars.theirs})
        for name, done in cars.done.items()
    }
    found: dict[tuple[str, date], float] = {}
    for service, listed in {(row.service, row.listed_on) for row in rows}:
        day, (before, days) = (listed - EPOCH).days, times[service]
        given = ((before <= day) & (days > day) & (days <= day + horizon)).sum()
        there = np.searchsorted(came, day, "right") - np.searchsorted(went, day, "right")
        found[service, listed] = float(given / there) if there else 0.0
    return np.array([found[row.service, row.listed_on] for row in rows])


def _times(done: Mapping[int, Sequence[date]]) -> tuple[Numbers, Numbers]:
    """(day of the same car's time before, day) of each time: a car is counted where the time before lies outside the window."""
    days = [[(one - EPOCH).days for one in several] for several in done.values()]
    return (
        np.array([before for one in days for before in (-1, *one[:-1])], int),
        np.array([day for one in days for day in one], int),
    )


def _within(days: Sequence[date], after: date, horizon: int) -> bool:
    return bisect_right(days, after) < bisect_right(days, after + timedelta(days=horizon))

"""What came true of a branch's lists since they were made, beside those who were left alone by lot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.batches import among
from hub.models import Line, Outreach, Visit, table
from hub.services import Services

Numbers = NDArray[Any]

BACK = timedelta(days=730)  # lists that are looked at
FEWEST = 20  # calls whose time is over; of fewer nothing is said
SURE = 1.96


def proven(session: Session, branch: str, day: date, horizon: int, services: Services) -> Mapping[str, Any]:
    """Of the branch's lists whose horizon (days) was over on that day; empty where they were fewer than FEWEST calls.

    calls: rows, precision (the share of whom the service was done within the horizon) with its interval. control: the same of those
    left alone. lift: one by the other, where somebody of both came. auc, brier, and gap (promised less came): of both together,
    each with its interval. Dangers are not among them, as nobody is left alone with one."""
    rows = _listed(session, branch, day - BACK, day - timedelta(days=horizon))
    called, chance = np.array([not row.control for row in rows], bool), np.array([row.chance for row in rows], float)
    if called.sum() < FEWEST:
        return {}
    came = _came(session, rows, horizon, services)
    calls, control = _precision(came[called]), _precision(came[~called])
    return {
        "calls": calls,
        "control": control,
        **({"lift": round(calls["precision"] / control["precision"], 3)} if control.get("precision") else {}),
        **_auc(chance, came),
        **_mean("brier", (chance - came) ** 2),
        **_mean("gap", chance - came),
    }


def _listed(session: Session, branch: str, first: date, last: date) -> Sequence[Any]:
    told = table(Outreach).c
    columns = (told.vehicle_id, told.service, told.listed_on, told.chance, told.control)
    mine = (told.branch == branch, told.listed_on > first, told.listed_on <= last, told.safety.is_(False))
    return session.execute(select(*columns).where(*mine, told.vehicle_id.is_not(None)).order_by(told.id)).all()


def _came(session: Session, rows: Sequence[Any], horizon: int, services: Services) -> Numbers:
    """1 where the service was done for the car after the day of the list and within the horizon."""
    first, last = min(row.listed_on for row in rows), max(row.listed_on for row in rows) + timedelta(days=horizon)
    done: dict[tuple[int, str], list[date]] = defaultdict(list)
    lines = (
        select(Visit.vehicle_id, Visit.local_day, Line.code)
        .join(Line, Line.visit_id == Visit.id)
        .where(among(Visit.vehicle_id, sorted({row.vehicle_id for row in rows})))
        .where(Visit.status == "closed", Visit.local_day > first, Visit.local_day <= last)
        .where(Line.kind == "labour", Line.withdrawn_at.is_(None))
        .order_by(Visit.local_day)
    )
    for car, day, code in session.execute(lines):
        if car is not None:
            done[car, services.by_code.get(code.lower(), code.lower())].append(day)
    return np.array(
        [_within(done.get((row.vehicle_id, row.service), ()), row.listed_on, horizon) for row in rows], float
    )


def _within(days: Sequence[date], after: date, horizon: int) -> bool:
    return bisect_right(days, after) < bisect_right(days, after + timedelta(days=horizon))


def _precision(came: Numbers) -> dict[str, Any]:
    """With Wilson's interval, which holds for few as well."""
    rows = len(came)
    if not rows:
        return {"rows": 0}
    share, wide = float(came.mean()), SURE**2 / rows
    middle = (share + wide / 2) / (1 + wide)
    half = SURE * np.sqrt(share * (1 - share) / rows + wide / (4 * rows)) / (1 + wide)
    return {
        "rows": rows,
        "precision": round(share, 4),
        "interval": [round(float(middle - half), 4), round(float(middle + half), 4)],
    }


def _auc(chance: Numbers, came: Numbers) -> dict[str, Any]:
    """With DeLong's interval (Biometrics 44, 1988); nothing where all came, or nobody."""
    hits, misses = np.sort(chance[came == 1]), np.sort(chance[came == 0])
    if min(len(hits), len(misses)) < 2:
        return {}
    above = (np.searchsorted(misses, hits) + np.searchsorted(misses, hits, side="right")) / (2 * len(misses))
    below = 1 - (np.searchsorted(hits, misses) + np.searchsorted(hits, misses, side="right")) / (2 * len(hits))
    auc, half = float(above.mean()), SURE * np.sqrt(above.var(ddof=1) / len(hits) + below.var(ddof=1) / len(misses))
    return {
        "auc": round(auc, 4),
        "auc_interval": [round(float(max(0.0, auc - half)), 4), round(float(min(1.0, auc + half)), 4)],
    }


def _mean(name: str, values: Numbers) -> dict[str, Any]:
    mean, half = float(values.mean()), SURE * float(values.std(ddof=1)) / np.sqrt(len(values))
    return {name: round(mean, 4), f"{name}_interval": [round(float(mean - half), 4), round(float(mean + half), 4)]}

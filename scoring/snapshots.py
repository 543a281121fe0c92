"""As-of snapshots from a FactReader: features of a day, and what came of it, which is the difference of two days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.sdk import FactReader

Numbers = NDArray[Any]

COUNT = "visits.count"


@dataclass(frozen=True)
class Snapshot:
    """ids: customers. values: (rows, facts), NaN where missing. silent: 1 where no visit followed within the horizon; empty
    where that is not over."""

    as_of: date
    ids: Numbers
    values: Numbers
    silent: Numbers


def snapshot(facts: FactReader, names: Sequence[str], as_of: date, horizon: int) -> Snapshot:
    """Raises ValueError where the window ends after what is known."""
    asked = tuple(dict.fromkeys((*names, COUNT)))
    now = facts.frame(asked, as_of)
    later = facts.frame([COUNT], as_of + timedelta(days=horizon))
    place = np.searchsorted(later["customer_id"], now["customer_id"])
    silent = later[COUNT][place] == now[COUNT]
    return Snapshot(as_of, now["customer_id"], columns(now, names), silent.astype(int))


def unlabelled(facts: FactReader, names: Sequence[str], as_of: date) -> Snapshot:
    now = facts.frame(names, as_of)
    return Snapshot(as_of, now["customer_id"], columns(now, names), np.zeros(0, int))


def columns(frame: Any, names: Sequence[str]) -> Numbers:
    return np.column_stack([frame[name] for name in names]).astype(float)

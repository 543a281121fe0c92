"""Histories of visits: read, checked, cut at a day before anything sees them, and told as features of that day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hub.errors import WrongInput
from scoring.labelled import text_table
from scoring.repeat import Seen

NEEDED = ("customer_id", "date", "items", "spend")
FEWEST_CUSTOMERS = 50
WEEK = 7.0


@dataclass(frozen=True)
class History:
    """visits: customer_id, day (days since 1970), items, spend; one row per customer and day, sorted. until: the last day
    that may be known; no later row is in here."""

    visits: pd.DataFrame
    until: int

    def cut(self, day: int) -> "History":
        """What was known on that day. The only way to look back, and there is none to look ahead."""
        if day > self.until:
            raise ValueError("a history cannot be cut after its own end")
        return History(self.visits[self.visits.day <= day], day)

    @property
    def began(self) -> int:
        return int(self.visits.day.min())

    def customers(self) -> pd.Index:
        return pd.Index(self.visits.customer_id.unique())

    def silent(self, customers: pd.Index, after: int, horizon: int) -> NDArray[Any]:
        """1 where there was no visit in (after, after + horizon]. Raises ValueError where that is not over yet."""
        if after + horizon > self.until:
            raise ValueError("the label's window ends after what is known")
        days = self.visits.day
        back = self.visits.customer_id[(days > after) & (days <= after + horizon)]
        return np.asarray(~customers.isin(back), int)


def read(path: Path, today: date) -> tuple[History, list[str]]:
    """All the file has, and what is worth a word. Raises WrongInput with the line."""
    rows = text_table(path)
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise WrongInput(f"{path}:1: there is no column {', '.join(missing)}.", f"Needed: {', '.join(NEEDED)}.")
    if "currency" in rows.columns and rows.currency.nunique() > 1:
        raise WrongInput(
            f"{path}: currencies are mixed ({', '.join(sorted(rows.currency.unique())[:5])}).", "Use one, or convert."
        )
    blank = rows.index[rows.customer_id == ""]
    if len(blank):
        raise WrongInput(f"{path}:{blank[0] + 2}: customer_id is blank.", f"{len(blank)} such rows.")
    visits = pd.DataFrame(
        {
            "customer_id": rows.customer_id,
            "day": _days(path, rows.date, today),
            "items": _amounts(path, rows["items"]),
            "spend": _amounts(path, rows.spend),
        }
    ).sort_values(["customer_id", "day", "items", "spend"], kind="stable")
    merged = visits.groupby(["customer_id", "day"], as_index=False, sort=True)[["items", "spend"]].sum()
    twice = int(visits.duplicated().sum())
    notes = [f"{len(visits) - len(merged)} rows of a customer and day were merged"] if len(merged) < len(visits) else []
    notes += [f"{twice} rows stand twice in the file, in every column"] if twice else []
    return History(merged, int(merged.day.max())), notes


def _days(path: Path, column: pd.Series, today: date) -> pd.Series:
    days = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
    wrong = column.index[days.isna()]
    if len(wrong):
        raise WrongInput(
            f"{path}:{wrong[0] + 2}: date is “{column[wrong[0]][:40]}”, no day like 2026-11-25.",
            f"{len(wrong)} such rows.",
        )
    later = column.index[days > pd.Timestamp(today)]
    if len(later):
        raise WrongInput(
            f"{path}:{later[0] + 2}: {column[later[0]]} is in the future.", f"{len(later)} such rows; today is {today}."
        )
    return (days - pd.Timestamp("1970-01-01")).dt.days


def _amounts(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").replace([np.inf, -np.inf], np.nan)
    wrong = column.index[~(numbers >= 0)]
    if len(wrong):
        raise WrongInput(
            f"{path}:{wrong[0] + 2}: {column.name} is “{column[wrong[0]][:40]}”, no number from 0.",
            f"{len(wrong)} such rows; take returns out, and give all amounts in one currency without its sign.",
        )
    return numbers.astype(float)


def seen(history: History) -> Seen:
    """In weeks, a customer per row, in the order of their ids."""
    days = history.visits.groupby("customer_id").day.agg(["min", "max", "count"])
    return Seen(
        (days["count"] - 1).to_numpy(float),
        ((days["max"] - days["min"]) / WEEK).to_numpy(float),
        ((history.until - days["min"]) / WEEK).to_numpy(float),
    )


def features(history: History) -> pd.DataFrame:
    """A row per customer known at `history.until`, all from the visits up to that day."""
    visits, now = history.visits, history.until
    by = visits.groupby("customer_id")
    days, sums = by.day.agg(["min", "max", "count"]), by[["items", "spend"]].sum()
    count, silent, watched = days["count"], now - days["max"], now - days["min"]
    told = {
        "days since the last visit": np.log1p(silent),
        "visits": np.log(count),
        "days since the first visit": np.log1p(watched),
        "visits a day": np.log(count / (watched + 60)),
        "silence as a share of the time watched": silent / (watched + 1),
        "silence in gaps of their own": np.log1p(silent * count / (watched + 30)),
        "spend": np.log1p(sums.spend),
        "spend a visit": np.log1p(sums.spend / count),
        "items a visit": np.log1p(sums["items"] / count),
    }
    for span in (30, 90):
        lately = visits[visits.day > now - span].groupby("customer_id").size()
        told[f"visits in {span} days"] = np.log1p(lately.reindex(days.index).fillna(0))
    return pd.DataFrame(told)

"""Inspection statistics in CSV: one row per make, model and year of first registration."""

from pathlib import Path

import pandas as pd

from hub.errors import WrongInput
from scoring.reasons import NAMED

KEY = ("first_registered", "make", "model")
NUMBERS = {"first_registered": (1900, 2100), "inspections": (1, 1e9), "mean_km": (1, 2e6), "median_km": (1, 2e6)}
RATE = {"failed_percent": (0, 100)}
FEWEST_ROWS, FEWEST_MODELS = 50, 10


def read(path: Path, *, answers: bool) -> pd.DataFrame:
    """answers: the file must also have failed_percent and the reasons. Raises WrongInput with the line of each mistake."""
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise WrongInput(f"{path} does not exist.", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise WrongInput(f"{path} is no CSV file that can be read: {str(error).splitlines()[0][:200]}") from None
    ranges = {**NUMBERS, **(RATE if answers else {})}
    wanted = [*KEY, *ranges, *(NAMED if answers else ())]
    missing = [name for name in dict.fromkeys(wanted) if name not in rows.columns]
    if missing:
        raise WrongInput(
            f"{path}:1: there is no column {', '.join(missing)}.", f"Needed: {', '.join(dict.fromkeys(wanted))}."
        )
    rows = rows[list(dict.fromkeys(wanted))].apply(lambda column: column.str.strip())
    _check_words(path, rows)
    for name, (low, high) in ranges.items():
        rows[name] = _numbers(path, rows[name], low, high)
    rows["first_registered"] = rows.first_registered.astype(int)
    _check_keys(path, rows)
    if answers:
        _check_enough(path, rows)
    return rows


def _check_words(path: Path, rows: pd.DataFrame) -> None:
    empty = rows.index[(rows.make == "") | (rows.model == "")]
    if len(empty):
        raise WrongInput(f"{path}:{empty[0] + 2}: make and model must not be blank.", f"{len(empty)} such rows.")


def _numbers(path: Path, column: pd.Series, low: float, high: float) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column.index[~numbers.between(low, high)]
    if len(wrong):
        said = column[wrong[0]][:40]
        raise WrongInput(
            f"{path}:{wrong[0] + 2}: {column.name} is “{said}”, no number from {low:g} to {high:g}.",
            f"{len(wrong)} such rows.",
        )
    return numbers.astype(float)


def _check_keys(path: Path, rows: pd.DataFrame) -> None:
    again = rows.index[rows.duplicated(list(KEY))]
    if len(again):
        raise WrongInput(
            f"{path}:{again[0] + 2}: this make, model and year stands twice.", f"Merge them; {len(again)} such rows."
        )


def _check_enough(path: Path, rows: pd.DataFrame) -> None:
    models = (rows.make + "|" + rows.model).nunique()
    if len(rows) < FEWEST_ROWS or models < FEWEST_MODELS:
        raise WrongInput(
            f"{path} has {len(rows)} rows of {models} models.", f"At least {FEWEST_ROWS} of {FEWEST_MODELS} are needed."
        )
    if rows.failed_percent.nunique() < 2:
        raise WrongInput(f"{path}: failed_percent is the same in every row.", "There is nothing to learn.")
    if rows.top_reason[rows.top_reason != ""].nunique() < 2:
        raise WrongInput(f"{path}: top_reason names fewer than two reasons.", "There is nothing to rank.")

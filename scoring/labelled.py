"""Tables with a label: read, checked, sorted; and what in them looks like a leak."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hub.errors import WrongInput
from scoring.columns import typed
from scoring.measure import figures

FEWEST_ROWS = 100
GIVEAWAY = 0.97  # AUC of one column alone from which it is nearly the label
PIECES = 32
YES = {"1", "1.0", "yes", "y", "true", "t", "churned", "left", "gone"}


@dataclass(frozen=True)
class Labelled:
    """Rows in the order of `ids`, features typed; left: 1 where the label is the positive one."""

    ids: NDArray[Any]
    rows: pd.DataFrame
    left: NDArray[Any]
    positive: str


def read(path: Path, label: str, positive: str | None, id_column: str | None, folds: int) -> Labelled:
    """positive: None where the label says it by a usual word. Raises WrongInput with what is missing, and where."""
    table = text_table(path)
    for column in filter(None, (label, id_column)):
        if column not in table.columns:
            raise WrongInput(f"{path}:1: there is no column “{column}”.", f"Columns: {', '.join(table.columns)}.")
    if label == id_column:
        raise WrongInput(f"“{label}” cannot be both the label and the id.")
    positive = positive if positive is not None else _positive(path, table[label])
    _check_label(path, table[label], positive, folds)
    if id_column is None:
        table = table.sort_values(list(table.columns), kind="stable")
        ids = np.arange(1, len(table) + 1).astype(str)
    else:
        _check_ids(path, table[id_column])
        table = table.sort_values(id_column, kind="stable")
        ids = table[id_column].to_numpy(object)
    table = table.reset_index(drop=True)
    rows = typed(table.drop(columns=[label, *filter(None, (id_column,))]))
    rows = rows[[name for name in sorted(rows.columns) if rows[name].nunique(dropna=False) > 1]]
    if not rows.shape[1]:
        raise WrongInput(f"{path}: no column varies besides the label and the id.", "There is nothing to learn from.")
    return Labelled(ids, rows, (table[label] == positive).to_numpy(int), positive)


def text_table(path: Path) -> pd.DataFrame:
    """All cells as text without blanks around, so that 0012 stays 0012. Raises WrongInput."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise WrongInput(f"{path} does not exist.", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise WrongInput(f"{path} is no CSV file that can be read: {str(error).splitlines()[0][:200]}") from None
    table.columns = table.columns.str.strip()
    if isinstance(table.index, pd.MultiIndex) or not isinstance(table.index, pd.RangeIndex):
        raise WrongInput(f"{path}: rows have more cells than the header names.", "Check the separators.")
    if not len(table):
        raise WrongInput(f"{path} has no rows.", "Give a header and a row per customer or visit.")
    return table.apply(lambda column: column.str.strip())


def _positive(path: Path, label: pd.Series) -> str:
    """The one of a label's two values that is a usual word for yes."""
    values = sorted(set(label) - {""})
    usual = [value for value in values if value.casefold() in YES]
    if len(values) != 2 or len(usual) != 1:
        said = ", ".join(values[:10])
        raise WrongInput(f"{path}: which “{label.name}” means leaving? It is: {said}.", "Name it by --positive.")
    return str(usual[0])


def _check_label(path: Path, label: pd.Series, positive: str, folds: int) -> None:
    values = label.value_counts().sort_index()
    said = ", ".join(f"{value or 'blank'} ({count})" for value, count in values.head(10).items())
    blank = label.index[label == ""]
    if len(blank):
        raise WrongInput(f"{path}:{blank[0] + 2}: the label “{label.name}” is blank.", f"{len(blank)} such rows.")
    if positive not in values.index:
        raise WrongInput(f"{path}: “{label.name}” is never “{positive}”.", f"It is: {said}.")
    if len(values) == 1:
        raise WrongInput(f"{path}: “{label.name}” is “{positive}” in every row.", "Both outcomes are needed.")
    if len(label) < FEWEST_ROWS:
        raise WrongInput(f"{path}: {len(label)} rows are too few.", f"At least {FEWEST_ROWS} are needed.")
    rarer = min(int(values[positive]), len(label) - int(values[positive]))
    if rarer < 4 * folds:
        raise WrongInput(f"{path}: one outcome has {rarer} rows only ({said}).", f"Each needs at least {4 * folds}.")


def _check_ids(path: Path, ids: pd.Series) -> None:
    blank = ids.index[ids == ""]
    if len(blank):
        raise WrongInput(f"{path}:{blank[0] + 2}: “{ids.name}” is blank.", f"{len(blank)} such rows.")
    again = ids.index[ids.duplicated()]
    if len(again):
        raise WrongInput(
            f"{path}:{again[0] + 2}: “{ids.name}” {ids[again[0]][:40]} stands there twice.",
            f"{len(again)} such rows; one row per customer is needed.",
        )


def suspicions(table: Labelled, folds: NDArray[Any]) -> list[str]:
    """What a bare table cannot prove but should be looked at, in words."""
    found = []
    for name in table.rows.columns:
        auc = _alone(table.rows[name], table.left)
        if auc >= GIVEAWAY:
            found.append(f"“{name}” alone tells the label (AUC {auc:.3f}): was it known before?")
    keys = pd.util.hash_pandas_object(table.rows, index=False).to_numpy()
    spread = pd.DataFrame({"key": keys, "fold": folds}).groupby("key").fold.agg(["size", "nunique"])
    twice = int(spread.loc[spread["nunique"] > 1, "size"].sum())
    if twice:
        found.append(f"{twice} rows are equal to one in another fold, ids aside.")
    return found


def _alone(column: pd.Series, left: NDArray[Any]) -> float:
    """AUC of the label's mean per level or piece, as the other half of the rows has it."""
    if column.dtype == float:
        codes = pd.qcut(column.rank(method="dense"), PIECES, labels=False, duplicates="drop").fillna(-1)
    else:
        codes = pd.Series(pd.factorize(column)[0])
    halves = np.arange(len(left)) % 2
    chance = np.zeros(len(left))
    for half in (0, 1):
        seen = pd.Series(left[halves != half]).groupby(codes.to_numpy()[halves != half]).mean()
        chance[halves == half] = codes[halves == half].map(seen).fillna(left.mean()).to_numpy()
    return figures(chance, left)["auc"]

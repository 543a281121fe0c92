"""hub evaluate churn: who leaves, from a table with a label or from a history of visits."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from hub.errors import WrongInput
from scoring import histories, labelled
from scoring.churn_history import of_history
from scoring.leaving import Leaving
from scoring.measure import measured
from scoring.spans import DAY, HORIZON

Told = dict[str, Any]


@click.command("churn")
@click.option("--table", type=click.Path(path_type=Path), help="CSV with one row per customer and a label.")
@click.option("--label", help="The label's column.")
@click.option("--positive", help="The label of those who left; default: yes, true or 1.")
@click.option("--id", "id_column", help="The customer's column; without it rows count.")
@click.option("--history", type=click.Path(path_type=Path), help="CSV of visits: customer_id, date, items, spend.")
@click.option("--as-of", type=DAY, help="Nothing later is known: 2026-11-25.")
@click.option("--horizon", type=HORIZON, help="How long without a visit is leaving: 92d, 39w.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 20))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31))
@click.option("--predictions", type=click.Path(path_type=Path), help="Write the probabilities here as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    table: Path | None,
    label: str | None,
    positive: str | None,
    id_column: str | None,
    history: Path | None,
    as_of: int | None,
    horizon: int | None,
    folds: int,
    seed: int,
    predictions: Path | None,
    as_json: bool,
) -> None:
    """How well can it be told who leaves?

    A table: each row's probability comes from the folds it is not in (columns id, fold, probability). A history: the
    probability of no visit in (as-of, as-of + horizon], from what was known then (columns customer_id, probability, low,
    high, support, expected_purchases)."""
    if (table is None) == (history is None):
        raise click.UsageError("Name a --table or a --history.")
    if table is not None:
        if label is None:
            raise click.UsageError("--table needs --label.")
        told, out = of_table(labelled.read(table, label, positive, id_column, folds), folds, seed, quiet=as_json)
    else:
        if history is None or as_of is None or horizon is None:
            raise click.UsageError("--history needs --as-of and --horizon.")
        whole, notes = histories.read(history, datetime.now(UTC).date())
        told, out = of_history(whole, as_of, horizon, seed, quiet=as_json)
        told["notes"] = [*notes, *told["notes"]]
    write(predictions, out)
    tell(told, as_json)


def of_table(table: labelled.Labelled, folds: int, seed: int, *, quiet: bool = True) -> tuple[Told, pd.DataFrame]:
    """The figures, and a row per customer. Nothing of a row's fold was used to tell its probability."""
    fold, chance = np.zeros(len(table.left), int), np.zeros(len(table.left))
    choices = []
    splits = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(table.rows, table.left))
    with threadpool_limits(1):
        for number, (train, test) in enumerate(
            track(splits, "folds", console=Console(stderr=True), disable=quiet, transient=True)
        ):
            model = Leaving(seed).fit(table.rows.iloc[train], table.left[train])
            chance[test], fold[test] = model.predict_proba(table.rows.iloc[test])[:, 1], number
            choices.append(model.choice_)
    found = measured(chance, table.left, seed)
    signal = bool(found["auc_interval"][0] > 0.5) and choices.count(None) <= folds / 2
    told: Told = {
        "backtest": f"{folds} folds, stratified, out of fold",
        "rows": len(table.left),
        "positive": int(table.left.sum()),
        "features": list(table.rows.columns),
        **found,
        "signal": signal,
        "verdict": "the columns tell who leaves" if signal else "no signal: the base rate is all there is",
        "suspicions": labelled.suspicions(table, fold),
        "models": [None if one is None else {"penalty": one[0], "boosting_share": one[1]} for one in choices],
    }
    out = pd.DataFrame({"id": table.ids, "fold": fold, "probability": chance.round(6)})
    return told, out


def write(path: Path | None, out: pd.DataFrame) -> None:
    if path is None:
        return
    try:
        out.to_csv(path, index=False)
    except OSError as error:
        raise WrongInput(f"{path} cannot be written: {error.strerror}.", "Name a folder that exists.") from None


def tell(told: Told, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    for name, value in told.items():
        if isinstance(value, dict) and "auc_interval" in value:
            click.echo(f"{name}:")
            tell(value, as_json=False)
        if name.endswith("_interval") or isinstance(value, dict):
            continue
        for one in value if isinstance(value, list) and name in {"suspicions", "notes"} else [value]:
            band = told.get(f"{name}_interval")
            click.echo(f"{name:22} {one}{f'   [{band[0]}, {band[1]}]' if band else ''}")

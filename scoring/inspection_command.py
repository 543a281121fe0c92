"""hub evaluate inspection: failure rates and reasons of models never seen."""

import json
from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from scoring import inspection_files
from scoring.failure_rate import FailureRate
from scoring.likeness import Numbers
from scoring.reasons import NAMED, Reasons

FOLDS = 5
RESAMPLES = 500


@click.command("inspection")
@click.option(
    "--train", required=True, type=click.Path(path_type=Path), help="CSV with failed_percent and the reasons."
)
@click.option("--predict", "asked", type=click.Path(path_type=Path), help="CSV of the same shape without them.")
@click.option("--predictions", type=click.Path(path_type=Path), help="Write the answers for --predict here.")
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(train: Path, asked: Path | None, predictions: Path | None, seed: int, as_json: bool) -> None:
    """Failure rate and ranked reasons for models that were never seen, and how good that was on models left out.

    Each fold of the backtest leaves out whole models. Answers: first_registered, make, model, failed_percent, reasons."""
    if (asked is None) != (predictions is None):
        raise click.UsageError("--predict and --predictions go together.")
    known = in_order(inspection_files.read(train, answers=True))
    wanted = inspection_files.read(asked, answers=False) if asked else None
    with threadpool_limits(1):
        measured = backtest(known, seed, quiet=as_json)
        if wanted is not None and predictions is not None:
            answers(known, wanted, seed).to_csv(predictions, index=False)
    tell(measured, as_json)


def answers(known: pd.DataFrame, wanted: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per row asked, in the order of the file."""
    rate, ranked = FailureRate(seed).fit(known).predict(wanted), Reasons().fit(known).rank(wanted)
    told = {"failed_percent": rate.round(4), "reasons": [";".join(row) for row in ranked]}
    return wanted[list(inspection_files.KEY)].assign(**told)


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sorted by key, so that a shuffled file gives the same bytes."""
    return rows.sort_values(list(inspection_files.KEY)).reset_index(drop=True)


def backtest(rows: pd.DataFrame, seed: int, *, quiet: bool = False) -> dict[str, object]:
    models = (rows.make + "|" + rows.model).to_numpy(object)
    names = np.unique(models.astype(str))
    fold_of = dict(zip(np.random.default_rng(seed).permutation(names), np.arange(len(names)) % FOLDS, strict=True))
    folds = np.array([fold_of[model] for model in models])
    rate, ranked = np.zeros(len(rows)), dict[int, list[str]]()
    for fold in track(range(FOLDS), "backtest", console=Console(stderr=True), disable=quiet, transient=True):
        left_out = folds == fold
        others, unseen = rows[~left_out].reset_index(drop=True), rows[left_out].reset_index(drop=True)
        rate[left_out] = FailureRate(seed).fit(others).predict(unseen)
        ranked.update(zip(np.flatnonzero(left_out), Reasons().fit(others).rank(unseen), strict=True))
    return {
        "backtest": f"{FOLDS} folds, whole models left out",
        "rows": len(rows),
        "models": len(names),
        "failure_rate": _rates(rows, rate, models, seed),
        "reasons": _hits(rows, [ranked[row] for row in range(len(rows))], models, seed),
    }


def _rates(rows: pd.DataFrame, rate: Numbers, models: Numbers, seed: int) -> dict[str, object]:
    truth, weight = rows.failed_percent.to_numpy(), rows.inspections.to_numpy()
    mean = np.average(truth, weights=weight)
    missed = weight @ (truth - rate) ** 2 / (weight @ (truth - mean) ** 2)
    error = np.abs(truth - rate)
    return {
        "error_points": round(float(np.average(error, weights=weight)), 4),
        "error_points_interval": _interval(error, weight, models, seed),
        "error_points_of_the_mean": round(float(np.average(np.abs(truth - mean), weights=weight)), 4),
        "r2": round(float(1 - missed), 4),
    }


def _hits(rows: pd.DataFrame, ranked: list[list[str]], models: Numbers, seed: int) -> dict[str, object]:
    """hit_1: the first guess is the top reason. recall_3: share of the published reasons among the first three guesses."""
    told = rows.top_reason.to_numpy(object) != ""
    given = [[name for name in row if name] for row in rows.loc[told, list(NAMED)].to_numpy(object)]
    guessed = [ranked[row] for row in np.flatnonzero(told)]
    found = {
        "hit_1": np.array([guess[0] == true[0] for guess, true in zip(guessed, given, strict=True)], float),
        "hit_1_any": np.array([guess[0] in true for guess, true in zip(guessed, given, strict=True)], float),
        "recall_3": np.array(
            [len({*guess[:3]} & {*true}) / len(true) for guess, true in zip(guessed, given, strict=True)]
        ),
    }
    even = np.ones(len(given))
    figures: dict[str, object] = {"rows": len(given)}
    for name, values in found.items():
        figures[name] = round(float(values.mean()), 4)
        figures[f"{name}_interval"] = _interval(values, even, models[told], seed)
    return figures


def _interval(values: Numbers, weight: Numbers, models: Numbers, seed: int) -> list[float]:
    """95 %, by drawing whole models again and again: rows of one model stand and fall together."""
    sums = pd.DataFrame({"model": models, "value": values * weight, "weight": weight}).groupby("model").sum()
    drawn = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums.value.to_numpy()[drawn].sum(1) / sums.weight.to_numpy()[drawn].sum(1)
    return [round(float(bound), 4) for bound in np.quantile(means, (0.025, 0.975))]


def tell(measured: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(measured, ensure_ascii=False))
        return
    for part, figures in measured.items():
        if isinstance(figures, dict):
            for name, value in figures.items():
                if not name.endswith("_interval"):
                    between = figures.get(f"{name}_interval")
                    band = f"   [{between[0]:.4f}, {between[1]:.4f}]" if between else ""
                    click.echo(f"{part + ' ' + name:38} {value}{band}")
        else:
            click.echo(f"{part:38} {figures}")

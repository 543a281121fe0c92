"""The model of a table with a label: learned from a file, stored as plain parts, and asked about other files."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from hub.sdk import Tell, Trained, WrongInput
from scoring import labelled, stored
from scoring.churn_command import of_table
from scoring.columns import Columns, Curve, typed
from scoring.leaving import Leaving, Pair
from scoring.pictures import picture

FORM = "table 1"
FOLDS = 5
METRICS = {"auc", "ap", "brier", "ece", "lift"}


def train(path: Path, label: str, positive: str | None, id_column: str | None, seed: int, tell: Tell) -> Trained:
    """Judged out of fold, then learned from all rows. Raises WrongInput as `hub evaluate churn --table` does."""
    table = labelled.read(path, label, positive, id_column, FOLDS)
    told, out = of_table(table, FOLDS, seed)
    tell(FOLDS, FOLDS + 1)
    with threadpool_limits(1):
        model = Leaving(seed).fit(table.rows, table.left)
    keys = pd.util.hash_pandas_object(table.rows, index=False).to_numpy()
    card = {
        "scorer": "churn",
        "meaning": f"the probability that “{label}” is “{table.positive}”, 0 to 1",
        "learned_from": {"label": label, "positive": table.positive, "id": id_column},
        "seed": seed,
        "rows": told["rows"],
        "base_rate": round(told["positive"] / told["rows"], 4),
        "backtest": told["backtest"],
        "metrics": {name: told[name] for name in told if name in METRICS or name.removesuffix("_interval") in METRICS},
        "features": told["features"],
        "suspicions": told["suspicions"],
        "worth": told["signal"],
        "verdict": told["verdict"],
        "data_hash": hashlib.sha256(keys.tobytes() + table.left.astype("u1").tobytes()).hexdigest(),
        "versions": stored.versions(),
    }
    tell(FOLDS + 1, FOLDS + 1)
    drawn = picture(f"Who has “{label}” {table.positive}", out.probability.to_numpy(), table.left)
    return Trained(stored.dump(_parts(model, label, id_column), FORM), card, drawn)


def score(model: bytes, path: Path) -> Iterator[tuple[str, float]]:
    """(id, probability) of each row of another file, in its order. Raises WrongInput where columns it learned from are missing."""
    known = stored.load(model, FORM)
    table = labelled.text_table(path)
    missing = [name for name in (*known["features"], *filter(None, [known["id"]])) if name not in table.columns]
    if missing:
        said = ", ".join(f"“{name}”" for name in missing[:5])
        raise WrongInput(
            f"{path}:1: there is no column {said}.", "The model has learned from it; give it, or train anew."
        )
    rows = typed(table[list(known["features"])])
    for name, kind in zip(known["features"], known["kinds"], strict=True):
        if kind == "number" and rows[name].dtype != float:
            rows[name] = pd.to_numeric(rows[name], errors="coerce")
        elif kind == "text":
            rows[name] = table[name]
    with threadpool_limits(1):
        chance = _restored(known).predict_proba(rows)[:, 1]
    ids = table[known["id"]] if known["id"] else pd.Series(range(1, len(table) + 1)).astype(str)
    yield from zip(ids, chance.tolist(), strict=True)


def _parts(model: Leaving, label: str, id_column: str | None) -> dict[str, Any]:
    parts: dict[str, Any] = {"seed": model.seed, "base": model.base_, "choice": None, "id": id_column, "label": label,
                             "features": [], "kinds": []}  # fmt: skip
    if model.choice_ is None:
        return parts
    columns = model.pair_.columns
    names = [*columns.curves_, *columns.levels_]
    return parts | {
        "choice": list(model.choice_),
        "features": names,
        "kinds": ["number" if name in columns.curves_ else "text" for name in names],
        "curves": {name: [one.knots, one.middle] for name, one in columns.curves_.items()},
        "levels": {name: list(levels) for name, levels in columns.levels_.items()},
        "scales": [columns.mean_, columns.scale_, columns.alive_],
        "regression": model.pair_.regressions[model.choice_[0]],
        "boosting": model.pair_.boosting,
    }


def _restored(known: Mapping[str, Any]) -> Leaving:
    model = Leaving(known["seed"])
    model.classes_, model.base_ = np.array([0, 1]), known["base"]
    model.choice_ = tuple(known["choice"]) if known["choice"] else None
    if model.choice_ is not None:
        columns = Columns()
        columns.curves_ = {name: Curve.through(*parts) for name, parts in known["curves"].items()}
        columns.levels_ = {
            name: {level: place for place, level in enumerate(levels)} for name, levels in known["levels"].items()
        }
        columns.mean_, columns.scale_, columns.alive_ = known["scales"]
        model.pair_ = Pair(known["seed"])
        model.pair_.columns = columns
        model.pair_.regressions = {model.choice_[0]: known["regression"]}
        model.pair_.boosting = known["boosting"]
    return model

"""A history of visits judged as of a day: the answers, what the backtest says of them, and what came of it."""

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from threadpoolctl import threadpool_limits

from hub.errors import WrongInput
from scoring import histories
from scoring.absence import Absence
from scoring.backtest import backtest
from scoring.measure import compared, measured

Told = dict[str, Any]


def of_history(
    whole: histories.History, as_of: int, horizon: int, seed: int, *, quiet: bool = True
) -> tuple[Told, pd.DataFrame]:
    """Rows after `as_of` are cut off first; they only judge the answers, once these stand."""
    known = _known(whole, as_of)
    with threadpool_limits(1), Console(stderr=True, quiet=quiet).status("backtest") as status:
        tried = backtest(known, horizon, seed)
        status.update("learning")
        model = Absence(horizon, seed).fit(known)
        found = model.candidates(known)
        champion = tried.champion if tried.champion in found.chance else "regression"
        chance = found.chance[champion]
        low, high = model.band(known, chance)
        support = known.visits.groupby("customer_id").size().to_numpy()
        out = pd.DataFrame(
            {
                "customer_id": found.customers,
                "probability": chance.round(6),
                "low": low.round(6),
                "high": high.round(6),
                "support": support,
                "expected_purchases": model.expected(known, chance).round(4),
            }
        )
    told: Told = {
        "customers": len(out),
        "horizon_days": horizon,
        "learned_on_days": model.horizon_,
        "stretch": round(model.stretch_, 3),
        "champion": champion,
        "recency_is_enough": champion == "recency",
        "backtest": {
            "origins": len(tried.origins),
            "horizon_days": tried.horizon,
            "rows": len(tried.truth),
            **measured(tried.chance[champion], tried.truth, seed),
        },
        "against": {
            name: compared(tried.chance[champion], other, tried.truth, seed)
            for name, other in tried.chance.items()
            if name in {"recency", "BG/NBD", "Pareto/NBD"} and name != champion
        },
        "notes": [*dict.fromkeys(model.notes_)],
    }
    if model.horizon_ < horizon:
        told["notes"].append(
            f"the history is short: learned on {model.horizon_} days and stretched to {horizon} (hazard to the {model.stretch_:.2f})"
        )
    if whole.until >= as_of + horizon:
        truth = whole.silent(found.customers, as_of, horizon)
        told["outcome"] = {"rows": len(truth), "silent": int(truth.sum()), **_judged(chance, truth, seed)}
    return told, out


def _known(whole: histories.History, as_of: int) -> histories.History:
    if as_of < whole.began:
        raise WrongInput("Nobody was known on that day.", "Take a later --as-of.")
    known = whole.cut(as_of) if as_of <= whole.until else histories.History(whole.visits, as_of)
    count = len(known.customers())
    if count < histories.FEWEST_CUSTOMERS:
        raise WrongInput(
            f"{count} customers were known on that day: too few.", f"At least {histories.FEWEST_CUSTOMERS} are needed."
        )
    return known


def _judged(chance: np.ndarray, truth: np.ndarray, seed: int) -> Told:
    return measured(chance, truth, seed) if 0 < truth.sum() < len(truth) else {}

"""hub evaluate upsell: the next basket of customers whose histories are known."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

from scoring import basket_files
from scoring.likeness import Numbers
from scoring.upsell import Learned, NextBasket, first, probability, ranker

RESAMPLES = 500
BINS = 10


@click.command("upsell")
@click.option("--train", required=True, type=click.Path(path_type=Path), help="JSON: histories with the next basket.")
@click.option("--predict", "asked", type=click.Path(path_type=Path), help="JSON: histories whose next basket is asked.")
@click.option(
    "--predictions", type=click.Path(path_type=Path), help="Write {customer: [[item, probability], ...]} here."
)
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(train: Path, asked: Path | None, predictions: Path | None, top: int, seed: int, as_json: bool) -> None:
    """What each customer buys next, with a probability, and how good that was for customers left out.

    The floors beside it: what is popular now, and what the customer bought most often."""
    if (asked is None) != (predictions is None):
        raise click.UsageError("--predict and --predictions go together.")
    known = basket_files.read(train, answers=True)
    wanted = basket_files.read(asked, answers=False) if asked else []
    with threadpool_limits(1), Console(stderr=True, quiet=as_json).status("learning") as status:
        model = NextBasket(seed).fit(known)
        status.update("backtest")
        measured = backtest(model.learned_, known, top, seed)
        if predictions is not None:
            status.update("predicting")
            write(predictions, wanted, model.predict(wanted, top))
    tell(measured, as_json)


def write(path: Path, wanted: list[basket_files.Shopper], found: list[list[tuple[basket_files.Item, float]]]) -> None:
    answers = {
        shopper.name: [[item, round(chance, 6)] for item, chance in row]
        for shopper, row in zip(wanted, found, strict=True)
    }
    path.write_text(json.dumps(answers, ensure_ascii=False) + "\n", encoding="utf-8")


def backtest(learned: Learned, known: list[basket_files.Shopper], top: int, seed: int) -> dict[str, Any]:
    """One fold left out: its customers taught the ranker nothing, and are seen through others only."""
    out = learned.fold == 0
    seen, bought = learned.candidates.seen, learned.bought
    chance = probability(ranker(seen[~out], bought[~out], seed), seen[out])
    customer, item = learned.candidates.customer[out], learned.candidates.item[out]
    asked = np.unique(customer)
    wanted = np.array([len(known[row].next or ()) for row in asked])
    ranked = {"model": chance, "popular now": seen[out][:, 7], "most often bought": seen[out][:, 0] + seen[out][:, 7]}
    figures = {
        name: _figures(customer, item, values, bought[out], asked, wanted, top, seed) for name, values in ranked.items()
    }
    floor = max((name for name in figures if name != "model"), key=lambda name: figures[name]["recall"])
    return {
        "backtest": "one fifth of the customers left out",
        "customers": len(asked),
        "top": top,
        **figures["model"],
        "item_calibration_error": round(_calibration_error(chance, bought[out]), 5),
        "floor": {"name": floor, **figures[floor]},
        "beats_floor": figures["model"]["recall_interval"][0] > figures[floor]["recall"],
    }


def _figures(
    customer: Numbers,
    item: Numbers,
    scores: Numbers,
    bought: Numbers,
    asked: Numbers,
    wanted: Numbers,
    top: int,
    seed: int,
) -> dict[str, Any]:
    """recall: of the next basket, the share among the first `top`; ndcg with a gain of 1; hit: at least one of them."""
    rows = first(customer, item, scores, top)
    place = np.searchsorted(asked, customer[rows])
    rank = np.arange(len(rows)) - np.searchsorted(place, place)
    right = bought[rows] > 0
    discount = 1 / np.log2(np.arange(top) + 2)
    hits = np.bincount(place, right, len(asked))
    ideal = np.cumsum(discount)[np.minimum(wanted, top) - 1]
    values = {
        "recall": hits / wanted,
        "ndcg": np.bincount(place, right * discount[rank], len(asked)) / ideal,
        "hit": (hits > 0).astype(float),
    }
    drawn = np.random.default_rng(seed).integers(0, len(asked), (RESAMPLES, len(asked)))
    figures: dict[str, Any] = {}
    for name, value in values.items():
        figures[name] = round(float(value.mean()), 4)
        bounds = np.quantile(value[drawn].mean(1), (0.025, 0.975))
        figures[f"{name}_interval"] = [round(float(bound), 4) for bound in bounds]
    return figures


def _calibration_error(chance: Numbers, bought: Numbers) -> float:
    """Mean distance of promise and outcome over bins of equal mass (ECE)."""
    bins = np.array_split(np.argsort(chance, kind="stable"), BINS)
    return float(sum(abs(chance[rows].mean() - bought[rows].mean()) * len(rows) for rows in bins) / len(chance))


def tell(measured: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(measured, ensure_ascii=False))
        return
    for name, value in measured.items():
        if not name.endswith("_interval"):
            band = measured.get(f"{name}_interval")
            click.echo(f"{name:26} {value}{f'   {band}' if band else ''}")

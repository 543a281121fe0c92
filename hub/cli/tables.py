"""Scorers on tables of one's own: no region, no hub; the model lies in a folder with its card and picture."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hub.errors import NotFound, WrongInput
from hub.plugins import load_plugins
from hub.sdk import LearnsTables
from hub.settings import load_settings
from hub.shelf import MODEL, Shelf

Tell = Callable[[int, int], None]


def learner(name: str) -> LearnsTables:
    """The active scorer of this name that learns from tables. Raises NotFound."""
    plugins = load_plugins(load_settings().plugins)
    found = {one.name: one for several in plugins.hook.register_scorers() for one in several}
    able = sorted(one for one, scorer in found.items() if isinstance(scorer, LearnsTables))
    scorer = found.get(name)
    if not isinstance(scorer, LearnsTables):
        raise NotFound(f"No scorer “{name}” learns from tables.", f"These do: {', '.join(able) or 'none'}.")
    return scorer


def train(name: str, table: Path, columns: dict[str, Any], seed: int, out: Path, tell: Tell) -> dict[str, Any]:
    """Answers the card, and where the model lies."""
    trained = learner(name).train_table(table, columns["label"], columns["positive"], columns["id"], seed, tell)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    try:
        Shelf(out).put(name, version, trained)
    except OSError as error:
        raise WrongInput(f"{out} cannot be written: {error.strerror}.", "Name another folder by --out.") from None
    return {"model": str(out / name / version), **trained.card}


def score(name: str, table: Path, model: Path, predictions: Path | None) -> int:
    """Writes id and probability of each row; answers how many."""
    path = model / MODEL
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise WrongInput(
            f"{path} cannot be read: {error.strerror}.", "Train one: hub train churn --table ..."
        ) from None
    rows = [(number, f"{chance:.6f}") for number, chance in learner(name).score_table(stored, table)]
    try:
        with click.open_file(str(predictions or "-"), "w", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([("id", "probability"), *rows])
    except OSError as error:
        if predictions is None:  # whoever read the screen's end has gone
            raise
        raise WrongInput(f"{predictions} cannot be written: {error.strerror}.", "Name a folder that exists.") from None
    return len(rows)


def tell_card(card: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(card, ensure_ascii=False))
        return
    click.echo(f"{card['verdict']}; {card['rows']:,} rows, {card['backtest']}")
    for said in card["suspicions"]:
        click.echo(f"  look at this: {said}")
    click.echo(f"  model          {card['model']}")

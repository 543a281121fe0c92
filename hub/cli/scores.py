"""hub train, hub score, hub models."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli import tables
from hub.cli.looking import show
from hub.cli.opened import json_option, opened, region_option
from hub.clock import holder
from hub.core import Hub
from hub.errors import HubError
from hub.flow import runs, scores
from hub.sdk.scores import Tell
from hub.snapshots.engines import ENGINES, check_installed

as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Nothing later is known; default today.", default=None
)


SPOKEN = {"upsell": "need"}  # what people call the scorer that says which service a car needs next


def _spoken(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    return SPOKEN.get(value, value) if value else value


@click.command()
@click.argument("scorer", callback=_spoken)
@region_option
@as_of_option
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31))
@click.option("--table", type=click.Path(path_type=Path), help="Learn from this CSV instead; no region is needed.")
@click.option("--label", help="Of the table: the column that says who left.")
@click.option("--positive", help="Of the label: the value of those who left; default: yes, true or 1.")
@click.option("--id", "id_column", help="Of the table: the customer's column; without it rows count.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("models"), show_default=True, help="For its model."
)
@json_option
def train(
    scorer: str,
    region: str | None,
    as_of: datetime | None,
    seed: int,
    table: Path | None,
    label: str | None,
    positive: str | None,
    id_column: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Learn from the region's past, or from a table with a label, and be judged by a backtest; in force only where it is
    proved better."""
    if table is not None:
        if label is None:
            raise click.UsageError("--table needs --label.")
        columns = {"label": label, "positive": positive, "id": id_column}
        with _bar(f"train {scorer}", as_json) as tell:
            card = tables.train(scorer, table, columns, seed, out, tell)
        tables.tell_card(card, as_json)
        if not as_json:
            _show_metrics(card)
        return
    with opened(region) as hub:
        day = _day(hub, as_of)
        with _run(hub, scorer, "train", day, as_json) as (run_id, tell):
            learned = scores.train(hub, scorer, day, seed, tell, "cli")
            runs.settle(hub, run_id, "done", learned.said, model=learned.version)
    if as_json:
        told = {"scorer": scorer, "version": learned.version, "promoted": learned.promoted, "said": learned.said}
        click.echo(json.dumps({**told, "card": learned.card}, ensure_ascii=False))
        return
    click.echo(f"{scorer} {learned.version}: {'in force' if learned.promoted else 'not in force'}: {learned.said}")
    _show_metrics(learned.card)


@click.command()
@click.argument("scorer", required=False, callback=_spoken)
@region_option
@as_of_option
@click.option("--table", type=click.Path(path_type=Path), help="Judge the rows of this CSV instead.")
@click.option("--model", type=click.Path(path_type=Path), help="Of the table: the folder that `train --table` named.")
@click.option("--predictions", type=click.Path(path_type=Path), help="Write them here; default: to the screen.")
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default=None,
    help="Who judges: DuckDB or Apache Spark over an encrypted snapshot of the columns; default: this process.",
)  # fmt: skip
@json_option
def score(
    scorer: str | None,
    region: str | None,
    as_of: datetime | None,
    table: Path | None,
    model: Path | None,
    predictions: Path | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Judge everybody by the model in force (without SCORER: by every one), and refresh the segments that read the score; or
    the rows of a table by a model that was learned from one."""
    if table is not None:
        if scorer is None or model is None or engine is not None:
            raise click.UsageError("--table needs SCORER and --model, and takes no --engine.")
        count = tables.score(scorer, table, model, predictions)
        click.echo(f"{count:,} rows judged", err=True)
        return
    with opened(region) as hub:
        day, shelf = _day(hub, as_of), scores.shelf_of(hub)
        names = [scorer] if scorer else [name for name in shelf.scorers() if shelf.champion(name)]
        told = [_scored(hub, name, day, as_json, engine) for name in names]
    if as_json:
        click.echo(json.dumps(told[0] if scorer else {"scorers": told}))
        return
    for one in told:
        click.echo(
            f"{one['scorer']} {one['version']}: {one['rows']:,} scores written, {one['moves']:,} memberships moved"
        )
    if not told:
        click.echo("No model is in force here. Train one: hub train churn")


def _scored(hub: Hub, name: str, day: date, quiet: bool, engine: str | None) -> dict[str, Any]:
    with _run(hub, name, "score", day, quiet) as (run_id, tell):
        done = _by_engine(hub, name, day, tell, engine) if engine else scores.score(hub, name, day, tell)
        runs.settle(hub, run_id, "done", model=done.version, rows=done.rows)
    return {"scorer": name, "version": done.version, "rows": done.rows, "moves": done.moves}


def _by_engine(hub: Hub, name: str, day: date, tell: Tell, engine: str) -> scores.Scored:
    check_installed(engine)
    from hub.flow import rescoring  # stands on an extra

    return rescoring.score(hub, name, day, tell, engine)


@click.group()
def models() -> None:
    """What was trained, how good it is, and what is in force."""


@models.command("list")
@click.argument("scorer", required=False, callback=_spoken)
@region_option
@json_option
def models_list(scorer: str | None, region: str | None, as_json: bool) -> None:
    """Every model, oldest first."""
    with opened(region) as hub:
        shelf = scores.shelf_of(hub)
        rows = [
            (name, version, "in force" if version == shelf.champion(name) else "", card["as_of"], card["horizon_days"],
             card["rows"], card["metrics"].get("auc"), card["verdict"])
            for name in ([scorer] if scorer else shelf.scorers())
            for version in shelf.versions(name)
            for card in [shelf.card(name, version)]
        ]  # fmt: skip
    show(["scorer", "version", "state", "as_of", "horizon_days", "rows", "auc", "verdict"], rows, as_json)


@models.command("show")
@click.argument("scorer", callback=_spoken)
@click.argument("version", required=False)
@region_option
@click.option("--picture", type=click.Path(path_type=Path), default=None, help="Write the picture (SVG) here.")
@json_option
def models_show(scorer: str, version: str | None, region: str | None, picture: Path | None, as_json: bool) -> None:
    """A model's card; without a version, of the one in force."""
    with opened(region) as hub:
        shelf = scores.shelf_of(hub)
        chosen = version or shelf.champion(scorer) or ""
        card = shelf.card(scorer, chosen)
        if picture is not None:
            picture.write_text(shelf.picture(scorer, chosen), encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"version": chosen, **card}, ensure_ascii=False))
        return
    for name, value in card.items():
        if name not in {"metrics", "against_floor", "against_champion"}:
            click.echo(f"{name:18} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    _show_metrics(card)


@models.command("compare")
@click.argument("scorer", callback=_spoken)
@click.argument("one")
@click.argument("other")
@region_option
@json_option
def models_compare(scorer: str, one: str, other: str, region: str | None, as_json: bool) -> None:
    """Two models' backtests side by side; the proof on the same rows stands on the card of the later one."""
    with opened(region) as hub:
        shelf = scores.shelf_of(hub)
        cards = {version: shelf.card(scorer, version) for version in (one, other)}
    names = [name for name in cards[one]["metrics"] if not name.endswith("_interval")]
    rows = [(name, *(_with_band(card["metrics"], name) for card in cards.values())) for name in names]
    show(["figure", one, other], rows, as_json)


@models.command("promote")
@click.argument("scorer", callback=_spoken)
@click.argument("version")
@region_option
def models_promote(scorer: str, version: str, region: str | None) -> None:
    """Put a model in force by hand; it is audited."""
    with opened(region) as hub:
        scores.promote(hub, scorer, version, "cli")
    click.echo(f"{scorer} {version} is in force")


@models.command("rollback")
@click.argument("scorer", callback=_spoken)
@region_option
def models_rollback(scorer: str, region: str | None) -> None:
    """Back to the model that was in force before."""
    with opened(region) as hub:
        version = scores.rollback(hub, scorer, "cli")
    click.echo(f"{scorer} {version} is in force again")


def _day(hub: Hub, as_of: datetime | None) -> date:
    """Raises UsageError for a day that is still to come."""
    today = scores.today(hub)
    if as_of is not None and as_of.date() > today:
        raise click.UsageError(f"{as_of.date()} is still to come; today is {today}.")
    return as_of.date() if as_of else today


@contextmanager
def _run(hub: Hub, scorer: str, verb: str, day: date, quiet: bool) -> Iterator[tuple[int, Callable[[int, int], None]]]:
    """The run's row, and a bar on the screen; a refusal is settled as such and passed on."""
    run_id = runs.begin(hub, scorer, verb, day, holder())
    with _bar(f"{verb} {scorer}", quiet) as show_step:

        def tell(step: int, steps: int) -> None:
            show_step(step, steps)
            runs.tell(hub, run_id, step, steps)

        try:
            yield run_id, tell
        except HubError as error:
            runs.settle(hub, run_id, "refused", str(error))
            raise


@contextmanager
def _bar(title: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        bar = progress.add_task(title, total=None)
        yield lambda step, steps: progress.update(bar, completed=step, total=steps or None)


def _show_metrics(card: Mapping[str, Any]) -> None:
    for name in card["metrics"]:
        if not name.endswith("_interval"):
            click.echo(f"  {name:16} {_with_band(card['metrics'], name)}")


def _with_band(metrics: Mapping[str, Any], name: str) -> str:
    band = metrics.get(f"{name}_interval")
    return f"{metrics[name]}" + (f"   [{band[0]}, {band[1]}]" if band else "")


COMMANDS = {"train": train, "score": score, "models": models}

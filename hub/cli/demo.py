"""hub demo."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from hub.cli.opened import hub_at, json_option
from hub.cli.running import add_region, check_port, open_region, watcher
from hub.demo.gauge import Gauge
from hub.demo.order import (
    CUSTOMERS,
    PACE,
    SEED,
    Order,
    check_pace,
    check_room,
    check_seed,
    first_day,
    regions_asked,
    shares,
)
from hub.demo.run import add_children, prepare
from hub.demo.sandboxes import doors, port_of
from hub.demo.stage import Demo
from hub.demo.telling import run_teller
from hub.settings import load_settings


@click.command()
@click.option("--once", is_flag=True, help="Wait until everything has settled, print a summary, end.")
@click.option("--customers", default=CUSTOMERS, show_default=True, help="How many, over all regions.")
@click.option("--seed", default=SEED, show_default=True, help="Another one is another world.")
@click.option("--regions", default=None, help="Some of them only, such as eu,gcc.")
@click.option("--pace", default=PACE, show_default=True, help="Events a second, once the history is in.")
@click.option("--describe", is_flag=True, help="Print the causes and the shape of this world, start nothing.")
@click.option(
    "--picture", type=click.Path(path_type=Path), default=None, help="Draw the default world as SVG, start nothing."
)
@json_option
def demo(
    once: bool,
    customers: int,
    seed: int,
    regions: str | None,
    pace: float,
    describe: bool,
    picture: Path | None,
    as_json: bool,
) -> None:
    """A small chain of garages in three regions, with sandbox partners and three years of history, alive until Ctrl-C."""
    if picture is not None:
        from hub.cli.describing import draw_picture

        return draw_picture(picture)
    settings = load_settings()
    settings = replace(settings, environ={"HUB_LOG": "WARNING", **settings.environ})
    counts = shares(customers, regions_asked(regions, list(settings.regions)))
    check_pace(pace)
    check_seed(seed)
    if describe:
        from hub.cli.describing import describe_world

        return describe_world(counts, seed, as_json)
    check_room(settings.home, customers)
    for code in counts:
        check_port(settings.region(code).port, f"the web server of {code}")
    check_port(port_of(settings), "the sandboxes' server")
    for name, port in doors(settings, list(counts)):
        check_port(port, f"the door for mails of {name}")
    for code in counts:
        open_region(settings, code)
    order = Order(counts, seed, first_day(settings.home, counts, seed, datetime.now(UTC).date()), pace)
    run = Demo(settings, lambda code: hub_at(settings, code), order, once, as_json, Gauge(list(counts)))
    prepare(run)
    supervisor = watcher(settings)
    for code in counts:
        add_region(supervisor, settings, code)
    add_children(supervisor, run, run_teller)
    raise SystemExit(supervisor.serve())


COMMANDS = {"demo": demo}

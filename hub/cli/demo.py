"""hub demo."""

from dataclasses import replace
from datetime import UTC, datetime

import click

from hub.cli.opened import hub_at, json_option
from hub.cli.running import add_region, check_port, open_region
from hub.demo.run import Demo, add_children, prepare, shares
from hub.demo.sandboxes import port_of
from hub.errors import WrongInput
from hub.settings import load_settings
from hub.worker import Supervisor


@click.command()
@click.option("--once", is_flag=True, help="Wait until everything has settled, print a summary, end.")
@click.option("--customers", default=200, help="How many, over all regions.")
@json_option
def demo(once: bool, customers: int, as_json: bool) -> None:
    """A small chain of garages in three regions, with sandbox partners, alive until Ctrl-C."""
    if customers < 1:
        raise WrongInput(f"{customers} customers make no demo.", "Ask for at least 1.")
    settings = load_settings()
    settings = replace(settings, environ={"HUB_LOG": "WARNING", **settings.environ})
    for code in settings.regions:
        open_region(settings, code)
    check_port(port_of(settings), "the sandboxes' server")
    counts = shares(customers, list(settings.regions))
    run = Demo(settings, lambda code: hub_at(settings, code), counts, datetime.now(UTC).date(), once, as_json)
    prepare(run)
    supervisor = Supervisor(settings.timing.stalled)
    for code in settings.regions:
        add_region(supervisor, settings, code, web=True)
    add_children(supervisor, run)
    raise SystemExit(supervisor.serve())


COMMANDS = {"demo": demo}

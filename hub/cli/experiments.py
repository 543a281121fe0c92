"""hub experiments plan."""

import json

import click

from hub.cli.opened import json_option, opened, region_option
from hub.flow.planning import plan
from rules.values import decimals, to_minor


@click.group("experiments")
def experiments() -> None:
    """Is a test worth starting, and how long would it take?"""


@experiments.command("plan")
@region_option
@click.option("--finds", required=True, help="Margin a head that it has to find, such as 4.50.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--journey", default=None, help="Who comes in: as many as lately.")
@click.option(
    "--weekly", type=click.FloatRange(min=0, min_open=True), default=None, help="Who comes in: so many a week."
)
@json_option
def plan_command(
    region: str | None, finds: str, currency: str, journey: str | None, weekly: float | None, as_json: bool
) -> None:
    """People and weeks that a test needs here, by how much this garage's own customers differ; a test that would never tell is
    refused, with what could be found instead."""
    minor = to_minor(finds, currency)
    if minor is None or minor <= 0:
        raise click.UsageError(f"--finds {finds} is no amount of {currency} above 0.")
    with opened(region) as hub:
        found = plan(hub, minor, currency, journey, weekly)
    if as_json:
        click.echo(json.dumps(found))
        return
    known = 1 - found["variance_left"] / found["variance"]
    click.echo(
        f"{found['units']:,} people in two equal arms, {found['weeks']} weeks at {found['weekly']:,.0f} a week, find "
        f"{minor / 10 ** decimals(currency):,.{decimals(currency)}f} {currency} a head with a chance of 80 %. "
        f"The year before explains {known:.0%} of how {found['customers']:,} customers differ."
    )


COMMANDS = {"experiments": experiments}

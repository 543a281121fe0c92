"""`hub loyalty reconcile`: our cards against the programme's books, and what was put right."""

import json
from random import SystemRandom

import click
from rich.console import Console
from rich.table import Table

from hub.cli.opened import json_option, opened, region_option
from hub.flow.balances import reconcile


@click.group()
def loyalty() -> None:
    """Loyalty programmes: compare our cards with their books."""


@loyalty.command("reconcile")
@click.argument("connection")
@region_option
@click.option("--repair", is_flag=True, help="Fold what differs; without it nothing is changed.")
@json_option
def reconcile_command(connection: str, region: str | None, repair: bool, as_json: bool) -> None:
    """Read all members of CONNECTION and name every card that differs."""
    with opened(region) as hub:
        found = reconcile(hub, hub.partner(connection), SystemRandom(), repair)
    if as_json:
        click.echo(json.dumps(found.to_json()))
        return
    table = Table("customer", "field", "ours", "theirs", title=f"{found.members:,} members, {found.agreeing:,} agree")
    for one in found.differences:
        table.add_row(one.customer or "unknown", one.field, str(one.ours), str(one.theirs))
    console = Console()
    console.print(table)
    console.print(f"{found.differing:,} differ, {found.missing:,} are missing here, {found.repaired:,} were repaired.")


COMMANDS = {"loyalty": loyalty}

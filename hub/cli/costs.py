"""hub costs tell, list."""

import json
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from hub.cli.opened import json_option, opened, region_option
from hub.errors import WrongInput
from hub.flow import expenses
from hub.flow.expenses import Expense
from rules.values import decimals, to_minor

DAY = click.DateTime(["%Y-%m-%d"])


@click.group("costs")
def costs() -> None:
    """What campaigns cost beside messages, minutes and discounts: media, an agency, a fixed price."""


@costs.command("tell")
@region_option
@click.option("--key", required=True, help="Your own, such as an invoice's number: the same key is the same cost.")
@click.option("--campaign", required=True, help="A journey, or offer:<code>.")
@click.option("--kind", required=True, type=click.Choice(list(expenses.KINDS)))
@click.option("--amount", required=True, help="Without tax, such as 1200.00; 0 takes it back.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--since", required=True, type=DAY, help="First day that it is for.")
@click.option("--until", required=True, type=DAY, help="Last day; the amount is spread over all of them.")
@json_option
def tell_command(
    region: str | None, key: str, campaign: str, kind: str, amount: str, currency: str, since: datetime, until: datetime,
    as_json: bool,
) -> None:  # fmt: skip
    """Tell one cost; told again it changes nothing, with other words it corrects what was told before."""
    minor = to_minor(amount, currency)
    if minor is None or minor < 0:
        raise click.UsageError(f"--amount {amount} is no amount of {currency}, 0 or more.")
    one = Expense(key, campaign, kind, minor, currency, since.date(), until.date())
    with opened(region) as hub, hub.begin() as work:
        [verdict] = expenses.tell(work, [one], "cli")
    if verdict["verdict"] == "refused":
        raise WrongInput(f"{verdict['reason'][0].upper()}{verdict['reason'][1:]}.", verdict["hint"])
    click.echo(json.dumps(verdict) if as_json else f"{verdict['verdict']}: {key}")


@costs.command("list")
@region_option
@click.option("--campaign", default=None, help="Of one campaign only.")
@json_option
def list_command(region: str | None, campaign: str | None, as_json: bool) -> None:
    """What was told, the latest first."""
    with opened(region) as hub, hub.look() as session:
        found = expenses.told(session, campaign)
    if as_json:
        click.echo(json.dumps([vars(one) for one in found], default=str))
        return
    table = Table("key", "campaign", "kind", "amount", "since", "until")
    for one in found:
        places = decimals(one.currency)
        amount = f"{one.amount_minor / 10**places:,.{places}f} {one.currency}"
        table.add_row(one.key, one.campaign, one.kind, amount, str(one.since), str(one.until))
    Console().print(table)


COMMANDS = {"costs": costs}

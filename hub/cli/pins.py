"""hub segments pin, unpin, pins: who is in or out by hand, by whom, why and until when."""

import getpass
import json
from dataclasses import asdict
from datetime import datetime

import click

from hub.cli.looking import show
from hub.cli.opened import json_option, opened, region_option
from hub.flow import pins as flow
from hub.flow.segments import Move
from rules.documents import plain

author_option = click.option("--author", default=getpass.getuser, show_default="who you are here", help="Who says so.")


@click.command()
@region_option
@click.argument("segment")
@click.argument("customer")
@click.option("--in/--out", "inside", default=None, help="Put in, or leave out.")
@click.option("--reason", required=True, help="Why; kept under the customer's key.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The last day of it; default: no end.")
@author_option
def pin(
    region: str | None,
    segment: str,
    customer: str,
    inside: bool | None,
    reason: str,
    until: datetime | None,
    author: str,
) -> None:
    """Put a customer (by ref) into a segment or leave them out, whatever its rule says."""
    if inside is None:
        raise click.UsageError("Say --in or --out.")
    last_on = until.date() if until else None
    with opened(region) as hub, hub.begin() as work:
        moves = flow.put(hub, work, segment, customer, inside=inside, author=author, reason=reason, last_on=last_on)
    click.echo(f"{segment}: pinned {'in' if inside else 'out'}{f', up to {last_on}' if last_on else ''}")
    _print_moves(moves)


@click.command()
@region_option
@click.argument("segment")
@click.argument("customer")
@author_option
def unpin(region: str | None, segment: str, customer: str, author: str) -> None:
    """Take a pin off: the rule decides again."""
    with opened(region) as hub, hub.begin() as work:
        moves = flow.take_off(hub, work, segment, customer, author)
    click.echo(f"{segment}: the rule decides again")
    _print_moves(moves)


@click.command()
@region_option
@click.argument("segment", required=False)
@json_option
def pins(region: str | None, segment: str | None, as_json: bool) -> None:
    """Pins that stand, of one segment or of all."""
    with opened(region) as hub:
        found = flow.standing(hub, segment)
    if as_json:
        click.echo(json.dumps({"pins": [plain(asdict(one)) for one in found]}, ensure_ascii=False))
        return
    rows = [
        (one.segment, one.customer_ref, "in" if one.inside else "out", one.last_on or "", one.author, one.reason)
        for one in found
    ]
    show(["segment", "customer", "pinned", "last day", "author", "reason"], rows, as_json=False)


def _print_moves(moves: list[Move]) -> None:
    for move in moves:
        click.echo(f"  {move.segment}: {'entered' if move.entered else 'left'}")

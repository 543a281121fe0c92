"""`hub duplicates`: customers who may be one person, what would become of them, and the word that makes them one."""

import json

import click

from compliance import likeness, merging
from compliance.merge_plan import Plan
from compliance.request_commands import by_option
from hub.cli.opened import json_option, opened, region_option


@click.group("duplicates")
def duplicates() -> None:
    """Customers who may be one person: looked at, merged, or kept apart."""


@duplicates.command("list")
@region_option
@json_option
def list_pairs(region: str | None, as_json: bool) -> None:
    """Pairs that wait for a word, the surest first, and why; nobody is merged by likeness."""
    with opened(region) as hub, hub.look() as session:
        found = likeness.surest_first(list(likeness.all_waiting(session)))
    if as_json:
        click.echo(json.dumps([one.plain() for one in found]))
        return
    for one in found:
        asked = f"  proposed, keeping {one.keep[:8]}" if one.keep else ""
        signs = ", ".join(one.signs)
        click.echo(f"{one.id}  {one.customer}  {one.other}  {one.certainty:6}  {one.why}: {signs}{asked}")
    if not found:
        click.echo("Nobody is alike.")


@duplicates.command("show")
@click.argument("keep")
@click.argument("lose")
@region_option
@json_option
def show(keep: str, lose: str, region: str | None, as_json: bool) -> None:
    """What would become of two customers, were LOSE merged into KEEP, and what stands in the way. Changes nothing."""
    with opened(region) as hub:
        plan = merging.plan(hub, keep, lose)
    if as_json:
        told = {"keep": plan.keep, "lose": plan.lose, "rows": plan.rows, "differing": plan.differing, "ends": plan.ends,
                "told": plan.told}  # fmt: skip
        click.echo(json.dumps({**told, "obstacles": [vars(one) for one in plan.obstacles]}))
        return
    _tell(plan)


@duplicates.command("merge")
@click.argument("keep")
@click.argument("lose")
@click.option("--yes", is_flag=True, help="Without being asked.")
@region_option
@by_option
def merge(keep: str, lose: str, yes: bool, region: str | None, by: str) -> None:
    """Make LOSE and KEEP one customer, in one transaction. It cannot be undone."""
    with opened(region) as hub:
        if not yes:
            _tell(merging.plan(hub, keep, lose))
            click.confirm("This cannot be undone. Merge them?", abort=True)
        click.echo(f"{lose} is {merging.merge(hub, keep, lose, by)} from now on.")


def _tell(plan: Plan) -> None:
    click.echo(f"{'':24} {plan.keep[:8]:>10} {plan.lose[:8]:>10}")
    for name, (mine, theirs) in plan.rows.items():
        click.echo(f"{name:24} {mine:10} {theirs:10}")
    for name in plan.differing:
        click.echo(f"{name}: both differ; the one of {plan.keep[:8]} stands, the other is kept beside it")
    for purpose, channel, why in plan.ends:
        reason = "the other said no" if why == "no" else "it was said for another address"
        click.echo(f"{purpose} by {channel}: no longer agreed, as {reason}")
    for name in plan.told:
        click.echo(f"{name}: is told to merge its two records as well; that cannot be undone there either")
    for one in plan.obstacles:
        click.echo(f"In the way: {one.what} {one.mend}")

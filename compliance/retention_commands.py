"""`hub retention`: what has been kept long enough, and letting it go."""

import json

import click

from compliance import retention as keeper
from compliance.request_commands import by_option
from hub.cli.opened import json_option, opened, region_option


@click.group("retention")
def retention() -> None:
    """How long rows are kept: config/privacy/retention.yaml."""


@retention.command("plan")
@region_option
@json_option
def plan(region: str | None, as_json: bool) -> None:
    """What a run would let go today; changes nothing."""
    with opened(region) as hub:
        found = keeper.plan(hub)
    if as_json:
        click.echo(json.dumps([{**vars(one), "before": one.before.isoformat()} for one in found]))
        return
    for one in found:
        law = f" ({one.jurisdiction})" if one.jurisdiction else ""
        kept = f"   {one.kept} protected by a hold or a request" if one.kept else ""
        click.echo(f"{one.record_set:20} {one.verb:10} {one.rows:8} rows before {one.before:%Y-%m-%d}{law}{kept}")
    if not found:
        click.echo("Nothing has been kept too long.")


@retention.command("run")
@region_option
@by_option
@json_option
def run(region: str | None, by: str, as_json: bool) -> None:
    """Let it go now; the clock does the same once a night."""
    with opened(region) as hub:
        done = keeper.run(hub, by)
    if as_json:
        click.echo(json.dumps(done))
        return
    for name, rows in done.items():
        click.echo(f"{name:20} {rows:8} rows")
    click.echo(f"{sum(done.values())} rows in all")

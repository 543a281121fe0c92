"""`hub backup` and `hub restore`: data and keys apart, and what was erased since is erased again before anything starts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from compliance.backups import making, replay, restoring
from compliance.request_commands import by_option
from hub.cli.opened import hub_at, json_option, opened, region_option, regions_of
from hub.settings import Settings, load_settings

generation = click.argument("generation", type=click.Path(exists=True, file_okay=False, path_type=Path))
needed_region = click.option("--region", "-r", "region", required=True, help="Code of the region.")


@click.command("backup")
@click.option("--only", type=click.Choice(making.KINDS), help="One of the two.")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), help="Another folder than HUB_HOME/backups/REGION."
)
@region_option
@by_option
@json_option
def backup(only: str | None, to: Path | None, region: str | None, by: str, as_json: bool) -> None:
    """A new generation of data and of keys, each in its own folder; those older than config/privacy/backups.yaml says are destroyed.

    Keep the two in different places: whoever has both can read everything."""
    with opened(region) as hub:
        made = making.back_up(hub, to or making.place_of(hub), (only,) if only else making.KINDS, by)
    click.echo(json.dumps([str(path) for path in made]) if as_json else "\n".join(str(path) for path in made))


@click.group("restore")
def restore() -> None:
    """Put a backup back into a region that stands still: keys where they were lost, data, then replay."""


@restore.command("data")
@generation
@needed_region
def data(generation: Path, region: str) -> None:
    """All rows and documents as they were on that day, in one step; what is there now gives way."""
    told = restoring.restore_data(_settings(region), region, generation, _now)
    click.echo(f"The data of {told['made_at']} are back. Next: hub restore replay -r {region}")


@restore.command("keys")
@generation
@needed_region
def keys(generation: Path, region: str) -> None:
    """The region's keys, where they were lost. Data of the same day and these keys would bring back whoever was erased since."""
    told = restoring.restore_keys(_settings(region), region, generation, _now)
    click.echo(f"The keys of {told['made_at']} are back. Next: hub restore replay -r {region}")


@restore.command("replay")
@needed_region
@by_option
def again(region: str, by: str) -> None:
    """Erase again whoever was erased since the backup; then the region may start. Safe to repeat."""
    hub = hub_at(_settings(region), region, replaying=True)
    try:
        click.echo(f"{replay.replay(hub, by)} erasure(s) replayed; {region} may start.")
    finally:
        hub.close()


def _settings(region: str) -> Settings:
    settings = load_settings()
    regions_of(settings, region)
    return settings


def _now() -> datetime:
    return datetime.now(UTC)

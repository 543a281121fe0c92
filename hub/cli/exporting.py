"""hub export: the configuration as it is in force, in a folder of its own."""

from pathlib import Path

import click

from hub.cli.opened import opened, region_option
from hub.flow.exporting import export as write


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@region_option
def export(folder: Path, region: str | None) -> None:
    """Write the whole configuration into FOLDER as it is in force in a region: what a rollback or a desk has changed is in it,
    people and secrets are not. HUB_CONFIG=FOLDER takes it over, and exporting that gives the same files."""
    with opened(region) as hub:
        differing = write(hub, folder)
    for name in differing:
        click.echo(f"{name}: what is in force, which is not what the file says")
    click.echo(f"{folder}: {sum(path.is_file() for path in folder.rglob('*'))} files")


COMMANDS = {"export": export}

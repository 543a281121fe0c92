"""Predictions: who leaves, what the car needs, what to do next, and how sure we are; this plugin sees hub.sdk only."""

import click

from hub.sdk import hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    from scoring.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)

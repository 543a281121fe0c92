"""Predictions: who leaves, what the car needs, what to do next, and how sure we are; this plugin sees hub.sdk only."""

from collections.abc import Sequence

import click

from hub.sdk import Analysis, hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    from scoring.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)


@hookimpl
def register_analyses() -> Sequence[Analysis]:
    from scoring.trials import TrialAnalysis

    return [TrialAnalysis()]

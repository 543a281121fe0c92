"""What scoring adds to `hub`; each word's module, and the slow libraries behind it, is imported when it is called."""

from importlib import import_module

import click

EVALUATIONS = {
    "churn": "scoring.churn_command",
    "inspection": "scoring.inspection_command",
    "upsell": "scoring.upsell_command",
}


class Evaluations(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(EVALUATIONS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return import_module(EVALUATIONS[name]).command if name in EVALUATIONS else None


@click.group("evaluate", cls=Evaluations)
def evaluate() -> None:
    """Measure a model on files of your own: honest splits, no hub needed."""


COMMANDS = (evaluate,)
